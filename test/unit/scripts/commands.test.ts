import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readConfigFile } from '../../../scripts/config-file.ts';
import { planFileOf, readPlanFile, writePlanFile } from '../../../scripts/plan-file.ts';
import { sourcesOf } from '../../../scripts/stack.ts';
import { gone, makePlanOf } from '../../support/plans.ts';

/** Node 22 runs TypeScript only when it is told to. */
const TYPES = ['--disable-warning=ExperimentalWarning', '--experimental-strip-types'];
const folder = mkdtempSync(join(tmpdir(), 'commands-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(script: string, args: string[], { cwd = process.cwd() } = {}) {
  return spawnSync(process.execPath, [...TYPES, resolve(script), ...args], { cwd, encoding: 'utf8' });
}

/** The file of a configuration of that text, in a folder of its own. */
function configured(text: string): string {
  const file = join(mkdtempSync(join(folder, 'root-')), 'own.json');
  writeFileSync(file, text);
  return file;
}

describe.each([
  ['scripts/backfill.ts', 'npm run backfill -- '],
  ['scripts/plan.ts', 'npm run plan -- '],
  ['scripts/apply.ts', 'npm run apply -- '],
  ['scripts/preview.ts', 'npm run preview -- '],
  ['scripts/remove-source.ts', 'npm run remove-source -- '],
  ['scripts/redrive.ts', 'npm run redrive -- '],
  ['scripts/status.ts', 'npm run status -- '],
  ['local/demo/start.ts', 'npm start -- '],
])('%s', (script, usage) => {
  test('answers a wrong flag with its usage and 2, and with no stack trace', () => {
    const { status, stdout, stderr } = run(script, ['--nonsense']);

    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain("'--nonsense'");
    expect(stderr).toContain(usage);
    expect(stderr).not.toContain('    at ');
  });

  test('prints its usage on --help', () => {
    const { status, stdout } = run(script, ['--help']);

    expect(status).toBe(0);
    expect(stdout).toContain(usage);
  });
});

describe('a plan file', () => {
  const plan = makePlanOf({ items: [gone('00u1', 'Ada Example')] });

  test('is for its owner only, also where others could read it before', () => {
    const file = join(folder, planFileOf('okta'));
    writeFileSync(file, 'x'.repeat(10_000), { mode: 0o644 });

    writePlanFile(plan, file);

    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readPlanFile(file)).toEqual(plan);
  });

  test('is printed again, and asks nobody', () => {
    const file = join(folder, 'again.json');
    writePlanFile(plan, file);

    const { status, stdout } = run('scripts/plan.ts', [file, '--stage', 'prod']);

    expect(status).toBe(0);
    expect(stdout).toContain('Ada Example   00u1   leaves Velt   not listed');
    expect(stdout).toContain(`npm run apply -- ${file} --stage prod`);
  });

  test.each([
    ['is not there', 'none.json', undefined, 'no such file'],
    ['is none', 'none-of-ours.json', '{}', 'v: Invalid input: expected 2; make a new one: npm run plan'],
  ])('that %s is applied by no command', (_what, name, text, message) => {
    const file = join(folder, name);
    if (text !== undefined) writeFileSync(file, text);

    for (const script of ['scripts/plan.ts', 'scripts/apply.ts']) {
      const { status, stdout, stderr } = run(script, [file]);

      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain(message);
      expect(stderr).not.toContain('    at ');
    }
  });
});

test.each([
  ['apply', []],
  ['apply', ['plan-okta.json', 'plan-auth0.json']],
  ['remove-source', []],
  ['remove-source', ['okta', 'auth0']],
  ['remove-source', ['okta#person']],
  ['remove-source', ['okta', '--yes', 'auth0']],
  ['preview', ['--config', 'local/demo/config.json', '--source', 'okta']],
  [
    'preview',
    [
      '--config',
      'local/demo/config.json',
      '--source',
      'okta',
      '--person',
      'ada@example.com',
      '--people',
      'users.json',
    ],
  ],
  ['preview', ['--config', 'local/demo/config.json', '--source', 'nope', '--person', 'ada@example.com']],
  ['preview', ['--config', 'local/demo/config.json', '--source', 'okta', '--event', 'nowhere.json']],
  ['preview', ['--local', '--source', 'okta', '--people', 'users.json']],
  ['plan', ['--apply']],
  ['plan', ['plan-okta.json', 'plan-auth0.json']],
  ['plan', ['plan-okta.json', '--source', 'okta']],
  ['plan', ['plan-okta.json', '--out', 'other.json']],
])('a wrong argument ends npm run %s with 2 before it asks anyone: %j', (command, args) => {
  const { status, stderr } = run(`scripts/${command}.ts`, args);

  expect(stderr).toContain(`${command}: command line is not valid`);
  expect(status).toBe(2);
});

test('a fuzz run of no number is refused, where it would find no fault', () => {
  const { status, stderr } = run('test/long/fuzz.ts', ['--runs', 'many']);

  expect(status).toBe(2);
  expect(stderr).toContain('--runs takes a whole number from 0 on, not many');
});

describe('a command for every source that can be read', () => {
  const config = readConfigFile(configured('{"sources":{"okta":{"kind":"okta","organization":"acme"}}}'));

  test('takes those, or the one that was named', () => {
    expect(sourcesOf(undefined, { readable: ['okta'], config })).toEqual(['okta']);
    expect(sourcesOf('other', { readable: ['okta'], config })).toEqual(['other']);
  });

  test('fails where there is none, for it would look like one that found nothing to do', () => {
    expect(() => sourcesOf(undefined, { readable: [], config })).toThrow(
      'the directory secret has credentials of no source of the configuration (okta)',
    );
  });
});
