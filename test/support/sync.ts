import { PassThrough } from 'node:stream';
import { OWN_CONFIG } from '../../scripts/config-file.ts';
import { runSync, type World } from '../../scripts/sync.ts';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** `npm run sync -- …` in this process, without a terminal, by the project's own configuration: its exit code, and what it wrote. */
export async function sync(argv: string[], world: Partial<World> = {}): Promise<Ran> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const stdin = new PassThrough();
  const code = await runSync(argv, {
    stdout,
    stderr,
    stdin,
    env: {},
    config: OWN_CONFIG,
    ...world,
  } as Partial<World>);
  const textOf = (stream: PassThrough) => String(stream.read() ?? '');
  return { code, stdout: textOf(stdout), stderr: textOf(stderr) };
}
