import { PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { redrive } from '../../scripts/redrive.ts';
import type { TestCloud } from '../pipeline/cloud.ts';
import { oktaDelivery, userCreate } from '../support/okta-deliveries.ts';
import { standUpWithTime } from './alarm-clock.ts';
import { arrival, peopleAtVelt, templateWith } from './observe.ts';

// From a fault to its alarm, by the way that docs/operations.md says to its end.

async function purge({ admin, stack }: TestCloud, logicalId: string): Promise<void> {
  const sqs = new SQSClient(admin);
  await sqs.send(new PurgeQueueCommand({ QueueUrl: stack.ref(logicalId) }));
  sqs.destroy();
}

test('nothing is on while all is well', async () => {
  const cloud = await standUpWithTime();

  await cloud.post('okta', oktaDelivery(userCreate('00uA')));
  await cloud.idle();

  expect(cloud.alarms()).toHaveLength(19);
  expect(cloud.on()).toEqual([]);
});

test('a webhook secret that is broken is told by the second answer, and over when it is mended', async () => {
  const cloud = await standUpWithTime();
  await cloud.putSecret('WebhookCredentials', { okta: 7 });
  const post = () => cloud.post('okta', oktaDelivery(userCreate('00uA')));

  const first = await post();
  const once = cloud.on();
  await post();
  const twice = cloud.on();
  await cloud.putSecret('WebhookCredentials', { okta: { current: 'local-okta-secret' } });
  cloud.pass(61);

  expect(Math.floor(first.status / 100)).toBe(5);
  expect([once, twice, cloud.on()]).toEqual([[], ['webhook-failing'], []]);
});

test('another credential is told at once, and a caller without one is not', async () => {
  const cloud = await standUpWithTime();
  const post = (authorization?: string) =>
    fetch(`${cloud.baseUrl}/webhooks/okta`, {
      ...{ method: 'POST', body: JSON.stringify(oktaDelivery(userCreate('00uA'))) },
      headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
    });

  await post();
  const without = cloud.on();
  await post('another');
  const wrong = cloud.on();
  cloud.pass(16);

  expect([without, wrong, cloud.on()]).toEqual([[], ['credential-mismatch'], []]);
});

test('a source that was renamed is told, and a guess of a stranger is not', async () => {
  const cloud = await standUpWithTime();
  const post = () => cloud.post('corp', oktaDelivery(userCreate('00uA')));

  await post();
  const guessed = cloud.on();
  for (let nth = 0; nth < 9; nth += 1) await post();
  const renamed = cloud.on();
  cloud.pass(24 * 60 + 1);

  expect([guessed, renamed, cloud.on()]).toEqual([[], ['unknown-source'], []]);
});

test('Velt that is away is told by what waits, and over when it is back', async () => {
  // A second of SQS lasts five milliseconds: ten minutes are soon over. Nothing dies, however busy the machine is.
  const cloud = await standUpWithTime({ secondMs: 5, template: await templateWith({ receives: 1_000 }) });
  cloud.velt?.faults.add({ answer: { kind: 'status', status: 503 } });

  await cloud.queue(arrival('Ada'));
  const atFirst = cloud.on();
  while (!cloud.on().includes('changes-old')) {
    await cloud.idle({ withinMs: 200 }).catch(() => undefined);
    cloud.pass(5);
  }
  cloud.velt?.faults.clear();
  await cloud.idle({ withinMs: 60_000 });
  cloud.pass(46);

  expect(atFirst).toEqual([]);
  expect([cloud.on(), Object.keys(peopleAtVelt(cloud))]).toEqual([[], ['ada']]);
});

test('changes that keep coming back are told after three quarters of an hour, and a short outage is not', async () => {
  const cloud = await standUpWithTime({ template: await templateWith({ receives: 1_000 }) });
  cloud.velt?.faults.add({ answer: { kind: 'status', status: 503 } });
  const on: boolean[] = [];
  const failures = () => cloud.lines.filter((line) => /"MessagesFailed":[1-9]/.test(line)).length;

  for (const name of ['Ada', 'Ben', 'Cem']) {
    const before = failures();
    await cloud.queue(arrival(name));
    while (failures() === before) await cloud.idle({ withinMs: 50 }).catch(() => undefined);
    on.push(cloud.on().includes('changes-failing'));
    cloud.pass(15);
  }
  cloud.velt?.faults.clear();
  await cloud.idle({ withinMs: 60_000 });
  cloud.pass(46);

  expect(on).toEqual([false, false, true]);
  expect(cloud.on()).toEqual([]);
});

test('changes that died are told until they were moved back', async () => {
  const cloud = await standUpWithTime({ template: await templateWith({ receives: 2 }) });
  cloud.velt?.faults.add({ answer: { kind: 'status', status: 503 } });
  await cloud.queue(arrival('Ada'));
  await cloud.idle({ withinMs: 60_000 });
  const dead = cloud.on();
  cloud.velt?.faults.clear();

  const sqs = new SQSClient(cloud.admin);
  const [from, to] = [cloud.stack.ref('ChangesDeadQueue'), cloud.stack.ref('ChangesQueue')];
  await redrive({ sqs, from, to, apply: true });
  sqs.destroy();
  await cloud.idle();
  cloud.pass(6);

  expect(dead).toEqual(['changes-dead']);
  expect([cloud.on(), Object.keys(peopleAtVelt(cloud))]).toEqual([[], ['ada']]);
});

test('a message that nobody can read, and a delivery with something odd, are told until they are gone', async () => {
  const cloud = await standUpWithTime();

  await cloud.queue({ ...arrival('Ada'), kind: 'of a newer version' });
  await cloud.post('okta', '[');
  await cloud.idle();
  const told = cloud.on();
  for (const queue of ['ChangesDeadQueue', 'ParkedQueue']) await purge(cloud, queue);
  cloud.pass(6);

  expect([told.toSorted(), cloud.on()]).toEqual([['changes-dead', 'parked'], []]);
});

test('a run that fails is told as a failed function, and until its message is gone', async () => {
  const cloud = await standUpWithTime();

  await cloud.fire('backfill', { source: 'nobody' }).catch(() => undefined);
  await cloud.idle();
  const told = cloud.on();
  cloud.pass(6);
  const later = cloud.on();
  await purge(cloud, 'SchedulerDeadQueue');
  cloud.pass(6);

  expect([told.toSorted(), later, cloud.on()]).toEqual([
    ['function-errors', 'schedules-dead'],
    ['schedules-dead'],
    [],
  ]);
});

test('changes of a source that is not configured are told for an hour', async () => {
  const cloud = await standUpWithTime();

  await cloud.queue(arrival('Ada', { source: 'not-configured-any-more' }));
  await cloud.idle();
  const told = cloud.on();
  cloud.pass(61);

  expect([told, cloud.on()]).toEqual([['changes-dropped'], []]);
});
