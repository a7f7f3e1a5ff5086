import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The files that one command takes or writes. */
export interface Files {
  stage: string;
  /** Writes a file for as long as the command runs, and returns its path. */
  write(text: string): string;
  /** Where the plan with this id is: it stays until the console ends. */
  planOf(id: string): string;
}

/** Where the files of commands are, for their owner only, until the console or its process ends. It is made for the first of them. */
export interface Folder {
  during<T>(run: (files: Files) => Promise<T>): Promise<T>;
  remove(): void;
}

export function createFolder(stage: string): Folder {
  let root: string | undefined;
  const remove = () => {
    process.off('exit', remove);
    if (root !== undefined) rmSync(root, { recursive: true, force: true });
    root = undefined;
  };
  const inRoot = (name: string) => {
    if (root === undefined) {
      root = mkdtempSync(join(tmpdir(), 'console-'));
      process.once('exit', remove);
    }
    return join(root, name);
  };
  return {
    async during(run) {
      const written: string[] = [];
      const write = (text: string) => {
        const file = inRoot(`${randomUUID()}.json`);
        writeFileSync(file, text, { mode: 0o600 });
        written.push(file);
        return file;
      };
      try {
        return await run({ stage, write, planOf: (id) => inRoot(`plan-${id}.json`) });
      } finally {
        for (const file of written) rmSync(file, { force: true });
      }
    },
    remove,
  };
}
