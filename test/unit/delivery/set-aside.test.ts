import { describe, expect, test } from 'vitest';
import { deliver } from '../../../lib/delivery/deliver.ts';
import type { Received } from '../../../lib/delivery/messages.ts';
import type { QueueItem } from '../../../lib/directory/change.ts';
import { newPerson } from '../../../lib/directory/entry.ts';
import { WorldFault } from '../../../lib/errors.ts';
import type { Directory } from '../../../lib/sources/source.ts';
import { makeDelivery } from '../../support/delivery.ts';
import { message, personChange, recheck, second } from '../../support/factories.ts';

const arrival = (personId: string) => personChange({ personId, exists: true, profile: { name: personId } });

/** Delivers Ada, whom another delivery has leased for a minute, and Bob in one message of a group. */
async function deliverBoth(MessageGroupId: string, send?: () => Promise<void>) {
  const world = makeDelivery({ okta: { kind: 'okta', organization: 'acme' } });
  const lease = { owner: 'another', until: world.time.now + 60_000 };
  const times = { dueAt: undefined, expiresAt: undefined, lease };
  world.memory.write({ entry: newPerson('okta', 'ada'), revision: 0 }, times);
  const sent: unknown[] = [];
  const queue = { send: send ?? (async (...what: unknown[]) => void sent.push(what)) };
  const both = { ...message([arrival('ada'), arrival('bob')]), attributes: { MessageGroupId } };
  const failed = await deliver([both], world.time.now + 30_000, { ...world.deps, queue });
  return { failed: failed.get('m'), sent, users: world.users() };
}

test('what waits for a lease goes on in a group of its own, and the rest of its shard does not wait', async () => {
  const { failed, sent, users } = await deliverBoth('shard-3');

  expect([failed, users]).toEqual([undefined, ['bob']]);
  expect(sent).toEqual([[[arrival('ada')], 'waiting-m']]);
});

test('in its own group it comes back, no later than the lease ends', async () => {
  const { failed, sent } = await deliverBoth('waiting-1');

  expect([failed?.code, sent]).toEqual(['leased', []]);
  expect(failed?.retryAfterMs).toBe(60_000);
});

describe('what waits for an entry of a newer version', () => {
  /** Delivers these messages while nobody can read Ada. */
  async function deliverAll(...received: { ids: string[]; group: string; receives: number }[]) {
    const world = makeDelivery({ okta: { kind: 'okta', organization: 'acme' } });
    const times = { dueAt: undefined, expiresAt: undefined };
    world.memory.write({ entry: newPerson('okta', 'ada'), revision: 0 }, times);
    world.memory.newer.add('okta#person#ada');
    const sent: unknown[] = [];
    const queue = { send: async (...what: unknown[]) => void sent.push(what) };
    const messages = received.map(({ ids, group, receives }) => ({
      ...message(ids.map(arrival), group),
      attributes: { MessageGroupId: group, ApproximateReceiveCount: String(receives) },
    }));
    const failed = await deliver(messages, world.time.now + 30_000, { ...world.deps, queue });
    const codes = [...failed].map(([id, { code }]) => [id, code]);
    return { codes, sent, users: world.users(), calls: world.calls };
  }

  test('goes on in a group of its own, and the rest of its shard does not wait', async () => {
    const { codes, sent, users } = await deliverAll({ ids: ['ada', 'bob'], group: 'shard-3', receives: 1 });

    expect([codes, users]).toEqual([[], ['bob']]);
    expect(sent).toEqual([[[arrival('ada')], 'waiting-shard-3']]);
  });

  test('comes back there for as long as it takes, and makes nobody else a call of their own', async () => {
    const { codes, users, calls } = await deliverAll(
      { ids: ['ada'], group: 'waiting-1', receives: 20 },
      { ids: ['bob', 'eve', 'kim'], group: 'shard-3', receives: 1 },
    );

    expect([codes, users]).toEqual([[['waiting-1', 'unreadable-entry']], ['bob', 'eve', 'kim']]);
    expect(calls).toHaveLength(1);
  });
});

describe('a person about whom the directory gives no answer', () => {
  const reading = (id: string): QueueItem => ({
    ...{ kind: 'recheck', source: 'okta', of: { kind: 'person', id }, at: second(1) },
    ...{ reason: 'event', read: 'memberships' },
  });
  /** Delivers a message about people of whom Alan is never read, received so many times in a group. */
  async function deliverThem(attributes: Received['attributes'], ...ids: string[]) {
    const sent: unknown[] = [];
    const directory = {
      readPerson: async (id: string) => {
        if (id === 'alan') throw new WorldFault('unavailable', '500');
        const readAt = second(30);
        return { readAt, complete: [], changes: [{ ...arrival(id), at: readAt, askedAt: readAt }] };
      },
    } as unknown as Directory;
    const source = { kind: 'okta', organization: 'acme', api: {} };
    const world = makeDelivery({ okta: source }, () => new Map([['okta', directory]]));
    const queue = { send: async (...what: unknown[]) => void sent.push(what) };
    const message: Received = {
      messageId: 'm',
      body: JSON.stringify({ v: 2, changes: ids.map(reading) }),
      attributes,
    };
    const failed = await deliver([message], world.time.now + 30_000, { ...world.deps, queue });
    return { fault: failed.get('m'), sent, users: world.users().toSorted() };
  }

  test('goes on in a group of their own, and the rest of the message is done', async () => {
    const { fault, sent, users } = await deliverThem({ MessageGroupId: 'shard-3' }, 'ada', 'alan', 'grace');

    expect([fault, users]).toEqual([undefined, ['ada', 'grace']]);
    expect(sent).toEqual([[[reading('alan')], 'waiting-m']]);
  });

  test.each([
    ['4', 'unavailable'],
    ['5', undefined],
  ])('received %s times there comes back, or is left to the sweep', async (receives, code) => {
    const group = { MessageGroupId: 'waiting-m', ApproximateReceiveCount: receives };

    const { fault, sent } = await deliverThem(group, 'alan');

    expect([fault?.code, sent]).toEqual([code, []]);
  });
});

test('where it cannot be sent on, its message comes back', async () => {
  const { failed } = await deliverBoth('shard-3', () => Promise.reject(new WorldFault('queue', 'refused')));

  expect(failed).toMatchObject({ code: 'queue' });
});

/** Delivers Bob beside what only a newer version understands: a kind, and a reason to look. */
async function deliverBesideNewer(over: Partial<Parameters<typeof deliver>[2]> = {}) {
  const world = makeDelivery({ okta: { kind: 'okta', organization: 'acme' } });
  const newer = [
    { ...arrival('ada'), kind: 'device' },
    { ...recheck(), reason: 'of-next-version' },
  ];
  const buried: unknown[] = [];
  const bury = async ({ body }: { body: string }) => void buried.push(JSON.parse(body));
  const body = JSON.stringify({ v: 2, changes: [newer[0], arrival('bob'), newer[1]] });
  const received = { messageId: 'm', body, attributes: { MessageGroupId: 'shard-3' } };
  const failed = await deliver([received], world.time.now + 30_000, { ...world.deps, bury, ...over });
  return { failed: failed.get('m')?.code, buried, users: world.users(), newer };
}

test('what only a newer version understands goes to the dead letters, and all else is delivered', async () => {
  const { failed, buried, users, newer } = await deliverBesideNewer();

  expect([failed, users, buried]).toEqual([undefined, ['bob'], [{ v: 2, changes: newer }]]);
});

test('what only a newer version understands goes there once, and not while its message comes back for the rest', async () => {
  const read = () => Promise.reject(new WorldFault('mirror', 'throttled'));
  const { mirror } = makeDelivery({ okta: { kind: 'okta', organization: 'acme' } }).deps;

  const { failed, buried } = await deliverBesideNewer({ mirror: { ...mirror, read } });

  expect([failed, buried]).toEqual(['mirror', []]);
});

test('what only a newer version understands comes back where the dead letters are out of reach', async () => {
  const bury = () => Promise.reject(new WorldFault('queue', 'refused'));

  const { failed, users } = await deliverBesideNewer({ bury });

  expect([failed, users]).toEqual(['unreadable-message', ['bob']]);
});
