import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ANSWERS } from './answers.ts';

const FOLDER = import.meta.dirname;

/** Installs the clients where they are not yet, or in another version. They are never a dependency of the product. */
export default function install(): void {
  rmSync(ANSWERS, { recursive: true, force: true });
  const wanted: Record<string, string> = read('package.json').dependencies;
  const isThere = Object.entries(wanted).every(([name, version]) => {
    try {
      return read(join('node_modules', name, 'package.json')).version === version;
    } catch {
      return false;
    }
  });
  if (isThere) return;
  console.log('Installing the clients');
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: FOLDER,
    stdio: 'inherit',
  });
}

function read(file: string) {
  return JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));
}
