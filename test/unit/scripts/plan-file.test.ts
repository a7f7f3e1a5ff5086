import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { planFileOf, readPlanFile, writePlanFile } from '../../../scripts/plan-file.ts';
import { gone, makePlanOf } from '../../support/plans.ts';
import { sync } from '../../support/sync.ts';

const folder = mkdtempSync(join(tmpdir(), 'plan-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Nobody may be asked: what is wrong is found before. */
const connect = () => Promise.reject(new Error('a stack was connected to'));

describe('a plan file', () => {
  const plan = makePlanOf({ items: [gone('00u1', 'Ada Example')] });

  test('is for its owner only, also where others could read it before', () => {
    const file = join(folder, planFileOf('okta'));
    writeFileSync(file, 'x'.repeat(10_000), { mode: 0o644 });

    writePlanFile(plan, file);

    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readPlanFile(file)).toEqual(plan);
  });

  test('is printed again, and asks nobody', async () => {
    const file = join(folder, 'again.json');
    writePlanFile(plan, file);

    const { code, stdout } = await sync(['plan', file, '--stage', 'prod'], { connect });

    expect(code).toBe(0);
    expect(stdout).toContain('Ada Example   00u1   leaves Velt   not listed');
    expect(stdout).toContain(`npm run sync -- apply ${file} --stage prod`);
  });

  test.each([
    ['is not there', 'none.json', undefined, 'no such file'],
    [
      'is none',
      'none-of-ours.json',
      '{}',
      'v: Invalid input: expected 2; make a new one: npm run sync -- plan',
    ],
  ])('that %s is applied by no command', async (_what, name, text, message) => {
    const file = join(folder, name);
    if (text !== undefined) writeFileSync(file, text);

    for (const command of ['plan', 'apply']) {
      const { code, stdout, stderr } = await sync([command, file], { connect });

      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(message);
    }
  });
});
