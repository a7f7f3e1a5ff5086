#!/usr/bin/env node
// Starts a TypeScript file of this project: `start.mjs scripts/build.ts …`, or, where none is named, the program of all
// commands: `start.mjs status …`. The only plain JavaScript here, so that a Node that cannot run TypeScript can say so.
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = new URL('..', import.meta.url);

if (process.features.typescript) {
  const [named = ''] = process.argv.slice(2);
  const isFile = named.endsWith('.ts');
  const file = fileURLToPath(new URL(isFile ? named : 'scripts/sync.ts', root));
  // What is started sees itself as the program, as if Node had been called with it.
  process.argv.splice(1, isFile ? 2 : 1, file);
  await import(pathToFileURL(file).href);
} else {
  console.error(
    `Node ${process.version} cannot run this project, which is written in TypeScript: ${mend()}.`,
  );
  process.exitCode = 2;
}

/** @returns {string} what to do about it, on this machine */
function mend() {
  const brought = `node-linux-${process.arch}`;
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch))
    return 'install Node 24, or 22.18 or later, from https://nodejs.org';
  if (existsSync(new URL(`node_modules/${brought}/bin/node`, root)))
    return `call it with "npm run", which takes the Node 24 of the package ${brought}, or with Node 24, or 22.18 or later`;
  return `"npm ci" brings Node 24, as the package ${brought}, for whatever is called with "npm run"`;
}
