import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { readOwnConfig } from '../../functions/wiring/environment.ts';
import configuration from '../../local/demo/config.json' with { type: 'json' };

const folder = mkdtempSync(join(tmpdir(), 'own-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function beside(text: string): URL {
  const file = join(folder, 'directory.config.json');
  writeFileSync(file, text);
  return pathToFileURL(file);
}

describe('the configuration of a function', () => {
  test('is what was built in, where no file lies beside the bundle', () => {
    const config = readOwnConfig(pathToFileURL(join(folder, 'none.json')));

    expect(Object.keys(config.sources)).toEqual(Object.keys(configuration.sources));
  });

  test('is the file beside the bundle, where there is one', () => {
    const config = readOwnConfig(beside('{"sources":{"corp":{"kind":"okta","organization":"acme"}}}'));

    expect(Object.keys(config.sources)).toEqual(['corp']);
  });

  test('is refused with every fault of that file at once', () => {
    const text = '{"sources":{"corp":{"kind":"okta","oganization":"acme"}},"tombstoneDay":30}';

    const read = () => readOwnConfig(beside(text));

    expect(read).toThrow(/^the configuration is not valid:/);
    expect(read).toThrow('oganization');
    expect(read).toThrow('tombstoneDay');
  });

  test('is refused under the name of the file where that is no JSON', () => {
    expect(() => readOwnConfig(beside('{"sources":{},}'))).toThrow(
      /^the configuration is not valid:\n {2}\(whole\): .*JSON/,
    );
  });
});
