import { rmSync } from 'node:fs';
import { installIn } from '../support/npm-ci.ts';
import { ANSWERS } from './answers.ts';

/** Installs the clients on first use. */
export default function install(): void {
  rmSync(ANSWERS, { recursive: true, force: true });
  installIn(import.meta.dirname);
}
