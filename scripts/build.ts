import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';
import { ConfigError } from '../lib/errors.ts';
import { readCommandLine } from './command-line.ts';
import { configFileOf, readWholeFile } from './config-file.ts';
import { tableText } from './table.ts';

export type Bundle = { name: string; bytes: number; gzipBytes: number };

/**
 * Takes every Node built-in from `process.getBuiltinModule` instead of an import.
 *
 * An ESM import of `node:http` evaluates all its exports, among them the WebSocket getter that loads undici:
 * +70 ms on a cold start (nodejs/node#57649, open in 2025-12). It also lets CommonJS packages `require` a built-in
 * from inside an ESM bundle, where there is no `require`.
 */
const builtinsWithoutImport: Plugin = {
  name: 'builtins-without-import',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(node:.+|${builtinModules.join('|')})$`) }, ({ path }) => ({
      path: path.replace(/^node:/, ''),
      namespace: 'builtin',
      sideEffects: false,
    }));
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(`node:${path}`)});`,
      loader: 'js',
    }));
  },
};

/**
 * Bundles each `functions/NAME.ts` under `root` to `dist/NAME/index.mjs`, with everything it needs inside.
 *
 * The configuration is a part of the bundles, so it is checked first: a fault in it would otherwise be deployed, and end
 * all functions but sweep at their start while the vendors' events are lost. It is kept beside them, as
 * `dist/config.json`, and what the template is made with as `dist/settings.json`, which serverless.yml reads.
 *
 * The source map stays beside the bundle for whoever reads a stack trace, and is never loaded at run time;
 * `dist/NAME.meta.json` says what the bytes are made of.
 *
 * @throws ConfigError for a faulty configuration, and Error when there is no function, when a bundle fails, or when a function exports no `handler`.
 */
export async function buildFunctions(root: string, configFile: string): Promise<Bundle[]> {
  const { given, settings } = readWholeFile(configFile);
  const entries = (await readdir(join(root, 'functions')).catch(() => [])).filter((file) =>
    /\.ts$/.test(file),
  );
  if (entries.length === 0) throw new Error(`no functions/*.ts in ${root}`);
  const dist = join(root, 'dist');
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist);
  await writeFile(join(dist, 'config.json'), JSON.stringify(given));
  await writeFile(join(dist, 'settings.json'), JSON.stringify(settings));
  return Promise.all(entries.sort().map((entry) => buildFunction(root, basename(entry, '.ts'))));
}

async function buildFunction(root: string, name: string): Promise<Bundle> {
  const outfile = join('dist', name, 'index.mjs');
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [`functions/${name}.ts`],
    alias: { '#configuration': join(root, 'dist', 'config.json') },
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
    sourcemap: 'external',
    legalComments: 'none',
    charset: 'utf8',
    metafile: true,
    write: false,
    logLevel: 'silent',
    plugins: [builtinsWithoutImport],
  });
  if (!metafile.outputs[outfile]?.exports.includes('handler')) {
    throw new Error(`functions/${name}.ts does not export "handler"`);
  }
  await mkdir(join(root, 'dist', name), { recursive: true });
  await Promise.all(outputFiles.map(({ path, contents }) => writeFile(path, contents)));
  await writeFile(join(root, 'dist', `${name}.meta.json`), JSON.stringify(metafile));
  const code = outputFiles.find(({ path }) => path.endsWith('.mjs'))?.contents ?? new Uint8Array();
  return { name, bytes: code.byteLength, gzipBytes: gzipSync(code).byteLength };
}

function sizeTable(bundles: Bundle[]): string {
  const rows = bundles.map(({ name, bytes, gzipBytes }) => [
    name,
    String(bytes),
    (bytes / 1024).toFixed(1),
    (gzipBytes / 1024).toFixed(1),
  ]);
  return tableText([['function', 'bytes', 'KB', 'gzip KB'], ...rows], { numbers: true });
}

if (process.argv[1] === import.meta.filename) {
  const { values } = readCommandLine('npm run build -- [--stage dev] [--config config/dev.json]', {
    options: { stage: { type: 'string', default: 'dev' }, config: { type: 'string' } },
  });
  try {
    console.log(sizeTable(await buildFunctions(process.cwd(), configFileOf(values))));
  } catch (error) {
    console.error(`build failed: ${error instanceof Error ? error.message : error}`);
    process.exitCode = error instanceof ConfigError ? 2 : 1;
  }
}
