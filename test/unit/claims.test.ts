import { describe, expect, test } from 'vitest';
import type { Mirror } from '../../lib/aws/mirror.ts';
import { readConfig } from '../../lib/config.ts';
import type { Change } from '../../lib/directory/change.ts';
import type { HttpResponse } from '../../lib/http/client.ts';
import { deliver } from '../../lib/pipeline/deliver.ts';
import { createVelt as createVeltClient } from '../../lib/velt/client.ts';
import { createVelt } from '../../local/velt.ts';
import { makeClock, makeLog, membershipChange, NOW, personChange, second } from '../factories.ts';
import { createMemoryMirror } from '../property/memory-mirror.ts';

const credentials = { apiKey: 'key', authToken: 'token' };
const email = 'ada@example.com';

/** Deliver with everything around it in memory; what it queues is delivered right after. */
function makeDelivery(userId: 'id' | 'email') {
  const source = { kind: 'okta', organization: 'acme', userId };
  const config = readConfig({ sources: { okta: source, partners: source } });
  const double = createVelt(credentials);
  const time = makeClock();
  const queued: Change[][] = [];
  const claims: string[] = [];
  const memory = createMemoryMirror();
  const mirror: Mirror = {
    read: async (refs) => memory.read(refs),
    write: async (stored, times) => memory.write(stored, times),
    join: async (memberships) => {
      claims.push(
        ...memberships.filter(({ container }) => container.kind === 'user').map(({ personId }) => personId),
      );
      memory.join(memberships);
    },
    leave: async (memberships) => memory.leave(memberships),
    members: async function* (from, container) {
      yield memory.members(from, container);
    },
    due: async (now, limit) => memory.due(now, limit),
  };
  const velt = createVeltClient({
    http: async ({ url, body = '', ...request }) =>
      double.handle({ ...request, body, path: new URL(url).pathname }) as HttpResponse,
    credentials: async () => credentials,
    ...{
      baseUrl: 'https://velt.example.com',
      usersAdd: 'v1',
      clock: time.clock,
      sleep: time.sleep,
      random: () => 0,
    },
  });
  const queue = { send: async (changes: Change[]) => void (changes.length > 0 && queued.push(changes)) };
  const run = async (...changes: Change[]) => {
    const body = JSON.stringify({ v: 1, changes });
    const deps = { mirror, velt, queue, config, clock: time.clock, log: makeLog() };
    const failed = await deliver([{ messageId: 'm', body }], NOW + 60_000, deps);
    expect([...failed]).toEqual([]);
    for (const more of queued.splice(0)) await run(...more);
  };
  const acme = () => double.state().organizations.acme;
  return {
    run,
    claims,
    calls: double.calls,
    users: () => Object.keys(acme()?.users ?? {}),
    groups: () => acme()?.groups,
  };
}

const password = { source: 'okta', personId: 'auth0|1' };
const social = { source: 'partners', personId: 'google|2' };
const joins = (who: typeof password, at: number) =>
  personChange({ ...who, at: second(at), exists: true, profile: { email, name: 'Ada' } });
const leaves = (who: typeof password, at: number) => personChange({ ...who, at: second(at), exists: false });

describe('two people who are one user of Velt', () => {
  test('leave it only when both have left, in either order', async () => {
    const { run, users } = makeDelivery('email');

    await run(joins(password, 1));
    await run(joins(social, 2));
    await run(leaves(password, 3));
    const after = users();
    await run(leaves(social, 4));

    expect([after, users()]).toEqual([[email], []]);
  });

  test('keep each other in Velt also when one leaves in the very batch in which the other comes', async () => {
    const { run, users } = makeDelivery('email');
    await run(joins(password, 1));

    await run(leaves(password, 3), joins(social, 2));

    expect(users()).toEqual([email]);
  });

  test('keep a group that one leaves and the other is in', async () => {
    const { run, groups } = makeDelivery('email');
    const inGroup = (who: typeof password, at: number, member: boolean) =>
      membershipChange({ ...who, at: second(at), member, container: { kind: 'group', id: 'g', name: 'G' } });
    await run(joins(password, 1), inGroup(password, 1, true));
    await run(joins(social, 2), inGroup(social, 2, true));

    await run(inGroup(password, 3, false));
    const after = groups()?.g?.members;
    await run(inGroup(social, 4, false));

    expect([after, groups()?.g?.members]).toEqual([[email], []]);
  });

  test('are no more once the address of one has changed', async () => {
    const { run, users } = makeDelivery('email');
    await run(joins(password, 1));
    await run(joins(social, 2));

    await run(personChange({ ...social, at: second(3), profile: { email: 'grace@example.com' } }));
    const after = users();
    await run(leaves(password, 4));

    expect([after.toSorted(), users()]).toEqual([[email, 'grace@example.com'], ['grace@example.com']]);
  });
});

test("nobody claims anything where Velt's ids are the vendor's own", async () => {
  const { run, claims, calls } = makeDelivery('id');

  await run(joins(password, 1));
  await run(leaves(password, 2));

  expect([claims, calls.map(({ path }) => path)]).toEqual([[], ['/v1/users/add', '/v2/users/delete']]);
});
