import { expect, test } from 'vitest';
import { examplesOf, printed } from '../support/preview-docs.ts';

test.each([
  ['README.md', 1],
  ['docs/configuration.md', 2],
])('%s shows what the command prints, of one person under each configuration', async (path, count) => {
  const examples = examplesOf(path);

  expect(examples).toHaveLength(count);
  expect(await Promise.all(examples.map(printed))).toEqual(examples.map(({ shown }) => shown));
});
