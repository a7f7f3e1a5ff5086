import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { createFolder } from '../../../../scripts/console/folder.ts';

test('files are for their owner alone, for as long as a command runs, and plans until the process ends', async () => {
  const before = process.listeners('exit');
  const folder = createFolder('dev');
  expect(process.listeners('exit')).toEqual(before);

  const plan = await folder.during(async ({ write, planOf }) => {
    const file = write('{}');
    expect([statSync(file).mode & 0o777, statSync(dirname(file)).mode & 0o777]).toEqual([0o600, 0o700]);
    return { file, root: dirname(planOf('p')) };
  });
  expect([existsSync(plan.file), existsSync(plan.root)]).toEqual([false, true]);

  const [atExit] = process.listeners('exit').filter((listener) => !before.includes(listener));
  atExit?.(0);
  expect(existsSync(plan.root)).toBe(false);
  expect(process.listeners('exit')).toEqual(before);
  folder.remove();
});
