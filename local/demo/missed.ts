import { resolve } from 'node:path';
import { type Cloud, startCloud } from '../cloud/cloud.ts';
import { packageProject } from '../cloud/package.ts';
import type { Okta } from '../doubles/okta/okta.ts';
import { demoDirectory, demoMissed, demoParameters } from './directory.ts';

/** Changes the demo's Okta without delivering any webhook. */
export function loseWebhooks(okta: Okta): void {
  const { deactivated, deleted, renamed, joiner, joins, leaves, group } = demoMissed;
  okta.deactivate(deactivated);
  okta.deleteUser(deleted);
  okta.updateProfile(renamed, { lastName: 'Renamed' });
  okta.createUser(joiner);
  okta.addMember(joins, joiner.id);
  okta.removeMember(...leaves);
  okta.renameGroup(group, 'Support');
}

/** Starts the local cloud with the demo's directory, runs a first backfill of each source, and then changes Okta without any webhook. */
export async function startWithMissed(say: (text: string) => void): Promise<Cloud> {
  say('Building, packaging and starting the local cloud …');
  const root = resolve(import.meta.dirname, '../..');
  await packageProject(root);
  const cloud = await startCloud({ root, directory: demoDirectory, parameters: demoParameters });
  say('Running a first backfill …');
  for (const source of Object.keys(cloud.sources)) {
    const { error } = await cloud.fire('backfill', { source });
    if (error) {
      await cloud.close();
      throw new Error(`the first backfill of ${source} failed: ${error.message}`);
    }
  }
  await cloud.idle();
  say('Changing Okta while its webhooks are lost …');
  loseWebhooks(cloud.okta);
  return cloud;
}
