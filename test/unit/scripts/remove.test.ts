import { expect, test } from 'vitest';
import { removeStage } from '../../../scripts/remove.ts';

function makeRemoval() {
  const done: string[] = [];
  const printed: string[] = [];
  const deps = {
    build: async () => void done.push('build'),
    runOsls: async (args: string[]) => void done.push(args.join(' ')),
    print: (text: string) => void printed.push(text),
  };
  const remove = (yes?: string) => removeStage({ stage: 'prod', region: 'eu-west-1', yes }, deps);
  return { done, printed, remove };
}

test('a removal says what stays at Velt and in the account, and removes nothing until the stage is named again', async () => {
  const { done, printed, remove } = makeRemoval();

  const isRemoved = await remove();

  expect([isRemoved, done]).toEqual([false, []]);
  expect(printed[0]).toContain('at Velt everybody who is there now');
  expect(printed[0]).toContain('the table velt-directory-sync-prod-mirror');
  expect(printed[1]).toContain('--yes prod');
});

test('a removal that names the stage again removes it', async () => {
  const { done, remove } = makeRemoval();

  const isRemoved = await remove('prod');

  expect([isRemoved, done]).toEqual([true, ['build', 'remove --stage prod --region eu-west-1']]);
});

test('a removal that names another stage is refused', async () => {
  const { done, remove } = makeRemoval();

  await expect(remove('dev')).rejects.toThrow('--yes: is dev, and the stage is prod');
  expect(done).toEqual([]);
});
