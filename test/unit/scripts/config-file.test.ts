import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readConfigFile } from '../../../scripts/config-file.ts';
import { sourcesOf } from '../../../scripts/stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'configs-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(script: string, args: string[], { cwd = process.cwd() } = {}) {
  return spawnSync(process.execPath, [resolve(script), ...args], { cwd, encoding: 'utf8' });
}

/** A directory.config.json of that text, in a folder of its own. */
function configured(text: string): string {
  const root = mkdtempSync(join(folder, 'root-'));
  writeFileSync(join(root, 'directory.config.json'), text);
  return root;
}

describe('a command for every source that can be read', () => {
  const config = readConfigFile(
    join(configured('{"sources":{"okta":{"kind":"okta","organization":"acme"}}}'), 'directory.config.json'),
  );

  test('takes those, or the one that was named', () => {
    expect(sourcesOf(undefined, { readable: ['okta'], config })).toEqual(['okta']);
    expect(sourcesOf('other', { readable: ['okta'], config })).toEqual(['other']);
  });

  test('fails where there is none, for it would look like one that found nothing to do', () => {
    expect(() => sourcesOf(undefined, { readable: [], config })).toThrow(
      'the directory secret has credentials of no source of directory.config.json (okta)',
    );
  });
});

describe('a directory.config.json', () => {
  test('that is no JSON is refused under its own name', () => {
    const file = join(configured('{"sources":{},}'), 'directory.config.json');

    expect(() => readConfigFile(file)).toThrow(
      /^directory\.config\.json is not valid:\n {2}\(whole\): .*JSON/,
    );
  });

  test('that is missing is refused under its own name', () => {
    expect(() => readConfigFile(join(folder, 'none.json'))).toThrow(/^directory\.config\.json is not valid:/);
  });

  test('with faults is built into nothing, and all of them are named', () => {
    const root = configured('{"sources":{"okta":{"kind":"okta","oganization":"acme"}},"tombstoneDay":30}');

    const { status, stderr } = run('scripts/build.ts', [], { cwd: root });

    expect(status).toBe(1);
    expect(stderr).toContain('build failed: directory.config.json is not valid:');
    expect(stderr).toContain('"oganization"');
    expect(stderr).toContain('sources.okta.organization');
    expect(stderr).toContain('"tombstoneDay"');
    expect(stderr).not.toContain('    at ');
    expect(existsSync(join(root, 'dist'))).toBe(false);
  });
});

test('a fuzz run of no number is refused, where it would find no fault', () => {
  const { status, stderr } = run('test/long/fuzz.ts', ['--runs', 'many']);

  expect(status).toBe(2);
  expect(stderr).toContain('--runs takes a whole number from 0 on, not many');
});
