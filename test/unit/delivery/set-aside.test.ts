import { expect, test } from 'vitest';
import { deliver } from '../../../lib/delivery/deliver.ts';
import { newPerson } from '../../../lib/directory/entry.ts';
import { WorldFault } from '../../../lib/errors.ts';
import { makeDelivery } from '../../support/delivery.ts';
import { message, personChange, recheck } from '../../support/factories.ts';

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

test('where it cannot be sent on, its message comes back', async () => {
  const { failed } = await deliverBoth('shard-3', () => Promise.reject(new WorldFault('queue', 'refused')));

  expect(failed).toMatchObject({ code: 'queue' });
});

/** Delivers Bob beside what only a newer version understands: a kind, and a reason to look. */
async function deliverBesideNewer(MessageGroupId: string, send?: () => Promise<void>) {
  const world = makeDelivery({ okta: { kind: 'okta', organization: 'acme' } });
  const newer = [
    { ...arrival('ada'), kind: 'device' },
    { ...recheck(), reason: 'of-next-version' },
  ];
  const sent: unknown[] = [];
  const queue = { send: send ?? (async (...what: unknown[]) => void sent.push(what)) };
  const body = JSON.stringify({ v: 2, changes: [newer[0], arrival('bob'), newer[1]] });
  const received = { messageId: 'm', body, attributes: { MessageGroupId } };
  const failed = await deliver([received], world.time.now + 30_000, { ...world.deps, queue });
  return { failed: failed.get('m')?.code, sent, users: world.users(), newer };
}

test('what only a newer version understands waits in a group of its own, and all else is delivered', async () => {
  const { failed, sent, users, newer } = await deliverBesideNewer('shard-3');

  expect([failed, users, sent]).toEqual([undefined, ['bob'], [[newer, 'waiting-m']]]);
});

test('what only a newer version understands comes back in its own group until that version is there', async () => {
  const { failed, sent } = await deliverBesideNewer('waiting-1');

  expect([failed, sent]).toEqual(['unreadable-message', []]);
});

test('what only a newer version understands is not lost where it cannot be sent on', async () => {
  const { failed } = await deliverBesideNewer('shard-3', () =>
    Promise.reject(new WorldFault('queue', 'refused')),
  );

  expect(failed).toBe('queue');
});
