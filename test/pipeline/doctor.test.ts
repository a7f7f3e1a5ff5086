import { expect, test } from 'vitest';
import type { Examined } from '../../scripts/doctor/doctor.ts';
import { localCloudOf } from '../../scripts/local-cloud.ts';
import { linesOf, SAFE } from '../support/doctor.ts';
import { oktaDelivery, userCreate } from '../support/okta-deliveries.ts';
import { sync } from '../support/sync.ts';
import { standUp } from './cloud.ts';

test('nothing is found on a healthy local cloud, and then a secret that was broken', async () => {
  const cloud = await standUp({ velt: { settings: SAFE } });
  const localCloud = () => ({ pid: process.pid, ...localCloudOf(cloud) });
  const look = async (...flags: string[]) => sync(['doctor', '--local', ...flags], { localCloud });
  await cloud.post('okta', oktaDelivery(userCreate('00uA')));
  await cloud.idle();

  const healthy = await look('--json');

  const { findings } = JSON.parse(healthy.stdout) as Examined;
  expect([healthy.code, healthy.stderr, linesOf(findings, 'wrong', 'unchecked')]).toEqual([0, '', []]);
  expect(linesOf(findings, 'ok')).toContain('velt Advanced queries are on: Velt lists people.');
  expect(linesOf(findings, 'note')).toContain(
    'aws Schedules, alarms and their subscribers are not on the local cloud.',
  );

  await cloud.putSecret('WebhookCredentials', { okta: { current: 's3cret-of-okta' } });
  const broken = await look();

  expect(broken.code).toBe(1);
  expect(broken.stdout.split('\n')[1]).toMatch(
    /^ {2}wrong +secrets +The secret webhooks: there is no credential of auth0\. Put velt-directory-sync-dev\/webhooks/,
  );
  expect(broken.stdout).toMatch(/\n1 to mend, 0 that could not be looked at\.\n$/);
  expect(broken.stdout).not.toContain('s3cret-of-okta');
});
