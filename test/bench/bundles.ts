import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const REFERENCES = fileURLToPath(new URL('./references', import.meta.url));

/**
 * Bundles each of the references to `NAME.cjs` in a folder; returns their paths. As CommonJS, which starts faster than the modules that
 * most write: these would load undici with `node:http` (nodejs/node#57649).
 */
export async function bundleReferences<Name extends string>(
  names: readonly Name[],
  outdir: string,
): Promise<Record<Name, string>> {
  await build({
    entryPoints: names.map((name) => join(REFERENCES, `${name}.ts`)),
    ...{ outdir, outExtension: { '.js': '.cjs' }, bundle: true, minify: true, logLevel: 'silent' },
    ...{ platform: 'node', target: 'node24', format: 'cjs', mainFields: ['module', 'main'] },
  });
  const paths = names.map((name) => [name, join(outdir, `${name}.cjs`)] as const);
  return Object.fromEntries(paths) as Record<Name, string>;
}

/** How large a bundle is (KB). */
export async function sizeOf(path: string): Promise<number> {
  return Number(((await stat(path)).size / 1024).toFixed(1));
}
