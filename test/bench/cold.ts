import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** Milliseconds of CPU, of every thread together, and of the clock. */
export interface Took {
  cpu: number;
  wall: number;
}

/** One cold start: the whole of it from the start of the process on, its init, and each invocation. */
export interface Cold extends Took {
  init: Took;
  invocations: Took[];
  /** What the handler returned each time. */
  answers: unknown[];
  /** The largest resident set. */
  rssMb: number;
  /** Node's own modules that were loaded in the end. */
  modules: string[];
  /** What it wrote to the standard output. */
  stdout: string;
}

const CHILD = fileURLToPath(new URL('./child.mjs', import.meta.url));

/**
 * Starts a bundle in a process of its own, with these variables and no others, and runs its handler on each event, one after the
 * other. `cgroup` is the folder of a control group that the process moves to after init. Throws Error with what the process wrote
 * when it ends in another way.
 */
export async function startCold(
  bundle: string,
  { env, events, cgroup = '' }: { env: Record<string, string>; events: unknown[]; cgroup?: string },
): Promise<Cold> {
  const folder = await mkdtemp(join(tmpdir(), 'cold-'));
  const file = join(folder, 'events.json');
  await writeFile(file, JSON.stringify(events));
  // That certificates are not checked is said once a process, on the standard error: by --no-warnings it is not.
  const child = spawn(process.execPath, ['--no-warnings', CHILD, bundle, file, cgroup], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const [stdout, stderr, told, [code]] = await Promise.all([
    text(child.stdout as Readable),
    text(child.stderr as Readable),
    buffer(child.stdio[3] as Readable),
    once(child, 'close'),
  ]);
  await rm(folder, { recursive: true });
  if (code !== 0) throw new Error(`${bundle} ended with ${code}:\n${stdout}${stderr}`);
  return { ...JSON.parse(told.toString()), stdout };
}
