import { describe, expect, test } from 'vitest';
import type { Change } from '../../lib/directory/change.ts';
import type { Velt } from '../../lib/velt/client.ts';
import { membershipChange, second } from '../support/factories.ts';
import {
  engineers,
  joins,
  listed,
  listing,
  listingOf,
  makeReadBack,
  oktaOf,
  STAFF,
  staff,
} from '../support/read-back.ts';

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
      { data: { organizationId: 'acme', organizationUserGroupIds: ['engineers'] } },
      { data: { organizationId: 'acme' } },
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
    const compared = log.lines.filter(({ fields }) => fields?.missing !== undefined);
    expect(compared).toMatchObject([{ level: 'info', fields: { count: 6, missing: 2 } }]);
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

  test('takes no name for a wrong one where Velt is told nothing but ids, and brings back who is missing', async () => {
    const sources = { okta: oktaOf('acme', { profile: 'ids' }) };
    const { run, repair, byHand, double } = makeReadBack({ sources });
    await run(...staff);
    byHand.rename('acme', 'ada', 'Somebody Else');
    byHand.forget('acme', 'dan');

    const drift = await repair();

    expect(drift).toMatchObject({ changed: 0, strangers: 0 });
    expect(double.state().organizations.acme?.users).toMatchObject({
      ada: { name: 'Somebody Else' },
      dan: { name: 'dan' },
    });
  });

  test('takes no address for a wrong one that Velt is never told, whatever it lists, but a name', async () => {
    const sources = { okta: oktaOf('acme', { attributes: { email: null } }) };
    const { run, repair, byHand } = makeReadBack({ sources });
    await run(...staff);
    byHand.add('acme', { userId: 'ada', name: 'ada Example', email: 'ada@example.com' });
    byHand.rename('acme', 'bob', 'Somebody Else');

    expect(await repair()).toMatchObject({ confirmed: 7, changed: 1 });
    expect(await repair()).toMatchObject({ confirmed: 8, changed: 0 });
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
