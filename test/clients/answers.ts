import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Driven, Pair } from './pairs.ts';

/** A type of TypeScript, and a value that has to be of it. */
export interface Claim {
  type: string;
  value: unknown;
}

/** That what the client was answered, and what the product sends, are of the types that the client declares. */
export function claimsOf({ ours, theirs }: Driven, answer: string, { beside, sends }: Types): Claim[] {
  const type = beside === undefined ? answer : `Beside<${answer}, ${beside}>`;
  const answers = theirs.map(({ answered }) => ({ type, value: answered }));
  const bodies = sends === undefined ? [] : ours.map(({ sent }) => ({ type: sends, value: sent }));
  return [...answers, ...bodies].filter(({ value }) => value !== undefined);
}

type Types = Pick<Pair<never, never, never>, 'beside' | 'sends'>;

export const ANSWERS = join(import.meta.dirname, 'answers');

/**
 * What the compiler finds wrong with values of the types that a client declares, and with the suite of that client. The
 * clients check nothing when they run. Here every value stands as a literal in a file, `answers/NAME.ts`, so that a property
 * that is missing, of another type or unknown to the client is a fault of that file.
 */
export async function typeFaults(name: string, imports: string[], claims: Claim[]): Promise<string> {
  const literals = claims.map(({ type, value }, nth) => {
    return `export const value${nth}: ${type} = ${JSON.stringify(value, null, 2)};`;
  });
  const project = join(ANSWERS, `${name}.json`);
  const include = [`${name}.ts`, `../${name}*.ts`, '../install.ts', '../vitest.config.ts'];
  mkdirSync(ANSWERS, { recursive: true });
  writeFileSync(join(ANSWERS, `${name}.ts`), [...imports, ...literals, ''].join('\n'));
  writeFileSync(project, JSON.stringify({ extends: '../tsconfig.json', include }));
  const tsc = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc');
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, '-p', project, '--pretty', 'false'], (error, stdout, stderr) =>
      resolve(error ? stdout + stderr || error.message : ''),
    );
  });
}
