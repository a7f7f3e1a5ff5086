import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readZip } from '../../local/cloud/lambda/zip.ts';
import { FUNCTIONS, packagedTemplate, ROOT } from './packaged.ts';

const PACKAGES = join(ROOT, '.serverless');

beforeAll(packagedTemplate);

describe('the packages', () => {
  it('are one for each function', async () => {
    const files = await readdir(PACKAGES);

    const zips = files.filter((file) => file.endsWith('.zip'));

    expect(zips.sort()).toEqual(FUNCTIONS.map((name) => `${name}.zip`).sort());
  });

  it.each(FUNCTIONS)('hold, of %s, the bundle that was built and nothing else', async (name) => {
    const bundle = await readFile(join(ROOT, 'dist', name, 'index.mjs'));

    const files = readZip(await readFile(join(PACKAGES, `${name}.zip`)));

    expect(files.map(({ path }) => path)).toEqual([`dist/${name}/index.mjs`]);
    expect(files[0]?.content.equals(bundle)).toBe(true);
  });

  it.each(FUNCTIONS)(
    'make %s import nothing, as an import of node:http would load undici with it',
    async (name) => {
      const { outputs } = JSON.parse(await readFile(join(ROOT, 'dist', `${name}.meta.json`), 'utf8'));

      const { imports, exports } = outputs[`dist/${name}/index.mjs`];

      expect(imports).toEqual([]);
      expect(exports).toContain('handler');
    },
  );
});
