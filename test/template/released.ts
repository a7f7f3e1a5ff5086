import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Template } from '../../local/cloud/template/template.ts';
import { makeRelease } from '../../scripts/release.ts';
import { ROOT } from './packaged.ts';

/** All that a release is made of. */
const PROJECT = ['functions', 'lib', 'local', 'scripts', 'resources', 'docs'];
const FILES = ['serverless.yml', 'package.json', 'package-lock.json', 'config/example.json'];
const PAPERS = ['config/schema.json', 'LICENSE', 'CHANGELOG.md'];

/** Where the tests of a file may put what they like. */
export let folder: string;
/** The release of this project, which each test only reads. */
export let release: string;
export let template: Template;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'releases-'));
  release = await releaseOf(ROOT, 'release');
  template = JSON.parse(await read('template.json'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Makes a release of the project as it is under `root`, into a folder of its own. */
export async function releaseOf(root: string, name: string): Promise<string> {
  const out = join(folder, name);
  await makeRelease({ root, config: join(root, 'config/example.json'), out });
  return out;
}

/** The project once more, in another place. */
export async function copyOfProject(): Promise<string> {
  const root = join(folder, 'another place', 'deeper');
  for (const path of [...PROJECT, ...FILES, ...PAPERS])
    await cp(join(ROOT, path), join(root, path), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return root;
}

/** Every file under a folder, by its path from there. */
export async function contentsOf(place: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
  const contents = await Promise.all(
    paths.map(
      async (path): Promise<[string, Buffer]> => [path.slice(place.length + 1), await readFile(path)],
    ),
  );
  return new Map(contents);
}

/** The text of a file of the release. */
export const read = (name: string) => readFile(join(release, name), 'utf8');
