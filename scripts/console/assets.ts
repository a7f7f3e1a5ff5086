import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

/** The page's own files, by their path. */
export type Assets = Record<string, { type: string; body: string | Buffer }>;

const PAGE = join(import.meta.dirname, 'page');

/** Bundles the page: one script, one style, and nothing from elsewhere. Throws Error where it does not compile. */
export async function bundleAssets(): Promise<Assets> {
  const { outputFiles } = await build({
    entryPoints: [join(PAGE, 'main.tsx')],
    tsconfig: join(PAGE, 'tsconfig.json'),
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    logLevel: 'silent',
  });
  const file = (name: string) => readFile(join(PAGE, name), 'utf8');
  return {
    '/': { type: 'text/html; charset=utf-8', body: await file('index.html') },
    '/page.css': { type: 'text/css; charset=utf-8', body: await file('page.css') },
    '/icon.svg': { type: 'image/svg+xml', body: await file('icon.svg') },
    '/page.js': { type: 'text/javascript; charset=utf-8', body: outputFiles[0]?.text ?? '' },
  };
}
