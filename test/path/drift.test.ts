import { describe, expect, test } from 'vitest';
import { readConfig } from '../../lib/config.ts';
import type { Change, PersonChange } from '../../lib/directory/change.ts';
import { newPerson } from '../../lib/directory/entry.ts';
import { foldPerson } from '../../lib/directory/fold.ts';
import { WorldFault } from '../../lib/errors.ts';
import type { HttpResponse } from '../../lib/http/client.ts';
import { readBack } from '../../lib/reconcile/drift.ts';
import { createVelt as createVeltClient, type Velt } from '../../lib/velt/client.ts';
import type { ListedUser } from '../../lib/velt/schema.ts';
import { createVelt as createDouble, type VeltOptions } from '../../local/doubles/velt/velt.ts';
import { makeDelivery } from '../support/delivery.ts';
import { membershipChange, personChange, second } from '../support/factories.ts';

const credentials = { apiKey: 'key', authToken: 'token' };
const oktaOf = (organization: string, more: object = {}) => ({ kind: 'okta', organization, ...more });
const acme = { okta: oktaOf('acme') };

interface Setup {
  sources?: Record<string, object>;
  adopt?: boolean;
  reconcile?: object;
  options?: Partial<VeltOptions>;
}

/** Deliver and read-back around one Velt, whose people can also be changed by hand. */
function makeReadBack({ sources = acme, adopt = false, reconcile = {}, options = {} }: Setup = {}) {
  const delivery = makeDelivery(sources);
  const { deps, time, queued, run } = delivery;
  const double = createDouble({ ...credentials, ...options });
  deps.velt = createVeltClient({
    http: async ({ url, body = '', ...request }) =>
      double.handle({ ...request, body, path: new URL(url).pathname }) as HttpResponse,
    credentials: async () => credentials,
    baseUrl: 'https://velt.example.com',
    usersAdd: 'v1',
    ...{ clock: time.clock, sleep: time.sleep, random: () => 0 },
  });
  const config = readConfig({ sources, velt: { adopt }, reconcile });
  const look = (more: object = {}) => readBack(time.now + 60_000, { ...deps, config, ...more });
  /** Looks, and delivers what that queued. */
  const repair = async () => {
    const drift = await look();
    for (const changes of queued.splice(0)) await run(...changes);
    return drift;
  };
  const state = (organizationId = 'acme') => {
    const { users = {}, groups = {} } = double.state().organizations[organizationId] ?? {};
    return { users: Object.keys(users), members: groups.engineers?.members ?? [] };
  };
  return { ...delivery, byHand: double.byHand, double, look, repair, state };
}

const joins = (personId: string, more: Partial<PersonChange> = {}) =>
  personChange({
    personId,
    exists: true,
    profile: { name: `${personId} Example`, email: `${personId}@example.com` },
    ...more,
  });
const engineers = (personId: string) =>
  membershipChange({ personId, container: { kind: 'group', id: 'engineers', name: 'Engineers' } });

const STAFF = ['ada', 'bob', 'cleo', 'dan'];
/** Four people, all in one group: eight things that Velt confirmed. */
const staff = STAFF.flatMap((id) => [joins(id), engineers(id)]);

type Page = Awaited<ReturnType<Velt['readUsers']>>;

const listingOf = (users: ListedUser[], next?: string): Page => ({ users, next });
const listed = (userId: string): ListedUser => ({
  userId,
  name: `${userId} Example`,
  email: `${userId}@example.com`,
});

/** A Velt that lists what the test says, by the token it is asked with; groups are as they should be. */
function listing(velt: Velt, pages: (token: string | undefined) => Page) {
  const tokens: (string | undefined)[] = [];
  const readUsers: Velt['readUsers'] = async (of, token, deadline) => {
    if (of.groupId !== undefined) return velt.readUsers(of, token, deadline);
    if (tokens.push(token) > 9) throw new Error('the list is read for ever');
    return pages(token);
  };
  return { velt: { ...velt, readUsers }, tokens };
}

describe('a Velt that holds what it confirmed', () => {
  test('is left alone', async () => {
    const { run, look, queued } = makeReadBack();
    await run(...staff);

    const drift = await look();

    expect(drift).toEqual({ confirmed: 8, missing: 0, changed: 0, strangers: 0, adopted: 0 });
    expect(queued).toEqual([]);
  });

  test('is asked once before its lists are read, and once for each organization and group', async () => {
    const { run, look, double } = makeReadBack();
    await run(...staff);
    const before = double.calls.length;

    await look();

    expect(double.calls.slice(before).map(({ body }) => body)).toEqual([
      { data: { organizationId: 'acme', userIds: STAFF } },
      { data: { organizationId: 'acme' } },
      { data: { organizationId: 'acme', organizationUserGroupIds: ['engineers'] } },
    ]);
  });

  test('is not asked at all before anybody was delivered, even where strangers are adopted', async () => {
    const { look, double, byHand, queued } = makeReadBack({ adopt: true });
    byHand.add('acme', { userId: 'zoe', name: 'Zoe' });

    const drift = await look();

    expect(drift).toEqual({ confirmed: 0, missing: 0, changed: 0, strangers: 0, adopted: 0 });
    expect([double.calls, queued]).toEqual([[], []]);
  });

  test('may list an empty address where there is none', async () => {
    const { run, look, deps } = makeReadBack();
    await run(...staff, joins('eve', { profile: { name: 'Eve' } }));
    const users = [...STAFF.map(listed), { userId: 'eve', name: 'Eve', email: '' }];

    const drift = await look(listing(deps.velt, () => listingOf(users)));

    expect(drift).toMatchObject({ confirmed: 9, changed: 0 });
  });

  test('may write e-mail addresses in its own case, and list no more than ids', async () => {
    const { run, look, deps } = makeReadBack();
    await run(...staff);
    const [ada, ...others] = STAFF;
    const users = [
      { ...listed(ada ?? ''), email: 'ADA@example.com' },
      ...others.map((userId) => ({ userId })),
    ];

    const drift = await look(listing(deps.velt, () => listingOf(users)));

    expect(drift).toMatchObject({ confirmed: 8, changed: 0 });
  });
});

describe('drift', () => {
  test('brings back a user who was deleted by hand, with their groups', async () => {
    const { run, repair, byHand, state, log } = makeReadBack();
    await run(...staff);
    byHand.forget('acme', 'ada');

    const drift = await repair();

    expect(drift).toEqual({ confirmed: 6, missing: 2, changed: 0, strangers: 0, adopted: 0 });
    expect(state()).toEqual({ users: STAFF, members: STAFF });
    expect(log.lines.at(-1)).toMatchObject({ level: 'info', fields: { count: 6, missing: 2 } });
    expect(await repair()).toMatchObject({ confirmed: 8, missing: 0 });
  });

  test('brings back a member who was taken out of a group', async () => {
    const { run, repair, byHand, state } = makeReadBack();
    await run(...staff);
    byHand.forget('acme', 'bob', 'engineers');

    const drift = await repair();

    expect(drift).toMatchObject({ confirmed: 7, missing: 1 });
    expect(state()).toEqual({ users: STAFF, members: STAFF });
  });

  test('names back a user who was renamed by hand', async () => {
    const { run, repair, byHand, double } = makeReadBack();
    await run(...staff);
    byHand.rename('acme', 'ada', 'Somebody Else');

    const drift = await repair();

    expect(drift).toMatchObject({ confirmed: 7, missing: 0, changed: 1 });
    expect(double.state().organizations.acme?.users.ada?.name).toBe('ada Example');
  });

  test('is seen also where the name of a group decides who is mirrored', async () => {
    const sources = { okta: oktaOf('acme', { users: { groups: ['Engineers'] } }) };
    const { run, look, byHand } = makeReadBack({ sources });
    await run(...staff);
    byHand.rename('acme', 'ada', 'Somebody Else');

    expect(await look()).toMatchObject({ confirmed: 7, changed: 1 });
  });

  test('is found on every page of the mirror', async () => {
    const { run, repair, byHand, deps, memory, state } = makeReadBack();
    await run(...staff);
    byHand.forget('acme', 'dan');
    deps.mirror.scan = async (source, cursor = '0') => {
      const { entries } = memory.scan(source);
      const next = Number(cursor) + 1;
      return { entries: entries.slice(Number(cursor), next), next: entries[next] && String(next) };
    };

    const drift = await repair();

    expect(drift).toMatchObject({ confirmed: 6, missing: 2 });
    expect(state().users).toEqual(STAFF);
  });

  test('gives back an e-mail address that was changed by hand', async () => {
    const { run, repair, byHand, double } = makeReadBack();
    await run(...staff);
    byHand.add('acme', { ...listed('ada'), name: 'ada Example', email: 'else@example.com' });

    const drift = await repair();

    expect(drift).toMatchObject({ changed: 1 });
    expect(double.state().organizations.acme?.users.ada?.email).toBe('ada@example.com');
  });

  test('goes through a message group of its own', async () => {
    const { run, look, byHand } = makeReadBack();
    await run(...staff);
    byHand.forget('acme', 'ada');
    const sent: unknown[] = [];

    await look({ queue: { send: async (changes: Change[], group: string) => sent.push([changes, group]) } });

    expect(sent).toMatchObject([[[{ of: { id: 'ada' }, reason: 'drift', userId: 'ada' }], 'read-back']]);
  });

  test('is found in each of the organizations of a source', async () => {
    const organization = { org_a: 'acme', org_b: 'beta', org_c: 'nobody-yet' };
    const sources = { auth0: { kind: 'auth0', organization } };
    const { run, repair, byHand, state } = makeReadBack({ sources });
    const isIn = (personId: string, id: string) =>
      membershipChange({ source: 'auth0', personId, container: { kind: 'organization', id } });
    await run(
      ...STAFF.flatMap((id) => [joins(id, { source: 'auth0' }), isIn(id, 'org_a'), isIn(id, 'org_b')]),
    );
    byHand.forget('beta', 'ada');

    const drift = await repair();

    expect(drift).toMatchObject({ confirmed: 7, missing: 1 });
    expect(state('beta').users).toEqual(STAFF);
  });

  test('is a whole group that Velt does not know any more, and nothing that stops the rest', async () => {
    const { run, look, double, queued, deps } = makeReadBack();
    await run(...staff);
    const readUsers: Velt['readUsers'] = async (of, token, deadline) => {
      if (of.groupId !== undefined) double.faults.add({ times: 1, answer: gone });
      return deps.velt.readUsers(of, token, deadline);
    };
    const gone = {
      kind: 'refuse-call',
      status: 404,
      errorStatus: 'NOT_FOUND',
      message: 'Organization user group does not exist.',
    } as const;

    const drift = await look({ velt: { ...deps.velt, readUsers } });

    expect(drift).toEqual({ confirmed: 4, missing: 4, changed: 0, strangers: 0, adopted: 0 });
    expect(queued.flat().map((item) => item.kind === 'recheck' && item.of.id)).toEqual(STAFF);
  });

  test('is not a group of several whose list is empty, which Velt knows', async () => {
    const { run, look, deps, queued, log } = makeReadBack();
    await run(...staff);
    const readUsers: Velt['readUsers'] = async (of, token, deadline) =>
      of.groupId === undefined ? deps.velt.readUsers(of, token, deadline) : listingOf([]);

    const drift = await look({ velt: { ...deps.velt, readUsers } });

    expect(drift).toMatchObject({ confirmed: 4, missing: 0 });
    expect(queued.flat()).toEqual([]);
    expect(log.lines).toContainEqual({
      level: 'warn',
      message: 'Velt lists nobody where it confirmed some',
      fields: { count: 4 },
    });
  });

  test('is not a folder, which is not looked into', async () => {
    const sources = { okta: oktaOf('acme', { grants: [{ folderId: 'plans' }] }) };
    const { run, look, double } = makeReadBack({ sources });
    await run(...staff);

    const drift = await look();

    expect(double.state().organizations.acme?.folders).toEqual({ plans: STAFF });
    expect(drift).toMatchObject({ confirmed: 8, missing: 0 });
  });

  test('is not somebody whom Velt refused', async () => {
    const { run, look, double, queued } = makeReadBack();
    double.faults.add({ match: { userId: 'eve' }, answer: { kind: 'refuse-item', reason: 'Not her.' } });
    await run(...staff, joins('eve'));

    const drift = await look();

    expect(drift).toMatchObject({ confirmed: 8, missing: 0 });
    expect(queued).toEqual([]);
  });

  test('is not a new name that Velt refused so far', async () => {
    const { run, look, double, queued } = makeReadBack();
    await run(...staff);
    const refusal = { kind: 'refuse-item', reason: 'Not this name.' } as const;
    double.faults.add({ match: { userId: 'ada' }, times: 1, answer: refusal });
    await run(joins('ada', { at: second(5), profile: { name: 'Ada Lovely' } }));

    const drift = await look();

    expect(drift).toMatchObject({ confirmed: 8, changed: 0 });
    expect(queued).toEqual([]);
  });

  test('is not what was delivered or told anew while Velt was listing', async () => {
    const { run, look, deps, queued } = makeReadBack();
    await run(...staff);
    const old = STAFF.map(listed);
    const velt: Velt = {
      ...deps.velt,
      readUsers: async (of, token, deadline) => {
        const users = of.groupId === undefined ? old : await deps.velt.readUsers(of, token, deadline);
        await run(joins('eve'), engineers('eve'), joins('ada', { at: second(5), profile: { name: 'Ada' } }));
        return 'users' in users ? users : listingOf(users);
      },
    };

    const drift = await look({ velt });

    expect(drift).toMatchObject({ confirmed: 8, missing: 0, changed: 0, strangers: 0 });
    expect(queued).toEqual([]);
  });
});

describe('a list that cannot be the truth', () => {
  test.each([
    ['is empty', 'empty', /lists nobody.*advanced queries/],
    ['is refused', 'refused', /refused.*advanced queries/],
  ] as const)('that %s stops everything after one call', async (_, advancedQueries, reason) => {
    const { run, look, double, queued, log } = makeReadBack({ adopt: true, options: { advancedQueries } });
    await run(...staff);
    const before = double.calls.length;

    const drift = await look();

    expect(drift).toMatchObject({ missing: 0, adopted: 0, reason: expect.stringMatching(reason) });
    expect(double.calls.slice(before)).toHaveLength(1);
    expect(queued).toEqual([]);
    expect(log.lines.at(-1)).toMatchObject({ level: 'error', fields: { error: drift.reason } });
  });

  test('that holds others only, and nobody of those who were asked for, stops everything', async () => {
    const { run, look, deps, queued } = makeReadBack({ adopt: true });
    await run(...staff);
    const { velt, tokens } = listing(deps.velt, () => listingOf([listed('zoe')]));

    const drift = await look({ velt });

    expect(drift).toMatchObject({ strangers: 0, reason: expect.stringMatching(/lists nobody/) });
    expect([queued, tokens]).toEqual([[], [undefined]]);
  });

  test('is asked for by no more people than one call takes, of whom one is enough', async () => {
    const { run, look, byHand, double } = makeReadBack();
    const many = Array.from({ length: 31 }, (_, n) => `person-${n}`);
    await run(...many.map((id) => joins(id)));
    byHand.forget('acme', 'person-0');
    const before = double.calls.length;

    const drift = await look();

    expect(drift).toMatchObject({ confirmed: 30, missing: 1 });
    expect(double.calls[before]?.body).toEqual({
      data: { organizationId: 'acme', userIds: many.slice(0, 30) },
    });
  });

  test('is looked for in the organization with the most people', async () => {
    const sources = { okta: oktaOf('acme'), partners: oktaOf('partners') };
    const { run, look, byHand } = makeReadBack({ sources });
    await run(joins('zoe', { source: 'partners' }), ...staff);
    byHand.forget('partners', 'zoe');

    const drift = await look();

    expect(drift).toEqual({ confirmed: 8, missing: 1, changed: 0, strangers: 0, adopted: 0 });
  });

  test('that misses more than half changes nothing, and adopts nobody', async () => {
    const { run, look, byHand, queued, double } = makeReadBack({ adopt: true });
    await run(...staff);
    for (const id of ['ada', 'bob', 'cleo']) byHand.forget('acme', id);
    byHand.add('acme', { userId: 'zoe', name: 'Zoe' });
    const before = double.state();

    const drift = await look();

    expect(drift).toMatchObject({
      confirmed: 2,
      missing: 6,
      adopted: 0,
      reason: expect.stringMatching(/too few/),
    });
    expect([queued, double.state()]).toEqual([[], before]);
  });

  test('that misses just half is believed', async () => {
    const { run, repair, byHand, state } = makeReadBack();
    await run(...staff);
    for (const id of ['ada', 'bob']) byHand.forget('acme', id);

    const drift = await repair();

    expect(drift).toEqual({ confirmed: 4, missing: 4, changed: 0, strangers: 0, adopted: 0 });
    expect(state()).toEqual({ users: STAFF, members: STAFF });
  });

  test('that is refused halfway for another reason than a place that is gone stops everything', async () => {
    const { run, look, byHand, queued, deps, double } = makeReadBack();
    await run(...staff);
    byHand.forget('acme', 'ada');
    const invalid = {
      kind: 'refuse-call',
      status: 400,
      errorStatus: 'INVALID_ARGUMENT',
      message: 'No.',
    } as const;
    const readUsers: Velt['readUsers'] = async (of, token, deadline) => {
      if (of.groupId !== undefined) double.faults.add({ times: 1, answer: invalid });
      return deps.velt.readUsers(of, token, deadline);
    };

    const drift = await look({ velt: { ...deps.velt, readUsers } });

    expect(drift).toMatchObject({ missing: 0, reason: expect.stringMatching(/refused/) });
    expect(queued).toEqual([]);
  });

  test.each([
    ['patience', { kind: 'status', status: 429, retryAfterSeconds: 60 }, 'throttled'],
    ['a broken Velt', { kind: 'status', status: 503 }, 'unavailable'],
    ['wrong credentials', { kind: 'status', status: 403 }, 'credentials'],
    ['an answer that is no list', { kind: 'garbage', body: '<html>' }, 'unreadable-answer'],
  ] as const)('because of %s leaves everything as it is', async (_, answer, code) => {
    const { run, look, byHand, queued, double, memory } = makeReadBack({ adopt: true });
    await run(...staff);
    byHand.forget('acme', 'ada');
    byHand.add('acme', { userId: 'zoe', name: 'Zoe' });
    const before = [double.state(), memory.entries()];
    double.faults.add({ answer });

    const fault = await look().catch((error) => error);

    expect(fault).toBeInstanceOf(WorldFault);
    expect(fault).toMatchObject({ code });
    expect([queued, [double.state(), memory.entries()]]).toEqual([[], before]);
  });
});

describe('pages', () => {
  test('are read to the last', async () => {
    const { run, look, deps } = makeReadBack();
    await run(...staff);
    const pages = new Map<string | undefined, Page>([
      [undefined, listingOf([listed('ada')], 'two')],
      ['two', listingOf([], 'three')],
      ['three', listingOf(['bob', 'cleo', 'dan'].map(listed))],
    ]);
    const { velt, tokens } = listing(deps.velt, (token) => pages.get(token) ?? listingOf([]));

    const drift = await look({ velt });

    expect(drift).toMatchObject({ confirmed: 8, missing: 0 });
    expect(tokens).toEqual([undefined, undefined, 'two', 'three']);
  });

  test.each([
    ['at once', { a: 'a' }, ['a']],
    ['in a circle', { a: 'b', b: 'c', c: 'a' }, ['a', 'b', 'c']],
  ])('whose token repeats %s have come to their end', async (_, following: Record<string, string>, asked) => {
    const { run, look, deps } = makeReadBack();
    await run(...staff);
    const { velt, tokens } = listing(deps.velt, (token) =>
      listingOf(STAFF.map(listed), token === undefined ? 'a' : following[token]),
    );

    const drift = await look({ velt });

    expect(drift).toMatchObject({ confirmed: 8, missing: 0 });
    expect(tokens.slice(1)).toEqual([undefined, ...asked]);
  });

  test('that name a stranger twice count one', async () => {
    const { run, look, deps } = makeReadBack();
    await run(...staff);
    const { velt } = listing(deps.velt, (token) =>
      listingOf([...STAFF, 'zoe'].map(listed), token === undefined ? 'two' : undefined),
    );

    expect(await look({ velt })).toMatchObject({ strangers: 1 });
  });
});

describe('strangers', () => {
  const zoe = { userId: 'zoe', name: 'Zoe', email: 'zoe@example.com' };

  test('are counted and left alone', async () => {
    const { run, repair, byHand, state, deps } = makeReadBack();
    await run(...staff);
    byHand.add('acme', zoe);

    const drift = await repair();

    expect(drift).toMatchObject({ confirmed: 8, strangers: 1, adopted: 0 });
    expect(state().users).toEqual([...STAFF, 'zoe']);
    expect(deps.meter).toMatchObject({ counted: { StrangersFound: 1 } });
  });

  test('are counted once, also where they are in a group too', async () => {
    const { run, look, byHand, deps, time } = makeReadBack();
    await run(...staff);
    byHand.add('acme', zoe);
    const scope = { organizationId: 'acme', groupId: 'engineers' };
    const items = [{ id: 'zoe', owners: [] }];
    await deps.velt.apply({ kind: 'group.users.add', scope, items }, time.now + 60_000);

    expect(await look()).toMatchObject({ confirmed: 8, strangers: 1 });
  });

  test('are removed where the configuration adopts them, and nobody else is', async () => {
    const { run, repair, byHand, state } = makeReadBack({ adopt: true });
    await run(...staff);
    byHand.add('acme', zoe);

    const drift = await repair();

    expect(drift).toMatchObject({ confirmed: 8, strangers: 1, adopted: 1 });
    expect(state()).toEqual({ users: STAFF, members: STAFF });
    expect(await repair()).toMatchObject({ strangers: 0, adopted: 0 });
  });

  test.each([
    ['so many as may lose something in any case', { removalsAtLeast: 3, removalShare: 0 }, 3, 3],
    ['more than may in any case', { removalsAtLeast: 2, removalShare: 0 }, 3, 0],
    ['the share of the users, not of all they are in', { removalsAtLeast: 0, removalShare: 0.5 }, 2, 2],
    ['more than the share of the users', { removalsAtLeast: 0, removalShare: 0.5 }, 3, 0],
  ])('are removed within the share of the breaker: %s', async (_, reconcile, count, adopted) => {
    const { run, repair, byHand, state, log } = makeReadBack({ adopt: true, reconcile });
    await run(...staff);
    for (let n = 0; n < count; n += 1) byHand.add('acme', { userId: `zoe-${n}`, name: 'Zoe' });

    const drift = await repair();

    expect(drift).toMatchObject({ strangers: count, adopted });
    expect(state().users).toHaveLength(STAFF.length + count - adopted);
    expect(log.lines.filter(({ message }) => /too many strangers/i.test(message))).toHaveLength(
      adopted ? 0 : 1,
    );
  });

  test('are not those whom the mirror is about to deliver', async () => {
    const { run, repair, byHand, state, memory } = makeReadBack({ adopt: true });
    await run(...staff);
    const entry = foldPerson(newPerson('okta', 'zoe'), joins('zoe'));
    memory.write({ entry, revision: 0 }, { dueAt: undefined, expiresAt: undefined });
    byHand.add('acme', zoe);

    const drift = await repair();

    expect(drift).toMatchObject({ strangers: 0, adopted: 0 });
    expect(state().users).toEqual([...STAFF, 'zoe']);
  });

  test('are not those whom Velt has not let go yet', async () => {
    const { run, once, look, double } = makeReadBack({ adopt: true });
    await run(...staff, joins('zoe'));
    double.faults.add({ times: 3, answer: { kind: 'status', status: 503 } });
    await once(joins('zoe', { at: second(2), exists: false }));

    expect(await look()).toMatchObject({ strangers: 0, adopted: 0 });
  });

  test('are removed by the source that has their organization', async () => {
    const sources = { okta: oktaOf('acme'), partners: oktaOf('beta') };
    const { run, look, byHand, queued } = makeReadBack({ sources, adopt: true });
    await run(...staff);
    byHand.add('beta', zoe);

    await look();

    expect(queued).toMatchObject([[{ source: 'partners', of: { id: 'zoe' }, organizationId: 'beta' }]]);
  });

  test('who came to the mirror before they could be removed stay', async () => {
    const { run, look, byHand, queued, state } = makeReadBack({ adopt: true });
    await run(...staff);
    byHand.add('acme', zoe);
    await look();
    const [adoption = []] = queued.splice(0);
    await run(joins('zoe'));

    await run(...adoption);

    expect(adoption).toMatchObject([{ of: { id: 'zoe' }, organizationId: 'acme' }]);
    expect(state().users).toEqual([...STAFF, 'zoe']);
  });

  test('who left by the directory before are removed', async () => {
    const { run, repair, byHand, state } = makeReadBack({ adopt: true });
    await run(...staff, joins('zoe'));
    await run(joins('zoe', { at: second(2), exists: false }));
    byHand.add('acme', zoe);

    await repair();

    expect(state().users).toEqual(STAFF);
  });

  test('with an id longer than any message takes hold nobody up', async () => {
    const { run, repair, byHand, state } = makeReadBack({ adopt: true });
    await run(...staff);
    byHand.add('acme', zoe);
    byHand.add('acme', { userId: 'z'.repeat(301), name: 'Zoe' });

    const drift = await repair();

    expect(drift).toMatchObject({ strangers: 2, adopted: 1 });
    expect(state().users).toEqual([...STAFF, 'z'.repeat(301)]);
  });
});

describe('two sources in one Velt organization', () => {
  const sources = { okta: oktaOf('acme'), partners: oktaOf('acme') };

  test('are no strangers to each other', async () => {
    const { run, repair, state } = makeReadBack({ sources, adopt: true });
    await run(...staff, joins('zoe', { source: 'partners' }));

    const drift = await repair();

    expect(drift).toEqual({ confirmed: 9, missing: 0, changed: 0, strangers: 0, adopted: 0 });
    expect(state().users).toEqual([...STAFF, 'zoe']);
  });

  test('lose nobody whom the other one delivered while Velt was listing', async () => {
    const { run, repair, deps, state } = makeReadBack({ sources, adopt: true });
    await run(...staff);
    const { readUsers } = deps.velt;
    deps.velt.readUsers = async (of, token, deadline) => {
      await run(joins('zoe', { source: 'partners' }));
      return readUsers(of, token, deadline);
    };

    const drift = await repair();

    expect(drift).toMatchObject({ strangers: 0, adopted: 0 });
    expect(state().users).toEqual([...STAFF, 'zoe']);
  });
});

describe('users who go by their e-mail address', () => {
  const source = oktaOf('acme', { userId: 'email' });
  const sources = { okta: source, partners: source };
  const addresses = STAFF.map((id) => `${id}@example.com`);

  test('come back under it', async () => {
    const { run, repair, byHand, state } = makeReadBack({ sources });
    await run(...staff);
    byHand.forget('acme', 'ada@example.com');

    const drift = await repair();

    expect(drift).toMatchObject({ confirmed: 6, missing: 2 });
    expect(state()).toEqual({ users: addresses, members: addresses });
  });

  test('are not changed because a second person gave them another name', async () => {
    const { run, look, queued } = makeReadBack({ sources });
    const profile = { name: 'Ada Social', email: 'ada@example.com' };
    await run(...staff);
    await run(joins('social', { source: 'partners', profile }));

    const drift = await look();

    expect(drift).toEqual({ confirmed: 9, missing: 0, changed: 0, strangers: 0, adopted: 0 });
    expect(queued).toEqual([]);
  });

  test('are no strangers while their delivery is not confirmed', async () => {
    const { run, once, repair, double, state } = makeReadBack({ sources, adopt: true });
    await run(...staff);
    double.faults.add({ times: 3, applied: true, answer: { kind: 'status', status: 503 } });
    await once(joins('zoe'));

    const drift = await repair();

    expect(drift).toMatchObject({ strangers: 0, adopted: 0 });
    expect(state().users).toEqual([...addresses, 'zoe@example.com']);
  });

  test('are removed as strangers by the address alone', async () => {
    const { run, repair, byHand, state } = makeReadBack({ sources, adopt: true });
    await run(...staff);
    byHand.add('acme', { userId: 'zoe@example.com', name: 'Zoe' });

    const drift = await repair();

    expect(drift).toMatchObject({ strangers: 1, adopted: 1 });
    expect(state().users).toEqual(addresses);
  });
});
