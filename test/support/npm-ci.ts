import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Installs the dependencies of a test folder where they are not yet, or in another version: the product has none of them. */
export function installIn(folder: string): void {
  const wanted: Record<string, string> = readIn(folder, 'package.json').dependencies;
  const isThere = Object.entries(wanted).every(([name, version]) => {
    try {
      return readIn(folder, join('node_modules', name, 'package.json')).version === version;
    } catch {
      return false;
    }
  });
  if (isThere) return;
  console.log(`Installing ${Object.keys(wanted).join(', ')}`);
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: 'inherit',
  });
}

function readIn(folder: string, file: string) {
  return JSON.parse(readFileSync(join(folder, file), 'utf8'));
}
