import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Change, ContainerRef } from '../../lib/directory/change.ts';
import { WorldFault } from '../../lib/errors.ts';
import { personFacts } from '../../lib/sources/auth0/facts.ts';
import { mapBody } from '../../lib/sources/auth0/inbound.ts';
import type { Directory } from '../../lib/sources/source.ts';
import { makeDelivery } from '../support/delivery.ts';
import { auth0Event, NOW, second } from '../support/factories.ts';

const auth0 = {
  kind: 'auth0',
  organization: { org_1: 'acme', org_2: 'globex', org_3: 'initech' },
};

/** The n-th event of a morning, as an event stream posts it. */
const at = (n: number, type: string, object: object) =>
  auth0Event(type, object, { id: `evt_${n}`, time: second(n) });

function user(id: string, facts: { connection?: string } & Record<string, unknown> = {}) {
  const { connection = 'Username-Password-Authentication', ...rest } = facts;
  return {
    user_id: id,
    email: `${id.split('|')[1]}@example.com`,
    email_verified: true,
    created_at: second(0),
    updated_at: second(0),
    identities: [{ connection, isSocial: false, provider: 'auth0', user_id: 7 }],
    name: `Name of ${id}`,
    nickname: 'nick',
    app_metadata: { plan: 'pro' },
    user_metadata: {},
    ...rest,
  };
}

const organization = (id: string) => ({ id, name: `name-of-${id}` });
const member = (id: string, personId: string) => ({
  organization: organization(id),
  user: { user_id: personId },
});
const role = (id: string, personId: string, roleId: string) => ({
  ...member(id, personId),
  role: { id: `rol_${roleId}`, name: roleId },
});
const group = { id: 'grp_1', name: 'Everyone at Corp', type: 'tenant' };
const ofConnection = { member_type: 'connection', id: 'con_1', type: 'connection', connection_id: 'con_1' };
const inGroup = (who: object) => ({ group, member: who });

/** A Management API with these people, each with what they are a member of, and these connections by id. */
function makeDirectory({
  people = {},
  connections = {},
}: {
  people?: Record<string, { user: ReturnType<typeof user>; memberships?: ContainerRef[] }>;
  connections?: Record<string, string>;
}) {
  const reads: string[] = [];
  const world: { fault: WorldFault | undefined } = { fault: undefined };
  const answer = async <T>(what: string, value: () => T): Promise<T> => {
    reads.push(what);
    if (world.fault) throw world.fault;
    return value();
  };
  const connect = (clock: () => number): Directory => ({
    covers: [],
    readGroup: (id) => answer(id, () => []),
    readConnection: (id) => answer(id, () => connections[id]),
    readPerson: (id, { memberships }) =>
      answer(memberships ? `${id} with memberships` : id, () => {
        const readAt = new Date(clock()).toISOString();
        const common = { source: 'customers', personId: id, askedAt: readAt };
        const found = people[id];
        if (!found)
          return {
            readAt,
            complete: [],
            changes: [{ ...common, kind: 'person', at: readAt, exists: false }],
          };
        const facts = {
          kind: 'person' as const,
          at: found.user.updated_at,
          ...personFacts(found.user, true),
        };
        const containers = memberships ? (found.memberships ?? []) : [];
        return {
          readAt,
          complete: memberships ? ['organization'] : [],
          rolesIn: containers.map((container) => container.id),
          changes: [
            { ...common, ...facts },
            ...containers.map((container): Change => {
              return { ...common, kind: 'membership', at: readAt, container, member: true };
            }),
          ],
        };
      }),
    readPage: () => answer('page', () => ({ changes: [], complete: [], unreadable: 0, next: undefined })),
    readEvents: () => answer('events', () => ({ events: [], next: '', more: false, failedDeliveries: 0 })),
  });
  return { reads, world, connect };
}

/** Deliver with events as Auth0 posts them; with a directory, an api is configured. */
function makeAuth0Delivery(directory?: ReturnType<typeof makeDirectory>) {
  const source = { ...auth0, ...(directory && { api: {} }) };
  const { run, once, organizations, ...delivery } = makeDelivery({ customers: source }, ({ time }) =>
    directory ? new Map([['customers', directory.connect(time.clock)]]) : new Map(),
  );
  const changesOf = (events: unknown[]) =>
    mapBody(events, { source: 'customers', latest: NOW, config: directory ? { api: { headroom: 0 } } : {} })
      .changes;
  return {
    ...delivery,
    take: (...events: unknown[]) => run(...changesOf(events)),
    takeOnce: (...events: unknown[]) => once(...changesOf(events)),
    /** By Velt organization who is there by what name, and who is in which group. */
    held: () =>
      Object.fromEntries(
        Object.entries(organizations())
          .map(([id, { users, groups }]) => {
            const names = Object.entries(users).map(([userId, { name }]) => [userId, name]);
            const members = Object.entries(groups)
              .filter(([, group]) => group.members.length > 0)
              .map(([groupId, group]) => [`${groupId} ${group.groupName}`, group.members.toSorted()]);
            return [id, { ...Object.fromEntries(names), ...Object.fromEntries(members) }] as const;
          })
          .filter(([, holds]) => Object.keys(holds).length > 0),
      ),
  };
}

const ada = 'auth0|ada';
const adaAtGoogle = 'google-oauth2|ada';
const bob = 'auth0|bob';

describe('logging in', () => {
  test('1,000 times costs no Velt call', async () => {
    const { take, calls } = makeAuth0Delivery();
    await take(at(1, 'user.created', user(ada)), at(2, 'organization.member.added', member('org_1', ada)));
    const before = calls.length;

    for (let n = 1; n <= 1_000; n += 1) {
      const login = { last_login: second(n), last_ip: `203.0.113.${n % 256}`, logins_count: n };
      await take(at(10 + n, 'user.updated', user(ada, { ...login, updated_at: second(n) })));
    }

    expect(before).toBeGreaterThan(0);
    expect(calls).toHaveLength(before);
  }, 60_000);
});

describe('a person in three organizations with two roles in each', () => {
  const organizations = ['org_1', 'org_2', 'org_3'];
  const arrival = [
    at(1, 'user.created', user(ada)),
    ...organizations.flatMap((id, index) => [
      at(2 + index, 'organization.member.added', member(id, ada)),
      at(12 + index, 'organization.member.role.assigned', role(id, ada, 'admin')),
      at(22 + index, 'organization.member.role.assigned', role(id, ada, 'editor')),
    ]),
  ];
  const everything = (name: string) => ({
    [ada]: name,
    'rol_admin admin': [ada],
    'rol_editor editor': [ada],
  });

  test('is there with all of them', async () => {
    const { take, held } = makeAuth0Delivery();

    await take(...arrival);

    const all = everything('Name of auth0|ada');
    expect(held()).toEqual({ acme: all, globex: all, initech: all });
  });

  test('has a changed profile in all three, by one call each', async () => {
    const { take, held, calls } = makeAuth0Delivery();
    await take(...arrival);
    const before = calls.length;

    await take(at(40, 'user.updated', user(ada, { name: 'Countess' })));

    const all = everything('Countess');
    expect(held()).toEqual({ acme: all, globex: all, initech: all });
    expect(calls).toHaveLength(before + 3);
  });

  test('loses what was in an organization with it, and keeps the rest', async () => {
    const { take, held } = makeAuth0Delivery();
    await take(...arrival);

    await take(at(40, 'organization.deleted', organization('org_2')));

    const all = everything('Name of auth0|ada');
    expect(held()).toEqual({ acme: all, initech: all });
  });

  const both = [...user(ada).identities, ...user(adaAtGoogle, { connection: 'google-oauth2' }).identities];
  const google = user(adaAtGoogle, { connection: 'google-oauth2' });
  const life = [
    ...arrival,
    at(30, 'user.created', google),
    at(31, 'organization.member.added', member('org_1', adaAtGoogle)),
    at(32, 'organization.member.role.assigned', role('org_1', adaAtGoogle, 'editor')),
    at(40, 'user.updated', user(ada, { name: 'Countess' })),
    at(41, 'organization.member.role.deleted', role('org_2', ada, 'editor')),
    at(42, 'organization.member.deleted', member('org_3', ada)),
    // Linked, and unlinked again.
    at(50, 'user.deleted', { user_id: adaAtGoogle, deleted_at: second(50) }),
    at(51, 'user.updated', user(ada, { name: 'Countess', identities: both })),
    at(60, 'user.created', google),
    at(61, 'user.updated', user(ada, { name: 'Countess Ada' })),
    at(62, 'organization.member.added', member('org_1', adaAtGoogle)),
    at(63, 'organization.member.added', member('org_3', ada)),
  ];
  const unlinked = {
    acme: { ...everything('Countess Ada'), [adaAtGoogle]: 'Name of google-oauth2|ada' },
    globex: { [ada]: 'Countess Ada', 'rol_admin admin': [ada] },
    initech: { [ada]: 'Countess Ada' },
  };
  const removed = [...life, at(70, 'user.deleted', { user_id: ada, deleted_at: second(70) })];
  const alone = { acme: { [adaAtGoogle]: 'Name of google-oauth2|ada' } };

  test.each([
    ['linked and unlinked', life, unlinked],
    ['removed in the end', removed, alone],
  ])(
    'ends the same in any order, any batches and however often told: %s',
    async (_what, events, end) => {
      const anyOrder = fc.record({
        order: fc.shuffledSubarray(events, { minLength: events.length }),
        again: fc.array(fc.constantFrom(...events), { maxLength: 8 }),
        batches: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 10 }),
      });
      const property = fc.asyncProperty(anyOrder, async ({ order, again, batches }) => {
        const { take, held } = makeAuth0Delivery();

        const told = [...again, ...order, ...again];
        for (let n = 0; told.length > 0; n += 1) await take(...told.splice(0, batches[n % batches.length]));

        expect(held()).toEqual(end);
      });

      await fc.assert(property, { seed: 20_260_901, numRuns: 200 });
    },
    60_000,
  );
});

describe('a membership of somebody who is not known', () => {
  const early = [
    at(1, 'organization.member.added', member('org_1', ada)),
    at(2, 'organization.member.role.assigned', role('org_1', ada, 'editor')),
  ];
  const delivered = { acme: { [ada]: 'Name of auth0|ada', 'rol_editor editor': [ada] } };

  test('waits, and is delivered when they arrive', async () => {
    const { take, held } = makeAuth0Delivery();

    await take(...early);
    const waiting = held();
    await take(at(3, 'user.created', user(ada)));

    expect([waiting, held()]).toEqual([{}, delivered]);
  });

  test('is delivered at once where they can be read, by one read a batch', async () => {
    const directory = makeDirectory({
      people: {
        [ada]: {
          user: user(ada),
          memberships: [
            { kind: 'organization', id: 'org_1' },
            { kind: 'role', id: 'rol_editor', organization: 'org_1' },
          ],
        },
      },
    });
    const { take, held } = makeAuth0Delivery(directory);

    await take(...early);
    await take(...early);

    expect(held()).toEqual(delivered);
    expect(directory.reads).toEqual([`${ada} with memberships`]);
  });

  test('comes back while the directory is at its limit, and is owed a read until then', async () => {
    const directory = makeDirectory({
      people: {
        [ada]: { user: user(ada), memberships: [{ kind: 'organization', id: 'org_1', name: 'acme' }] },
      },
    });
    const { takeOnce, take, held, memory, time } = makeAuth0Delivery(directory);
    directory.world.fault = new WorldFault('throttled', 'Too Many Requests', { retryAfterMs: 1_000 });

    const fault = await takeOnce(...early);
    const [entry] = memory.entries().filter(({ kind }) => kind === 'person');
    directory.world.fault = undefined;
    time.now += 1_000;
    await take(...early);

    expect(fault).toMatchObject({ code: 'throttled', retryAfterMs: 1_000 });
    expect(entry).toMatchObject({ id: ada, readDue: true });
    expect(memory.due(time.now + 86_400_000, 10)).not.toContainEqual(expect.objectContaining({ id: ada }));
    // The read knows of no role: it is newer than the event.
    expect(held()).toEqual({ acme: { [ada]: 'Name of auth0|ada' } });
  });

  test.each([
    ['a moment ago is not over', 1_000, { acme: { [ada]: 'Name of auth0|ada' } }],
    ['long ago is over', 600_000, {}],
  ])('that was told %s for a list that does not show it', async (_when, msAgo, expected) => {
    const directory = makeDirectory({ people: { [ada]: { user: user(ada), memberships: [] } } });
    const { take, held, time } = makeAuth0Delivery(directory);
    const told = new Date(time.now - msAgo).toISOString();

    await take(auth0Event('organization.member.added', member('org_1', ada), { time: told }));

    expect(held()).toEqual(expected);
  });

  test.each<[string, number, Record<string, object>]>([
    ['a moment ago holds', 1_000, {}],
    ['long ago does not', 600_000, { acme: { [ada]: 'Name of auth0|ada', 'rol_editor editor': [ada] } }],
  ])('that ended %s against a list that still shows it', async (_when, msAgo, expected) => {
    const directory = makeDirectory({
      people: {
        [ada]: {
          user: user(ada),
          memberships: [
            { kind: 'organization', id: 'org_1' },
            { kind: 'role', id: 'rol_editor', name: 'editor', organization: 'org_1' },
          ],
        },
      },
    });
    const { take, held, time } = makeAuth0Delivery(directory);
    time.now = NOW - 3_600_000;
    await take(...early);
    time.now = NOW - 10_000;
    const [left, now] = [time.now - msAgo, time.now].map((ms) => new Date(ms).toISOString());
    const call = { method: 'delete', path: '/api/v2/organizations/org_1/members', body: { members: [ada] } };

    await take(auth0Event('organization.member.deleted', member('org_1', ada), { time: left }));
    await take({ log_id: '1', data: { type: 'sapi', date: now, details: { request: call } } });
    const listed = held();
    const back = new Date(NOW).toISOString();
    await take(auth0Event('organization.member.added', member('org_1', ada), { time: back }));

    expect(directory.reads).toHaveLength(2);
    expect(listed).toEqual(expected);
    expect(held()).toEqual({ acme: { [ada]: 'Name of auth0|ada', ...expected.acme } });
  });

  test.each([
    ['a moment before a list showed it is read again', 1_000, 2, {}],
    ['long before a list showed it is believed', 600_000, 1, { acme: { [ada]: 'Name of auth0|ada' } }],
    ['after a list showed it is over without another read', -5_000, 1, {}],
  ])('that ended %s when that is told', async (_when, msBefore, reads, expected) => {
    const memberships = [{ kind: 'organization' as const, id: 'org_1' }];
    const directory = makeDirectory({ people: { [ada]: { user: user(ada), memberships } } });
    const { take, held, time } = makeAuth0Delivery(directory);
    time.now = NOW - 60_000;
    const left = new Date(time.now - msBefore).toISOString();
    await take(...early);
    memberships.pop();
    time.now += 10_000;

    await take(auth0Event('organization.member.deleted', member('org_1', ada), { time: left }));

    expect(directory.reads).toHaveLength(reads);
    expect(held()).toEqual(expected);
  });

  test('is nothing where they are gone by the time they are read', async () => {
    const directory = makeDirectory({});
    const { take, held } = makeAuth0Delivery(directory);

    await take(...early);

    expect(held()).toEqual({});
  });
});

describe('a group of one organization', () => {
  test('is left elsewhere by those who came before it was known to be one', async () => {
    const { take, held } = makeAuth0Delivery();
    await take(
      at(1, 'user.created', user(ada)),
      at(2, 'organization.member.added', member('org_1', ada)),
      at(3, 'organization.member.added', member('org_2', ada)),
      at(4, 'group.member.added', inGroup({ member_type: 'user', id: ada })),
    );
    await take(at(5, 'group.updated', group));
    const everywhere = held();

    await take(at(6, 'group.updated', { ...group, type: 'organization', organization_id: 'org_1' }));

    const inIt = { [ada]: 'Name of auth0|ada', 'grp_1 Everyone at Corp': [ada] };
    expect(everywhere).toEqual({ acme: inIt, globex: inIt });
    expect(held()).toEqual({ acme: inIt, globex: { [ada]: 'Name of auth0|ada' } });
  });
});

describe('a connection that is a member of a group', () => {
  const joined = (id: string, n: number) => [
    at(n, 'user.created', user(id, { connection: 'corp' })),
    at(n + 1, 'organization.member.added', member('org_1', id)),
  ];
  const makeCorp = async () => {
    const delivery = makeAuth0Delivery(
      makeDirectory({ people: { [ada]: { user: user(ada) } }, connections: { con_1: 'corp' } }),
    );
    await delivery.take(...joined(ada, 1), ...joined(bob, 3));
    await delivery.take(at(10, 'group.member.added', inGroup(ofConnection)));
    return {
      ...delivery,
      groups: () => Object.keys(delivery.held().acme ?? {}).filter((id) => !id.includes('|')),
    };
  };
  const everyone = 'grp_1 Everyone at Corp';

  test('brings everyone of that connection into it', async () => {
    const { held } = await makeCorp();

    expect(held().acme).toMatchObject({ [everyone]: [ada, bob] });
  });

  test('brings in who is new in the connection, and nobody of another', async () => {
    const { take, held } = await makeCorp();

    await take(...joined('auth0|eve', 11));
    await take(
      at(13, 'user.created', user('auth0|dan', { connection: 'web' })),
      at(14, 'organization.member.added', member('org_1', 'auth0|dan')),
    );

    expect(held().acme).toMatchObject({
      [everyone]: [ada, bob, 'auth0|eve'],
      'auth0|dan': 'Name of auth0|dan',
    });
  });

  test.each([
    ['the group is deleted', at(20, 'group.deleted', group)],
    ['the connection leaves the group', at(20, 'group.member.deleted', inGroup(ofConnection))],
    [
      'the connection is deleted',
      at(20, 'connection.deleted', { id: 'con_1', name: 'corp', strategy: 'samlp' }),
    ],
  ])('takes everyone out when %s', async (_what, end) => {
    const { take, held, groups } = await makeCorp();

    await take(end);

    expect(groups()).toEqual([]);
    expect(held().acme).toMatchObject({ [ada]: 'Name of auth0|ada', [bob]: 'Name of auth0|bob' });
  });

  test('gives everyone of it the role of the group, in the organization of the role', async () => {
    const { take, held } = await makeCorp();
    const groupRole = {
      organization: organization('org_1'),
      group,
      role: { id: 'rol_editor', name: 'editor' },
    };
    await take(at(11, 'organization.member.added', member('org_2', bob)));

    await take(at(20, 'organization.group.role.assigned', groupRole));
    const assigned = held();
    await take(at(21, 'organization.group.role.deleted', groupRole));

    expect(assigned.acme).toMatchObject({ 'rol_editor editor': [ada, bob] });
    expect(assigned.globex).toEqual({ [bob]: 'Name of auth0|bob', [everyone]: [bob] });
    expect(held().acme).not.toHaveProperty('rol_editor editor');
  });
});

describe('a record of a log', () => {
  const record = (type: string, data: object) => ({
    log_id: '90020260901',
    data: { type, date: second(60), user_id: ada, user_name: 'forged@example.com', ...data },
  });

  test('causes one read, however often it is told, and only the read is believed', async () => {
    const directory = makeDirectory({
      people: {
        [ada]: { user: user(ada), memberships: [{ kind: 'organization', id: 'org_1', name: 'acme' }] },
      },
    });
    const { take, held } = makeAuth0Delivery(directory);
    const signup = record('ss', { details: { body: { email: 'forged@example.com', name: 'Forged' } } });

    await take(signup, signup);
    await take(signup);

    expect(directory.reads).toEqual([`${ada} with memberships`]);
    expect(held()).toEqual({ acme: { [ada]: 'Name of auth0|ada' } });
  });

  test('of a deletion removes nobody whom the directory knows', async () => {
    const people = {
      [ada]: { user: user(ada), memberships: [{ kind: 'organization' as const, id: 'org_1', name: 'acme' }] },
    };
    const { take, held } = makeAuth0Delivery(makeDirectory({ people }));

    await take(record('sdu', {}), at(2, 'user.created', user(bob)));

    expect(held()).toEqual({ acme: { [ada]: 'Name of auth0|ada' } });
  });
});

describe("an Action's word on a user", () => {
  const action = (facts: object = {}) => ({
    stats: { logins_count: 5 },
    user: { ...user(ada, { updated_at: second(5) }), ...facts },
  });
  const arrival = [
    at(1, 'user.created', user(ada)),
    at(2, 'organization.member.added', member('org_1', ada)),
  ];

  test.each([
    ['before', (events: object[], hint: object) => [hint, ...events]],
    ['after', (events: object[], hint: object) => [...events, hint]],
  ])('never brings back who was deleted, whether it comes %s that', async (_what, order) => {
    const { take, held } = makeAuth0Delivery();
    const gone = [...arrival, at(10, 'user.deleted', { user_id: ada })];

    for (const event of order(gone, action())) await take(event);
    await take(action({ updated_at: undefined, created_at: undefined }));

    expect(held()).toEqual({});
  });

  test('never removes anybody', async () => {
    const { take, held } = makeAuth0Delivery();
    await take(...arrival);

    await take(action({ blocked: true, email: null, name: 'Countess' }));

    expect(held()).toEqual({ acme: { [ada]: 'Countess' } });
  });
});
