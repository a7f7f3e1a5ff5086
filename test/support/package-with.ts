import { cp, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { packageProject } from '../../local/cloud/package.ts';

/**
 * Builds and packages the project with another configuration, or with its own, into a folder that is the caller's to remove.
 * `prepare` puts more there before.
 */
export async function packageWith(
  config: object | undefined,
  prepare: (root: string) => Promise<void> = async () => {},
): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'configured-'));
  // osls takes no link for its file.
  for (const own of ['functions', 'resources', 'serverless.yml', 'package.json']) {
    await cp(own, join(root, own), { recursive: true });
  }
  for (const shared of ['lib', 'node_modules']) await symlink(resolve(shared), join(root, shared));
  await prepare(root);
  const file = config && join(root, 'config.json');
  if (file) await writeFile(file, JSON.stringify(config));
  await packageProject(root, file);
  return root;
}
