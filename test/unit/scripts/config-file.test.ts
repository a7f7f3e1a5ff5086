import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../lib/errors.ts';
import { configFileOf, OWN_CONFIG, readConfigFile, readWholeFile } from '../../../scripts/config-file.ts';

/** Node 22 runs TypeScript only when it is told to. */
const TYPES = ['--disable-warning=ExperimentalWarning', '--experimental-strip-types'];
const folder = mkdtempSync(join(tmpdir(), 'config-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A project with these files. */
function project(files: Record<string, string>): string {
  const root = mkdtempSync(join(folder, 'root-'));
  mkdirSync(join(root, 'config'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  return root;
}

function faultOf(file: string): string {
  try {
    readConfigFile(file);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
  }
  throw new Error('it was read');
}

describe('the file of a configuration', () => {
  test("is the stage's own in config/, unless another one is named", () => {
    expect(configFileOf({ stage: 'prod' })).toBe(resolve('config/prod.json'));
    expect(configFileOf({ stage: 'prod', config: 'other.json' })).toBe(resolve('other.json'));
  });

  test('of the project itself is no stage of the user', () => {
    expect(OWN_CONFIG.startsWith(`${resolve('config')}/`)).toBe(false);
    expect(Object.keys(readConfigFile(OWN_CONFIG).sources)).toEqual(['okta', 'auth0']);
  });

  test('to begin with can be used as it is', () => {
    expect(Object.keys(readConfigFile(resolve('config/example.json')).sources)).toEqual(['okta', 'auth0']);
  });

  test('keeps what the stack is deployed with from the functions', () => {
    const sources = { okta: { kind: 'okta', organization: 'acme' } };
    const root = project({
      'config/dev.json': JSON.stringify({ $schema: './schema.json', sources, deploy: { readBack: true } }),
    });

    const { given, settings } = readWholeFile(join(root, 'config/dev.json'));

    expect(given).toEqual({ sources });
    expect(settings.readBack).toBe('ENABLED');
  });

  test('that is no JSON is refused under its own name', () => {
    const root = project({ 'config/dev.json': '{"sources":{},}' });

    expect(faultOf(join(root, 'config/dev.json'))).toMatch(
      /config\/dev\.json is not valid:\n {2}\(whole\): .*JSON/,
    );
  });

  test('that is missing is refused with the line that makes one of the example', () => {
    const root = project({ 'config/example.json': '{}' });

    const fault = faultOf(join(root, 'config/prod.json'));

    expect(fault).toContain(`cp ${root}/config/example.json ${root}/config/prod.json`);
  });

  test('that is missing where the old one is still in its place is refused with the line that moves it', () => {
    const root = project({ 'config/example.json': '{}', 'directory.config.json': '{}' });

    const fault = faultOf(join(root, 'config/prod.json'));

    expect(fault).toContain(`mv ${root}/directory.config.json ${root}/config/prod.json`);
  });

  test('that is missing elsewhere is said to be missing', () => {
    expect(faultOf(join(folder, 'none.json'))).toMatch(
      /none\.json is not valid:\n {2}\(whole\): there is no such file$/,
    );
  });

  test('with faults is built into nothing, and all of them are named', () => {
    const sources = { okta: { kind: 'okta', oganization: 'acme' } };
    const faulty = JSON.stringify({ sources, tombstoneDay: 30, deploy: { readback: true } });
    const root = project({ 'config/own.json': faulty });
    const build = [...TYPES, resolve('scripts/build.ts'), '--config', 'config/own.json'];

    const { status, stderr } = spawnSync(process.execPath, build, { cwd: root, encoding: 'utf8' });

    expect(status).toBe(2);
    expect(stderr).toContain('build failed: config/own.json is not valid:');
    expect(stderr).toContain('"oganization"');
    expect(stderr).toContain('sources.okta.organization');
    expect(stderr).toContain('"tombstoneDay"');
    expect(stderr).toContain('deploy: Unrecognized key: "readback"');
    expect(stderr).not.toContain('    at ');
    expect(existsSync(join(root, 'dist'))).toBe(false);
  });
});
