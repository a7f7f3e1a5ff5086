import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { runNode } from '../local/cloud/package.ts';
import { readTemplate } from '../local/cloud/template/template.ts';
import { buildFunctions } from './build.ts';
import { readCommandLine } from './command-line.ts';
import { readWholeFile } from './config-file.ts';
import { bundledPackages, type Metafile } from './release/bundled.ts';
import { noticesOf } from './release/notices.ts';
import { sbomOf } from './release/sbom.ts';
import { releaseTemplate, STAGE_PLACEHOLDER } from './release/template.ts';
import { zipOf } from './release/zips.ts';
import { tableText } from './table.ts';

/** What the functions are built and packaged from. */
const SOURCES = ['functions', 'lib', 'resources', 'serverless.yml', 'package.json'];
/** What goes into a release as it is; the guides, because alarms and errors name parts of them. */
const AS_THEY_ARE = ['LICENSE', 'CHANGELOG.md', 'docs'];
const SUMS = 'SHA256SUMS';
const ROOT = fileURLToPath(new URL('..', import.meta.url));

export type ReleaseOptions = {
  /** The project, with its dependencies installed. */
  root: string;
  /** The configuration that the zips hold. */
  config: string;
  /** The folder of the release; what an earlier release left there goes. */
  out: string;
};

type Files = Record<string, Buffer>;

/**
 * Makes a release: what is needed to deploy without the project. The same commit and configuration give the same bytes of every
 * file, wherever and whenever it is made. The project's own `dist` and `.serverless` are left alone.
 *
 * Returns the SHA-256 of each file, by its path.
 *
 * @throws ConfigError with every fault of the configuration, and Error when something cannot be built or packaged, or when
 *   `out` holds something else than a release.
 */
export async function makeRelease({ root, config, out }: ReleaseOptions): Promise<Record<string, string>> {
  await mustBeRelease(out);
  const workplace = await mkdtemp(join(tmpdir(), 'release-'));
  try {
    const files = await filesOf(root, config, workplace);
    const sums = Object.fromEntries(
      Object.entries(files).map(([path, content]) => [
        path,
        createHash('sha256').update(content).digest('hex'),
      ]),
    );
    const list = Object.entries(sums).map(([path, sum]) => `${sum}  ${path}\n`);
    await replaceRelease(out, { ...files, [SUMS]: Buffer.from(list.join('')) });
    return sums;
  } finally {
    await rm(workplace, { recursive: true, force: true });
  }
}

/** The files of the release by their paths, in the order of these. */
async function filesOf(root: string, config: string, workplace: string): Promise<Files> {
  for (const source of SOURCES) await cp(join(root, source), join(workplace, source), { recursive: true });
  await symlink(join(root, 'node_modules'), join(workplace, 'node_modules'));
  const bundles = await buildFunctions(workplace, config);
  const osls = createRequire(import.meta.url).resolve('osls/bin/serverless.js');
  await runNode(workplace, [osls, 'package', '--stage', STAGE_PLACEHOLDER]);

  const configuration = Buffer.from(JSON.stringify(readWholeFile(config).given));
  const configure = await bundleConfigure(root);
  const metafiles = [configure.metafile];
  const files: Files = { 'configure.mjs': configure.program };
  for (const { name } of bundles) {
    const content = await readFile(join(workplace, 'dist', name, 'index.mjs'));
    files[`${name}.zip`] = zipOf({ path: 'index.mjs', content }, configuration);
    metafiles.push(JSON.parse(await readFile(join(workplace, 'dist', `${name}.meta.json`), 'utf8')));
  }
  const project = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const packages = bundledPackages(root, metafiles);
  const readme = await readFile(new URL('release/README.md', import.meta.url), 'utf8');
  files['template.json'] = jsonOf(releaseTemplate(await readTemplate(workplace)));
  files['sbom.cdx.json'] = jsonOf(sbomOf(project, packages));
  files['THIRD-PARTY-NOTICES.txt'] = Buffer.from(noticesOf(packages));
  files['README.md'] = Buffer.from(readme.replaceAll('{version}', project.version));
  files['config.schema.json'] = await readFile(join(root, 'config/schema.json'));
  for (const path of AS_THEY_ARE) Object.assign(files, await readInto(root, path));
  return Object.fromEntries(Object.entries(files).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** configure.mjs: one file that runs on any Node from 20.15 on. */
async function bundleConfigure(root: string): Promise<{ program: Buffer; metafile: Metafile }> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['scripts/release/configure.ts'],
    outfile: 'configure.mjs',
    ...{ bundle: true, platform: 'node', target: 'node20', format: 'esm', mainFields: ['module', 'main'] },
    ...{ minify: true, legalComments: 'none', charset: 'utf8', metafile: true, write: false },
    logLevel: 'silent',
  });
  return { program: Buffer.from(outputFiles[0]?.contents ?? ''), metafile };
}

function jsonOf(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}

/** A file, or every file of a folder, by its path from `root`. */
async function readInto(root: string, path: string): Promise<Files> {
  const entries = await readdir(join(root, path), { withFileTypes: true }).catch(() => undefined);
  if (!entries) return { [path]: await readFile(join(root, path)) };
  const inside = await Promise.all(entries.map(({ name }) => readInto(root, `${path}/${name}`)));
  return Object.assign({}, ...inside);
}

/** Throws Error where there is something at `out` that is no release: it will be removed. */
async function mustBeRelease(out: string): Promise<void> {
  const there: string[] = await readdir(out).catch((error) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (there.length > 0 && !there.includes(SUMS))
    throw new Error(`${out} holds something else than a release: empty it, or give another folder by --out`);
}

async function replaceRelease(out: string, files: Files): Promise<void> {
  await rm(out, { recursive: true, force: true });
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(out, path)), { recursive: true });
    await writeFile(join(out, path), content);
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = readCommandLine('npm run release -- [--config config/example.json] [--out release]', {
    options: {
      config: { type: 'string', default: join(ROOT, 'config/example.json') },
      out: { type: 'string', default: join(ROOT, 'release') },
    },
  });
  try {
    const { config, out } = values;
    const sums = await makeRelease({ root: ROOT, config: resolve(config), out: resolve(out) });
    console.log(
      `${tableText(Object.entries(sums).map(([path, sum]) => [path, sum]))}\n\nThe release is in ${out}.`,
    );
  } catch (error) {
    console.error(`release failed: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
