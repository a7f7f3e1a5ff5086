import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Keeps what one part of the benches found, with the machine and the date, as `results/PART.json`. Returns its path. */
export function keepResult(part: string, found: object): string {
  const file = fileURLToPath(new URL(`./results/${part}.json`, import.meta.url));
  mkdirSync(new URL('./results/', import.meta.url), { recursive: true });
  const machine = {
    ...{ cpus: cpus().length, model: cpus()[0]?.model, memoryMb: Math.round(totalmem() / 1024 ** 2) },
    ...{ node: process.version, platform: `${process.platform} ${process.arch}` },
  };
  const result = { part, date: new Date().toISOString().slice(0, 10), machine, ...found };
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
  return file;
}
