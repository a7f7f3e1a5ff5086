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

/** Builds and packages the project, and starts the local cloud with the demo's directory. */
export async function startDemo(): Promise<Cloud> {
  await packageProject(process.cwd());
  return startCloud({ directory: demoDirectory, parameters: demoParameters });
}

/** Starts the local cloud with the demo's directory, runs a first backfill, and then changes Okta without any webhook. */
export async function startWithMissed(say: (text: string) => void): Promise<Cloud> {
  say('Building, packaging and starting the local cloud …');
  const cloud = await startDemo();
  say('Running a first backfill of Okta …');
  const { error } = await cloud.fire('backfill', { source: 'okta' });
  if (error) {
    await cloud.close();
    throw new Error(`the first backfill failed: ${error.message}`);
  }
  await cloud.idle();
  say('Changing Okta while its webhooks are lost …');
  loseWebhooks(cloud.okta);
  return cloud;
}
