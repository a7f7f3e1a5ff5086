import { PassThrough } from 'node:stream';
import { runSync, type World } from '../../scripts/sync.ts';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** `npm run sync -- …` in this process, without a terminal: its exit code, and what it wrote. */
export async function sync(argv: string[], world: Partial<World> = {}): Promise<Ran> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const stdin = new PassThrough();
  const code = await runSync(argv, { stdout, stderr, stdin, env: {}, ...world } as Partial<World>);
  const textOf = (stream: PassThrough) => String(stream.read() ?? '');
  return { code, stdout: textOf(stdout), stderr: textOf(stderr) };
}
