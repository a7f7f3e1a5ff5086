import { SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { createPark } from '../../lib/aws/queue.ts';
import { demoParameters } from '../../local/demo/directory.ts';
import type { Parked } from '../../scripts/parked.ts';
import { partnerEvent } from '../support/factories.ts';
import { oktaDelivery, userCreate } from '../support/okta-deliveries.ts';
import { sync } from '../support/sync.ts';
import { standUp, type TestCloud } from './cloud.ts';

/** Parks a body, as a version would that cannot read it. */
async function park(cloud: TestCloud, value: object) {
  const client = new SQSClient(cloud.admin);
  const body = Buffer.from(JSON.stringify(value));
  const delivery = {
    source: 'okta',
    reasons: ['data: Invalid input'],
    contentType: 'application/json',
    body,
  };
  await createPark({ client, queueUrl: cloud.stack.ref('ParkedQueue') })(delivery);
  client.destroy();
}

test('parked deliveries of each way in are sent again, and what nobody can read is shown and dropped', async () => {
  const cloud = await standUp({ parameters: demoParameters });
  const parked = (...args: string[]) => sync(['parked', ...args], { aws: cloud.admin });
  await park(cloud, oktaDelivery(userCreate('00uA')));
  await park(cloud, partnerEvent(userCreate('00uB'), { source: demoParameters.OktaEventSource }));
  await cloud.post('okta', '["Ada"');

  const listed = await parked();
  const replayed = await parked('replay', '--all');
  await cloud.idle();

  expect(listed.code).toBe(0);
  expect(listed.stdout).not.toMatch(/ada/i);
  expect(listed.stdout).toContain('(whole): the body is not JSON');
  expect(replayed.code).toBe(1);
  expect(replayed.stdout.match(/1 changes +taken/g)).toHaveLength(2);
  expect(replayed.stdout).toContain(
    'stays: this version cannot read it either: (whole): the body is not JSON',
  );
  expect(Object.keys(cloud.state()['acme-workforce']?.users ?? {}).toSorted()).toEqual(['00uA', '00uB']);

  const [left] = JSON.parse((await parked('--json')).stdout) as Parked[];
  const shown = await parked('show', left?.id ?? '');
  const dropped = await parked('drop', left?.id ?? '', '--yes', left?.id ?? '');

  expect(shown.stdout).toBe('["Ada"\n');
  expect(dropped.code).toBe(0);
  expect((await parked()).stdout).toBe('Nothing is parked.\n');
});
