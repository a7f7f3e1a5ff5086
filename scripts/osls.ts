import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The project's own root, wherever a command is started. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Runs osls on this project, with this terminal for its own. Throws Error when it fails; it has said why. */
export async function runOsls(args: string[]): Promise<void> {
  const osls = createRequire(import.meta.url).resolve('osls/bin/serverless.js');
  const child = spawn(process.execPath, [osls, ...args], { cwd: ROOT, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`osls ${args[0]} failed`);
}
