import type { SQSEvent } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import type { Mirror, Stored } from '../../../lib/aws/mirror.ts';
import type { Bury, Delay } from '../../../lib/aws/queue.ts';
import { policiesOf, readConfig } from '../../../lib/config.ts';
import { type BatchDeps, delayFor, deliverBatch } from '../../../lib/delivery/batch.ts';
import type { Change } from '../../../lib/directory/change.ts';
import { entryKey } from '../../../lib/directory/entry.ts';
import { WorldFault } from '../../../lib/errors.ts';
import type { Applied, Velt } from '../../../lib/velt/client.ts';
import { makeLog, makeMeter, makeQueue, NOW, personChange } from '../../support/factories.ts';

type Apply = (...it: Parameters<Velt['apply']>) => Applied;

const delivered: Apply = ({ items }) => ({
  outcomes: new Map(items.map(({ id }) => [id, { kind: 'done' as const }])),
});

/** A mirror in memory, and Velt answering as `apply` says. */
function makeBatch(apply: Apply = delivered, delay?: Delay, bury?: Bury) {
  const table = new Map<string, Stored>();
  const mirror: Mirror = {
    read: async (refs) =>
      new Map(refs.map(entryKey).flatMap((key) => (table.has(key) ? [[key, table.get(key) as Stored]] : []))),
    write: async ({ entry, revision }) => {
      table.set(entryKey(entry), { entry, revision: revision + 1 });
      return revision + 1;
    },
    join: async () => undefined,
    leave: async () => undefined,
    members: async function* () {},
    due: async () => [],
    scan: async () => ({ entries: [], next: undefined }),
  };
  const delays: { receiptHandle: string; seconds: number }[] = [];
  const deadlines: number[] = [];
  const buried: string[] = [];
  const meter = makeMeter();
  const log = makeLog();
  const config = readConfig({ sources: { okta: { kind: 'okta', organization: 'acme' } } });
  const deps = {
    config,
    policies: policiesOf(config),
    mirror,
    queue: makeQueue(),
    velt: {
      apply: async (call, deadline) => {
        deadlines.push(deadline);
        return apply(call, deadline);
      },
      applyRefused: async () => ({ outcomes: new Map() }),
    } satisfies BatchDeps['velt'],
    delay: delay ?? (async (messages) => void delays.push(...messages)),
    bury: bury ?? (async ({ body }) => void buried.push(body)),
    runs: { current: async () => undefined },
    ...{ clock: () => NOW, random: () => 0.5, log, meter },
  };
  const run = (event: SQSEvent) => deliverBatch(event, NOW + 60_000, deps);
  return { run, delays, deadlines, buried, meter, log };
}

const makeEvent = (...bodies: string[]) =>
  ({
    Records: bodies.map((body, n) => ({
      messageId: `m${n}`,
      receiptHandle: `r${n}`,
      body,
      attributes: { ApproximateReceiveCount: '1' },
    })),
  }) as unknown as SQSEvent;

const message = (...changes: Change[]) => JSON.stringify({ v: 2, changes });
const arrival = (personId: string) => personChange({ personId, exists: true });

describe('a batch', () => {
  test('names nobody when everything was delivered', async () => {
    const { run, delays, meter } = makeBatch();

    const answer = await run(makeEvent(message(arrival('ada')), message(arrival('grace'))));

    expect([answer, delays, meter.counted.MessagesReturned]).toEqual([
      { batchItemFailures: [] },
      [],
      undefined,
    ]);
  });

  test.each([
    ['unavailable', true],
    ['credentials', true],
    ['out-of-time', false],
  ])(
    'that comes back for %s is counted, and as failed where somebody may have to mend it: %s',
    async (code, failed) => {
      const { run, meter } = makeBatch(() => ({
        outcomes: new Map(),
        fault: new WorldFault(code as never, 'why'),
      }));

      await run(makeEvent(JSON.stringify({ v: 2, changes: [personChange({ exists: true })] })));

      expect(meter.counted).toEqual({ MessagesReturned: 1, ...(failed && { MessagesFailed: 1 }) });
    },
  );

  test('puts just the message that nobody can read to the dead letters, at once', async () => {
    const { run, buried, meter, log } = makeBatch();

    const answer = await run(makeEvent(message(arrival('ada')), 'not JSON'));

    expect([answer, buried]).toEqual([{ batchItemFailures: [] }, ['not JSON']]);
    expect(meter.counted).toMatchObject({ MessagesBuried: 1 });
    expect(log.lines.filter(({ level }) => level !== 'info')).toMatchObject([
      { level: 'error', fields: { messageId: 'm1' } },
    ]);
  });

  test('returns it while the dead letters are out of reach', async () => {
    const { run, log } = makeBatch(delivered, undefined, async () => {
      throw new WorldFault('queue', 'refused');
    });

    const answer = await run(makeEvent(message(arrival('ada')), 'not JSON'));

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
    expect(log.lines.filter(({ level }) => level !== 'info')).toMatchObject([
      { fields: { messageId: 'm1', code: 'unreadable-message' } },
    ]);
  });

  test('drops just the changes of a source that is not configured, counts them, and returns nothing', async () => {
    const sent: Parameters<Velt['apply']>[0][] = [];
    const { run, buried, meter, log } = makeBatch((call, deadline) => {
      sent.push(call);
      return delivered(call, deadline);
    });
    const stray = { ...arrival('x'), source: 'constructor' };

    const answer = await run(makeEvent(message(stray, arrival('ada'), stray), message(stray)));

    expect([answer, buried]).toEqual([{ batchItemFailures: [] }, []]);
    expect(sent.flatMap(({ items }) => items.map(({ id }) => id))).toEqual(['ada']);
    expect(meter.counted).toMatchObject({ ChangesDropped: 3 });
    expect(log.lines.filter(({ level }) => level !== 'info')).toMatchObject([
      { fields: { source: 'constructor', changes: 2 } },
      { fields: { source: 'constructor', changes: 1 } },
    ]);
  });

  test('returns what Velt was not there for, no sooner than Velt asked', async () => {
    const fault = new WorldFault('throttled', 'patience', { retryAfterMs: 30_000 });
    const { run, delays } = makeBatch(() => ({ outcomes: new Map(), fault }));

    const answer = await run(makeEvent(message(arrival('ada'))));

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] });
    expect(delays).toMatchObject([{ seconds: 30 }]);
  });

  test('does not return what Velt refused about one person', async () => {
    const { run } = makeBatch(({ items }) => ({
      outcomes: new Map(items.map(({ id }) => [id, { kind: 'refused', reason: 'no' }])),
    }));

    const answer = await run(makeEvent(message(arrival('ada'))));

    expect(answer).toEqual({ batchItemFailures: [] });
  });

  test('returns its messages although their delay could not be set', async () => {
    const fault = new WorldFault('unavailable', 'away');
    const away: Apply = () => ({ outcomes: new Map(), fault });
    const { run } = makeBatch(away, () => Promise.reject(new Error('AccessDenied')));

    const answer = await run(makeEvent(message(arrival('ada'))));

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] });
  });

  test('keeps time free to record what Velt said', async () => {
    const { run, deadlines } = makeBatch();

    await run(makeEvent(message(arrival('ada'))));

    expect(deadlines).toEqual([NOW + 54_000]);
  });
});

describe('a delay', () => {
  const fault = new WorldFault('unavailable', 'down');

  test('doubles with every receive, up to fifteen minutes', () => {
    const longest = [1, 2, 3, 8, 9, 100].map((receives) => delayFor(fault, receives, () => 1));

    expect(longest).toEqual([4, 8, 16, 512, 900, 900]);
  });

  test('is a random share of that', () => {
    expect([0, 0.25, 1].map((share) => delayFor(fault, 3, () => share))).toEqual([0, 4, 16]);
  });

  test('is never less than the vendor asked for', () => {
    const asking = new WorldFault('throttled', 'patience', { retryAfterMs: 1_500_000 });

    expect(delayFor(asking, 1, () => 1)).toBe(1_500);
  });

  test('is none for what only ran out of time', () => {
    expect(delayFor(new WorldFault('out-of-time', 'late'), 5, () => 1)).toBe(0);
  });
});
