import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installIn } from '../support/npm-ci.ts';

/** Installs the browser on first use, and makes room for the screenshots of this run. */
export default function install(): void {
  installIn(import.meta.dirname);
  const shots = join(import.meta.dirname, 'shots');
  rmSync(shots, { recursive: true, force: true });
  mkdirSync(shots);
}
