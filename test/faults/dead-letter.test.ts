import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { redrive } from '../../scripts/redrive.ts';
import { standUp, type TestCloud } from '../pipeline/cloud.ts';
import { membershipChange } from '../support/factories.ts';
import { oktaDelivery, userCreate } from '../support/okta-deliveries.ts';
import { sync } from '../support/sync.ts';
import { arrival, deadLetters, departure, peopleAtVelt, returnsOf, templateWith } from './observe.ts';

/** Lets what is queued die while the mirror table is away, which is back then. */
async function withDeadChanges(...messages: Parameters<TestCloud['queue']>[]): Promise<TestCloud> {
  const cloud = await standUp({ secondMs: 20, template: await templateWith({ receives: 2 }) });
  cloud.aws?.faults.add({
    action: 'dynamodb:BatchGetItem',
    times: 1_000,
    answer: { code: 'ResourceNotFoundException' },
  });
  for (const changes of messages) {
    await cloud.queue(...changes);
    await cloud.idle();
  }
  cloud.aws?.faults.clear();
  return cloud;
}

const queuesOf = ({ stack }: TestCloud) => ({
  from: stack.ref('ChangesDeadQueue'),
  to: stack.ref('ChangesQueue'),
});

describe('a message that nobody can read', () => {
  test('is with the dead letters at once, and holds up nobody else', async () => {
    const cloud = await standUp({ secondMs: 20, template: await templateWith({ receives: 4 }) });

    await cloud.queue({ ...arrival('Ada'), kind: 'of a newer version' });
    await cloud.queue(arrival('Ben'));
    for (const id of ['cem', 'dan']) await cloud.post('okta', oktaDelivery(userCreate(id)));
    await cloud.idle();

    expect(returnsOf(cloud)).toEqual([]);
    expect(deadLetters(cloud)).toBe(1);
    expect(Object.keys(peopleAtVelt(cloud))).toEqual(['ben', 'cem', 'dan']);
  });
});

test('what is about a source that is not configured is dropped, and the rest of its message is not', async () => {
  const cloud = await standUp({ secondMs: 20 });

  await cloud.queue(arrival('Ada', { source: 'not-configured-any-more' }), arrival('Ben'));
  await cloud.idle();

  expect([returnsOf(cloud), deadLetters(cloud)]).toEqual([[], 0]);
  expect(Object.keys(peopleAtVelt(cloud))).toEqual(['ben']);
});

describe('redrive', () => {
  test('says what is dead by source and kind, oldest first, and leaves all of it there', async () => {
    const cloud = await withDeadChanges(
      [arrival('Ada')],
      [membershipChange({ personId: 'ada' }), arrival('Ada', { id: 'again' })],
    );
    const sqs = new SQSClient(cloud.admin);

    const looked = await redrive({ sqs, ...queuesOf(cloud), apply: false });
    const again = await redrive({ sqs, ...queuesOf(cloud), apply: false });

    expect(looked).toMatchObject({ held: 2, seen: 2, moved: 0 });
    expect(looked.waiting.map(({ source, kind, messages }) => [source, kind, messages])).toEqual([
      ['okta', 'person', 2],
      ['okta', 'membership', 1],
    ]);
    expect(again).toEqual(looked);
    expect(deadLetters(cloud)).toBe(2);
    sqs.destroy();
  });

  test('reads what a version before left dead', async () => {
    const cloud = await standUp();
    const sqs = new SQSClient(cloud.admin);
    const { from, to } = queuesOf(cloud);
    const change = { v: 1, kind: 'person', source: 'okta', personId: 'ada', at: '2026-11-01T00:00:00.000Z' };
    const MessageBody = JSON.stringify({ v: 1, changes: [{ ...change, id: 'event-1', exists: true }] });
    const ids = { MessageGroupId: 'shard-1', MessageDeduplicationId: 'old' };
    await sqs.send(new SendMessageCommand({ QueueUrl: from, MessageBody, ...ids }));

    const { waiting } = await redrive({ sqs, from, to, apply: false });

    expect(waiting.map(({ source, kind, messages }) => [source, kind, messages])).toEqual([
      ['okta', 'person', 1],
    ]);
    sqs.destroy();
  });

  test('moves every message back, however many of a group, and they are delivered in the end', async () => {
    const cloud = await withDeadChanges(
      ...Array.from({ length: 12 }, (_, n): [object] => [arrival('Ada', { id: `event-${n}` })]),
      [departure('Ada')],
    );
    const sqs = new SQSClient(cloud.admin);
    await cloud.queue(arrival('Ben'));

    const { moved } = await redrive({ sqs, ...queuesOf(cloud), apply: true });
    await cloud.idle();

    expect([moved, deadLetters(cloud)]).toEqual([13, 0]);
    expect(peopleAtVelt(cloud)).toEqual({ ben: 'Ben' });
    sqs.destroy();
  });

  test('moves no message once it was interrupted', async () => {
    const cloud = await withDeadChanges([arrival('Ada')]);
    const sqs = new SQSClient(cloud.admin);

    const { moved } = await redrive({ sqs, ...queuesOf(cloud), apply: true, signal: AbortSignal.abort() });

    expect([moved, deadLetters(cloud)]).toEqual([0, 1]);
    sqs.destroy();
  });

  test('deletes nothing that it could not send', async () => {
    const cloud = await withDeadChanges([arrival('Ada')]);
    const sqs = new SQSClient({ ...cloud.admin, maxAttempts: 1 });
    cloud.aws?.faults.add({ action: 'sqs:SendMessage', answer: { code: 'InternalFailure', status: 500 } });

    const moving = redrive({ sqs, ...queuesOf(cloud), apply: true });

    await expect(moving).rejects.toMatchObject({ name: 'InternalFailure' });
    expect(cloud.aws?.calls.filter(({ action }) => action === 'sqs:DeleteMessage')).toEqual([]);
    expect(deadLetters(cloud)).toBe(1);
    sqs.destroy();
  });

  test('puts a message back once when the run before was cut off between sending and deleting', async () => {
    const cloud = await withDeadChanges([arrival('Ada')]);
    const sqs = new SQSClient({ ...cloud.admin, maxAttempts: 1 });
    const { from } = queuesOf(cloud);
    // Nobody takes from this queue, so that what arrives there can be counted.
    const Attributes = { FifoQueue: 'true' };
    const { QueueUrl: to = '' } = await sqs.send(
      new CreateQueueCommand({ QueueName: 'kept.fifo', Attributes }),
    );
    cloud.aws?.faults.add({ action: 'sqs:DeleteMessage', answer: { code: 'InternalFailure', status: 500 } });

    const cut = await redrive({ sqs, from, to, apply: true }).catch((error: Error) => error.name);
    const { moved } = await redrive({ sqs, from, to, apply: true });

    expect([cut, moved]).toEqual(['InternalFailure', 1]);
    expect([cloud.aws?.sqs.depth('kept.fifo').visible, deadLetters(cloud)]).toEqual([1, 0]);
    sqs.destroy();
  });

  test('is a command that prints a table and no ids', async () => {
    const cloud = await withDeadChanges([arrival('Ada')]);

    const looked = await run(cloud);
    const applied = await run(cloud, '--redrive');
    await cloud.idle();

    expect(looked).toMatch(/^About 1 dead messages, 1 looked at\.\n.*\n.*okta +person +1\nNothing was moved/);
    expect(applied).toContain('1 moved back.');
    expect(looked + applied).not.toMatch(/ada/i);
    expect(peopleAtVelt(cloud)).toEqual({ ada: 'Ada' });
  });
});

async function run({ admin }: TestCloud, ...args: string[]): Promise<string> {
  return (await sync(['dead', ...args], { aws: admin })).stdout;
}
