import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const BUILD = fileURLToPath(new URL('../../scripts/build.ts', import.meta.url));
const INPUTS = [
  'functions',
  'lib',
  'resources',
  'serverless.yml',
  'directory.config.json',
  'package.json',
  'package-lock.json',
];
/** Longer than any packaging takes: a lock of this age was left by a process that was killed. */
const STALE_LOCK_MS = 120_000;

const run = promisify(execFile);

/**
 * Builds and packages a project (`dist/` and `.serverless/`) as `npm run build` and `osls package` do. Does nothing when the
 * package was made from the same inputs. Several processes may call it at once.
 *
 * @throws Error with the tool's own words when building or packaging fails.
 */
export async function packageProject(project: string): Promise<void> {
  // Absolute and without a slash at the end: the lock is one for a folder, however its path is written.
  const root = resolve(project);
  const stamp = join(root, '.serverless', 'inputs.sha256');
  await exclusively(root, async () => {
    const inputs = await hashOf(root);
    if ((await readFile(stamp, 'utf8').catch(() => '')) === inputs) return;
    await runNode(root, [BUILD]);
    await runNode(root, [createRequire(import.meta.url).resolve('osls/bin/serverless.js'), 'package']);
    await writeFile(stamp, inputs);
  });
}

/** Runs a Node program in a project. Throws Error with what the program wrote when it fails. */
export async function runNode(root: string, args: string[]): Promise<void> {
  // No other variable: the package must not depend on the shell in which it is made.
  const env = { PATH: process.env.PATH, HOME: process.env.HOME };
  await run(process.execPath, args, { cwd: root, env }).catch(({ stdout, stderr, message }) => {
    throw new Error(`packaging ${root} failed:\n${`${stdout}${stderr}`.trim() || message}`);
  });
}

async function hashOf(root: string): Promise<string> {
  const hash = createHash('sha256').update(await readFile(BUILD));
  for (const input of INPUTS) {
    const path = join(root, input);
    const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => undefined);
    const files = entries
      ?.filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    for (const file of files?.sort() ?? [path]) {
      hash.update(file).update(await readFile(file).catch(() => ''));
    }
  }
  return hash.digest('hex');
}

/** Runs `work` while no other process does so for the same root. */
async function exclusively(root: string, work: () => Promise<void>): Promise<void> {
  const lock = join(tmpdir(), `packaging-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`);
  while (
    !(await mkdir(lock).then(
      () => true,
      () => false,
    ))
  ) {
    const age = Date.now() - ((await stat(lock).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (age > STALE_LOCK_MS) await rm(lock, { recursive: true, force: true });
    await sleep(100);
  }
  try {
    await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}
