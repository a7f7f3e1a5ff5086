import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import {
  ChangeMessageVisibilityBatchCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { createBury, createDelay, createPark, createQueue, type QueueDeps } from '../../../lib/aws/queue.ts';
import { type Change, Message, shardOf } from '../../../lib/directory/change.ts';
import { UNSENDABLE } from '../../../local/cloud/aws/sqs/send.ts';
import { membershipChange, personChange } from '../../support/factories.ts';
import { refuseAsSqs } from '../../support/memory-queue.ts';
import { STRANGE_TEXTS } from '../../support/strange-texts.ts';

const SHARDS = 4;
const queueUrl = 'https://sqs.example.com/changes.fifo';

/** An SQS client that keeps every command, refuses what SQS refuses, and answers with `answer`. */
function makeSqs(answer: () => unknown = () => ({})) {
  const commands: unknown[] = [];
  const send = async (command: unknown) => {
    if (command instanceof SendMessageBatchCommand) refuseAsSqs(command.input.Entries ?? []);
    if (command instanceof SendMessageCommand) {
      // The queue of the parked is no FIFO queue.
      const { MessageBody, MessageGroupId = 'none', MessageDeduplicationId = 'none' } = command.input;
      refuseAsSqs([{ Id: '0', MessageBody, MessageGroupId, MessageDeduplicationId }]);
    }
    commands.push(command);
    return answer();
  };
  const client = { send } as unknown as QueueDeps['client'];
  const batches = () =>
    commands.filter((it) => it instanceof SendMessageBatchCommand).map(({ input }) => input.Entries ?? []);
  return { client, commands, batches };
}

const people = (count: number, change: object = {}): Change[] =>
  Array.from({ length: count }, (_, n) => personChange({ personId: `person-${n}`, exists: true, ...change }));

const changesIn = (entries: { MessageBody: string | undefined }[]) =>
  entries.flatMap(({ MessageBody }) => Message.parse(JSON.parse(MessageBody ?? '')).changes);

describe('changes on their way to the queue', () => {
  test('all arrive, in messages of one shard each', async () => {
    const { client, batches } = makeSqs();
    const changes = people(40);

    await createQueue({ client, queueUrl, shards: SHARDS }).send(changes);

    const entries = batches().flat();
    expect(new Set(changesIn(entries))).toEqual(new Set(changes));
    for (const entry of entries) {
      const shards = new Set(changesIn([entry]).map((change) => `shard-${shardOf(change, SHARDS)}`));
      expect([...shards]).toEqual([entry.MessageGroupId]);
    }
  });

  test('keep the order in which one person had them', async () => {
    const { client, batches } = makeSqs();
    const changes = [personChange({ exists: true }), membershipChange(), personChange({ exists: false })];

    await createQueue({ client, queueUrl, shards: SHARDS }).send(changes);

    expect(changesIn(batches().flat())).toEqual(changes);
  });

  test.each(STRANGE_TEXTS)('get through with %s in an id, as it is', async (_what, text) => {
    const { client, batches } = makeSqs();
    const personId = `ada${text}`.slice(0, 300);
    const changes = [personChange({ personId, id: text, exists: true }), ...people(3)];

    await createQueue({ client, queueUrl, shards: 1 }).send(changes);
    await createQueue({ client, queueUrl, shards: 1 }).send(changes, 'backfill-it');

    const bodies = batches().flat();
    expect(bodies.map(({ MessageBody = '' }) => JSON.parse(MessageBody).changes)).toEqual([changes, changes]);
  });

  test('are at most 100 to a message and 10 messages to a call', async () => {
    const { client, batches } = makeSqs();

    await createQueue({ client, queueUrl, shards: 1 }).send(people(1_001));

    expect(batches().map((batch) => batch.map((entry) => changesIn([entry]).length))).toEqual([
      Array.from({ length: 10 }, () => 100),
      [1],
    ]);
    expect(batches().map((batch) => batch.map(({ Id }) => Id))).toEqual([
      Array.from({ length: 10 }, (_, n) => String(n)),
      ['0'],
    ]);
  });

  test('stay within 512 KiB a call, counted in bytes and not in characters', async () => {
    const { client, batches } = makeSqs();
    const envelope = 1024;

    await createQueue({ client, queueUrl, shards: SHARDS }).send(
      people(150, { profile: { name: '山'.repeat(5_000) } }),
    );

    const sizes = batches().map((batch) =>
      batch.reduce((bytes, { MessageBody = '' }) => bytes + Buffer.byteLength(MessageBody), 0),
    );
    expect(changesIn(batches().flat())).toHaveLength(150);
    expect(sizes.length).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(512 * 1024 + envelope);
  });

  test('get the same deduplication id whenever they are the same, and another when they are not', async () => {
    const { client, batches } = makeSqs();
    const queue = createQueue({ client, queueUrl, shards: SHARDS });

    await queue.send([personChange()]);
    await queue.send([personChange()]);
    await queue.send([personChange({ id: 'event-2' })]);

    const [first, again, other] = batches().map(([entry]) => entry?.MessageDeduplicationId);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  test('cost no call when there are none', async () => {
    const { client, commands } = makeSqs();

    await createQueue({ client, queueUrl, shards: SHARDS }).send([]);

    expect(commands).toEqual([]);
  });

  test.each([
    ['a failed entry in a successful answer', () => ({ Failed: [{ Id: '0', Code: 'Throttled' }] })],
    [
      'a refused call',
      () => {
        throw new Error('AccessDenied');
      },
    ],
  ])('are a fault of the world after %s', async (_what, answer) => {
    const { client } = makeSqs(answer);

    const sending = createQueue({ client, queueUrl, shards: SHARDS }).send([personChange()]);

    await expect(sending).rejects.toMatchObject({ name: 'WorldFault', code: 'queue' });
  });
});

describe('what is parked', () => {
  const parked = { source: 'okta', reasons: ['data: missing'], contentType: 'application/json' };

  test('keeps its bytes and takes a fraction of them', async () => {
    const { client, commands } = makeSqs();
    const body = Buffer.from(`[${'null,'.repeat(60_000)}"Zoë"]\xff`, 'latin1');

    await createPark({ client, queueUrl })({ ...parked, body });

    const [{ MessageBody = '' }] = commands.map((it) => (it as SendMessageCommand).input) as [
      SendMessageCommand['input'],
    ];
    const message = JSON.parse(MessageBody);
    expect(message).toMatchObject({ v: 1, ...parked, encoding: 'gzip+base64' });
    expect(gunzipSync(Buffer.from(message.body, 'base64'))).toEqual(body);
    expect(MessageBody.length).toBeLessThan(body.length / 10);
  });

  test.each(STRANGE_TEXTS)(
    'is taken with %s in its source, reasons and content type',
    async (_what, text) => {
      const { client, commands } = makeSqs();
      const strange = { source: text, reasons: [text], contentType: text };

      await createPark({ client, queueUrl })({ ...strange, body: Buffer.from(text) });

      const [{ MessageBody = '' }] = commands.map((it) => (it as SendMessageCommand).input) as [
        SendMessageCommand['input'],
      ];
      expect(UNSENDABLE.test(MessageBody)).toBe(false);
      expect(JSON.parse(MessageBody)).toMatchObject(strange);
    },
  );

  test('is told as too large, and not sent, when SQS could not take it', async () => {
    const { client, commands } = makeSqs();

    const parking = await createPark({ client, queueUrl })({ ...parked, body: randomBytes(1024 * 1024) });

    expect([parking, commands]).toEqual(['too large', []]);
  });

  test('is a fault of the world when the queue refuses it', async () => {
    const { client } = makeSqs(() => {
      throw new Error('AccessDenied');
    });

    const parking = createPark({ client, queueUrl })({ ...parked, body: Buffer.alloc(0) });

    await expect(parking).rejects.toMatchObject({ name: 'WorldFault', code: 'queue' });
  });
});

describe('what nobody can read', () => {
  const message = { messageId: 'm1', body: 'not JSON', attributes: { MessageGroupId: 'shard-3' } };

  test('is buried as it came, in its group, and once however often', async () => {
    const { client, commands } = makeSqs();

    await createBury({ client, queueUrl })(message);

    expect(commands.map((it) => (it as SendMessageCommand).input)).toEqual([
      {
        ...{ QueueUrl: queueUrl, MessageBody: 'not JSON' },
        ...{ MessageGroupId: 'shard-3', MessageDeduplicationId: 'm1' },
      },
    ]);
  });

  test.each(STRANGE_TEXTS)('is buried whatever text it holds: %s', async (_what, text) => {
    const { client, commands } = makeSqs();
    const body = JSON.stringify({ v: 2, changes: [{ kind: 'of a newer version', text }] });

    await createBury({ client, queueUrl })({ ...message, body });

    const [buried] = commands as SendMessageCommand[];
    expect(JSON.parse(buried?.input.MessageBody ?? '')).toEqual(JSON.parse(body));
  });

  test('is a fault of the world when the dead letters refuse it', async () => {
    const { client } = makeSqs(() => {
      throw new Error('AccessDenied');
    });

    await expect(createBury({ client, queueUrl })(message)).rejects.toMatchObject({ code: 'queue' });
  });
});

describe('a delay', () => {
  const delaysOf = (commands: unknown[]) =>
    commands.map((it) =>
      ((it as ChangeMessageVisibilityBatchCommand).input.Entries ?? []).map(
        ({ VisibilityTimeout }) => VisibilityTimeout,
      ),
    );

  test('is set for ten messages a call, in whole seconds', async () => {
    const { client, commands } = makeSqs();
    const messages = Array.from({ length: 11 }, (_, n) => ({ receiptHandle: `r${n}`, seconds: n + 0.2 }));

    await createDelay({ client, queueUrl })(messages);

    expect(commands.every((it) => it instanceof ChangeMessageVisibilityBatchCommand)).toBe(true);
    expect(delaysOf(commands)).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [11]]);
  });

  test('stays below the 12 hours that SQS allows, whatever the vendor asks for', async () => {
    const { client, commands } = makeSqs();

    await createDelay({ client, queueUrl })([{ receiptHandle: 'r', seconds: 86_400 }]);

    expect(delaysOf(commands).flat()[0]).toBeLessThan(43_200);
  });
});
