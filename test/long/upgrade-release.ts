import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import releases from './releases.json' with { type: 'json' };

const run = promisify(execFile);
/** No other variable: `npm run` hands down settings of this project, which are not those of the release. */
const env = { PATH: process.env.PATH, HOME: process.env.HOME };

/** The newest release that there is. */
export const NEWEST = Object.keys(releases).at(-1) ?? '';

/**
 * Unpacks a release into `folder`, with the dependencies of its own lock file, and packages it by its own command for a
 * configuration.
 *
 * @throws Error with the mend where the release or its commit is not known, and with the tool's words where a tool fails.
 */
export async function packageRelease(version: string, config: object, folder: string): Promise<void> {
  const commit = commitOf(version);
  await run('git', ['cat-file', '-e', `${commit}^{commit}`]).catch(() => {
    throw new Error(`this clone does not have ${commit}, which is ${version}: git fetch --unshallow`);
  });
  await mkdir(folder, { recursive: true });
  const archive = join(folder, 'release.tar');
  await run('git', ['archive', '--output', archive, commit]);
  await run('tar', ['-xf', archive], { cwd: folder });
  if (isDeepStrictEqual(await dependenciesIn(folder), await dependenciesIn('.')))
    await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  else await run('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: folder, env });
  const file = join(folder, 'upgrade.json');
  await writeFile(file, JSON.stringify(config));
  await run('npm', ['run', 'package', '--', '--config', file], { cwd: folder, env });
}

function commitOf(version: string): string {
  const commit = new Map(Object.entries(releases)).get(version);
  if (commit === undefined)
    throw new Error(`there is no release ${version} in test/long/releases.json: ${Object.keys(releases)}`);
  return commit;
}

/** What the lock file of a project installs; its own version is none of it. */
async function dependenciesIn(folder: string): Promise<object> {
  const { packages } = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8'));
  const { '': _, ...installed } = packages;
  return installed;
}
