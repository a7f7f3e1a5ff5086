import { describe, expect, test } from 'vitest';
import type { QueueItem } from '../../lib/directory/change.ts';
import { WorldFault } from '../../lib/errors.ts';
import type { HttpRequest, HttpResponse } from '../../lib/http/client.ts';
import { createDirectories } from '../../lib/sources/directories.ts';
import { mapBody } from '../../lib/sources/okta/inbound.ts';
import type { Directory } from '../../lib/sources/source.ts';
import { createOkta, type OktaUser } from '../../local/doubles/okta/okta.ts';
import { makeDelivery } from '../support/delivery.ts';
import { NOW, oktaDelivery, oktaEvent, oktaTarget, second } from '../support/factories.ts';

const orgUrl = 'https://example-org.okta.com';
const okta = { kind: 'okta', organization: 'acme', api: { headroom: 0.5 } };

const group = { id: 'engineers', profile: { name: 'Engineers' }, type: 'OKTA_GROUP' };

const user = (id: string, facts: object = {}): OktaUser =>
  ({
    id,
    status: 'ACTIVE',
    lastUpdated: second(0),
    profile: { login: `login-${id}`, email: `${id}@example.com`, firstName: id, lastName: 'Read' },
    ...facts,
  }) as OktaUser;

/** Deliver with people read from an Okta double; `containers` of it take turns, each with what it knows by itself. */
function makeOktaDelivery({
  users = [user('ada')],
  rateLimit,
  containers = 1,
}: {
  users?: OktaUser[];
  rateLimit?: { limit: number; windowMs: number };
  containers?: number;
} = {}) {
  let double: ReturnType<typeof createOkta> | undefined;
  let left = Number.POSITIVE_INFINITY;
  const delivery = makeDelivery({ okta }, ({ config, time }) => {
    double = createOkta({
      ...{ orgUrl, ssws: 't0ken', users, groups: [group as never], members: [['engineers', 'ada']] },
      ...(rateLimit && { rateLimit }),
      clock: time.clock,
    });
    const http = async ({ url, method, headers }: HttpRequest) => {
      const { pathname, search } = new URL(url);
      const answer = double?.handle({ method, headers, path: pathname + search }) as HttpResponse;
      left = Math.min(left, Number(answer.headers['x-rate-limit-remaining'] ?? left));
      return answer;
    };
    const secret = async () => ({ okta: { url: orgUrl, ssws: 't0ken' } });
    const connected = Array.from({ length: containers }, () =>
      createDirectories(config, { http, secret, clock: time.clock, random: Math.random }).get('okta'),
    );
    let turn = 0;
    const readPerson = (id: string, options: { memberships: boolean }) => {
      turn += 1;
      const directory = connected[turn % containers];
      if (!directory) throw new Error('no directory');
      return directory.readPerson(id, options);
    };
    const [directory] = connected;
    if (!directory) throw new Error('no directory');
    return new Map([['okta', { ...directory, readPerson }]]);
  });
  const changesOf = (...events: object[]) =>
    mapBody(oktaDelivery(...events), {
      source: 'okta',
      latest: NOW,
      config: { users: 'all', api: { headroom: 0 } },
    }).changes;
  const reads = () => (double?.calls ?? []).filter(({ path }) => /\/users\/[^/?]+$/.test(path)).length;
  return { ...delivery, changesOf, reads, okta: double as ReturnType<typeof createOkta>, left: () => left };
}

const of = (id: string, type: string, at: number, facts: object = {}) =>
  oktaEvent(type, {
    uuid: `${type} ${id} ${at}`,
    published: second(at),
    target: [oktaTarget('User', { id }), oktaTarget('UserGroup')],
    ...facts,
  });

describe('an event of a source whose people are read', () => {
  test('brings the person as the API has them, with the groups they already have', async () => {
    const { run, changesOf, state } = makeOktaDelivery();

    await run(...changesOf(of('ada', 'user.lifecycle.create', 1)));

    expect(state()?.users.ada).toMatchObject({ name: 'ada Read', email: 'ada@example.com' });
    expect(state()?.groups.engineers).toEqual({ groupName: 'Engineers', members: ['ada'] });
  });

  test('costs one read a person and batch, however many events the batch holds', async () => {
    const { run, changesOf, reads } = makeOktaDelivery({ users: [user('ada'), user('alan')] });

    const events = [1, 2, 3].flatMap((at) =>
      ['ada', 'alan'].map((id) => of(id, 'user.account.update_profile', at)),
    );
    await run(...changesOf(...events));

    expect(reads()).toBe(2);
  });

  test('costs none when a read since then covers it', async () => {
    const { run, changesOf, reads } = makeOktaDelivery();
    await run(...changesOf(of('ada', 'user.lifecycle.create', 1)));

    await run(
      ...changesOf(of('ada', 'user.account.update_profile', 2), of('ada', 'group.user_membership.add', 3)),
    );

    expect(reads()).toBe(1);
  });

  test('removes whom the API does not know, or has as deactivated', async () => {
    const users = [user('ada', { status: 'ACTIVE', transitioningToStatus: 'DEPROVISIONED' })];
    const { run, changesOf, users: held } = makeOktaDelivery({ users });

    await run(...changesOf(of('ada', 'user.lifecycle.activate', 1), of('ghost', 'user.lifecycle.create', 1)));

    expect(held()).toEqual([]);
  });

  test('that someone left holds, also against a read that does not show it yet', async () => {
    const { run, changesOf, users } = makeOktaDelivery();
    await run(...changesOf(of('ada', 'user.lifecycle.create', 1)));
    const before = users();

    await run(...changesOf(of('ada', 'user.lifecycle.deactivate', 3_600)));

    expect([before, users()]).toEqual([['ada'], []]);
  });
});

describe('an event about a group of a source that is read', () => {
  const renamed = (id: string, at: number) =>
    oktaEvent('group.profile.update', {
      published: second(at),
      target: [oktaTarget('UserGroup', { id, displayName: 'Old' })],
    });

  test('brings the name as the API has it, by one read a batch', async () => {
    const { run, changesOf, state, okta: double } = makeOktaDelivery();
    await run(...changesOf(of('ada', 'user.lifecycle.create', 1)));

    double.putGroup({
      ...group,
      profile: { name: 'Builders' },
      lastUpdated: new Date(NOW + 60_000).toISOString(),
    } as never);
    await run(...changesOf(renamed('engineers', 10), renamed('engineers', 11)));

    expect(state()?.groups.engineers?.groupName).toBe('Builders');
    expect(double.calls.filter(({ path }) => path === '/api/v1/groups/engineers')).toHaveLength(1);
  });

  test('ends the group when the API does not know it', async () => {
    const { run, changesOf, state, okta: double } = makeOktaDelivery();
    await run(...changesOf(of('ada', 'user.lifecycle.create', 1)));

    double.removeGroup('engineers');
    await run(...changesOf(renamed('engineers', 10)));

    expect(state()?.groups.engineers?.members).toEqual([]);
  });
});

describe('a directory out of reach', () => {
  test('sends the message back, lets a removal through, and leaves the read to the sweep', async () => {
    const { once, run, changesOf, okta: double, users, memory, time } = makeOktaDelivery();
    await run(...changesOf(of('ada', 'user.lifecycle.create', 1)));
    double.faults.add({ answer: { kind: 'status', status: 503 } });
    const after = new Date(NOW + 60_000).toISOString();

    const fault = await once(...changesOf(of('ada', 'user.lifecycle.deactivate', 0, { published: after })));

    expect(fault).toMatchObject({ code: 'unavailable' });
    expect(users()).toEqual([]);
    expect(memory.due(time.now + 3_600_000, 10)).toEqual([{ source: 'okta', kind: 'person', id: 'ada' }]);
  });
});

describe('one answer that cannot be read', () => {
  const hint = (source: string, personId: string): QueueItem => ({
    ...{ kind: 'recheck', source, of: { kind: 'person', id: personId }, at: second(1) },
    ...{ reason: 'event', read: 'memberships' },
  });

  /** Two sources whose people are read; a read of `unread` throws that. */
  function makeTwo(unread: WorldFault) {
    const directory = (source: string): Directory => ({
      covers: [],
      readGroup: async () => [],
      readConnection: async () => {
        throw unread;
      },
      readPage: async () => ({ changes: [], complete: [], unreadable: 0, next: undefined }),
      readEvents: async () => ({ events: [], next: '', more: false, failedDeliveries: 0 }),
      readPerson: async (personId) => {
        if (personId === 'unread') throw unread;
        const readAt = second(30);
        const facts = { kind: 'person' as const, exists: true, profile: { name: personId } };
        const read = { source, personId, at: readAt, askedAt: readAt, ...facts };
        return { readAt, complete: [], changes: [read] };
      },
    });
    const source = { kind: 'auth0', organization: 'acme', api: {} };
    const both = ['one', 'two'];
    return makeDelivery(
      Object.fromEntries(both.map((name) => [name, source])),
      () => new Map(both.map((name) => [name, directory(name)])),
    );
  }

  test('holds up neither its message nor anybody else, and is left to the sweep', async () => {
    const { once, users, memory, time } = makeTwo(new WorldFault('unreadable-answer', 'no user'));

    const fault = await once(hint('one', 'unread'), hint('one', 'ada'), hint('one', 'alan'));

    expect([fault, users().toSorted()]).toEqual([undefined, ['ada', 'alan']]);
    expect(memory.due(time.now + 3_600_000, 10)).toEqual([{ source: 'one', kind: 'person', id: 'unread' }]);
  });

  test('of a connection that joins a group holds up nobody either', async () => {
    const { once, users, log } = makeTwo(new WorldFault('unreadable-answer', 'no connection'));
    const common = { source: 'one', at: second(1), id: 'event' } as const;
    const child = { kind: 'connection', id: 'unread', read: true } as const;

    const fault = await once(hint('one', 'ada'), {
      ...common,
      ...{ kind: 'nesting', child, container: { kind: 'group', id: 'staff' }, member: true },
    });

    expect([fault, users()]).toEqual([undefined, ['ada']]);
    expect(log.lines.map(({ message }) => message)).toContain('Something could not be read');
  });

  test('is unlike a source out of reach, which holds up no other source', async () => {
    const { once, users } = makeTwo(new WorldFault('credentials', 'refused'));

    const fault = await once(
      ...['unread', 'ada', 'alan'].map((id) => hint('one', id)),
      ...['grace', 'edsger'].map((id) => hint('two', id)),
    );

    expect(fault).toMatchObject({ code: 'credentials' });
    expect(users()).toEqual(expect.arrayContaining(['grace', 'edsger']));
  });
});

describe('a burst of 2,000 events for 300 people', () => {
  test('costs at most a read a person, and leaves the head-room to others', async () => {
    const people = Array.from({ length: 300 }, (_, index) => `p${index}`);
    const rateLimit = { limit: 200, windowMs: 60_000 };
    const { once, changesOf, reads, left, time, users } = makeOktaDelivery({
      ...{ users: people.map((id) => user(id)), rateLimit, containers: 5 },
    });
    const types = ['user.account.update_profile', 'user.lifecycle.activate', 'group.user_membership.add'];
    const events = Array.from({ length: 2_000 }, (_, index) =>
      of(people[(index * 7) % 300] ?? '', types[index % 3] ?? '', index % 60),
    );
    const messages = Array.from({ length: 200 }, (_, index) => events.slice(index * 10, index * 10 + 10));

    // Messages that come back wait for as long as they were told to.
    let rounds = 0;
    for (let open = messages; open.length > 0; rounds += 1) {
      const back: typeof messages = [];
      let wait = 0;
      for (const message of open) {
        const fault = await once(...changesOf(...message));
        if (fault) back.push(message);
        wait = Math.max(wait, fault?.retryAfterMs ?? 0);
      }
      time.now += wait;
      open = back;
    }

    expect(users()).toHaveLength(300);
    expect(reads()).toBeLessThanOrEqual(300);
    expect(left()).toBeGreaterThanOrEqual(100);
    expect(rounds).toBeGreaterThan(1);
  });
});
