import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Auth0, Auth0Directory } from '../../local/doubles/auth0/auth0.ts';
import { makeTenant } from '../../local/doubles/auth0/made.ts';
import { ALL_SCOPES } from '../../local/doubles/auth0/token.ts';
import { packageWith } from '../support/package-with.ts';
import { type Auth0Cloud, standUpWithAuth0 } from './auth0-stream.ts';

const COMPANIES = Array.from({ length: 20 }, (_, n) => `company-${n}`);
/** By id, or by name. */
const VELT: Record<string, string> = {
  org_acme: 'velt-acme',
  globex: 'velt-globex',
  ...Object.fromEntries(COMPANIES.map((name) => [name, `velt-${name}`])),
};
const CONFIG = {
  sources: {
    auth0: { kind: 'auth0', organization: VELT, api: {} },
    'auth0-basic': { kind: 'auth0', organization: 'by-basic', scheme: 'basic' },
    'auth0-header': { kind: 'auth0', organization: 'by-header', scheme: 'none', header: 'X-Hook-Key' },
  },
};

const SAML = { id: 'con_acmeSaml00000000', name: 'acme-saml', strategy: 'samlp' };
const ROLES = [
  { id: 'rol_admin', name: 'admin' },
  { id: 'rol_editor', name: 'editor' },
];
const [ADA, BOB, CLEO, DAN, EVE] = ['auth0|ada', 'auth0|bob', 'auth0|cleo', 'auth0|dan', 'google-oauth2|eve'];
const [SAM, SUE] = ['samlp|acme-saml|sam', 'samlp|acme-saml|sue'];
const engineers = { id: 'grp_engineers', name: 'Engineers', type: 'tenant' as const };
const board = { id: 'grp_board', name: 'Board', type: 'organization' as const, organization_id: 'org_acme' };
const staff = { id: 'grp_staff', name: 'Staff', type: 'tenant' as const };

let root: string;
beforeAll(async () => {
  root = await packageWith(CONFIG);
});
afterAll(() => rm(root, { recursive: true, force: true }));

const standUp = (directory: Auth0Directory = { connections: [SAML], roles: ROLES }) =>
  standUpWithAuth0({ root, config: CONFIG, directory });

/** What Velt should hold of a tenant: in each mapped organization who is there and not blocked, and who has and is what. */
function mirrored(auth0: Auth0, roles: Iterable<{ id: string; name: string }> = ROLES) {
  const { users, organizations, groups } = auth0.state();
  const connectionsOf = (id: string) => users[id]?.identities.map(({ connection }) => connection) ?? [];
  const inVelt = Object.values(organizations).flatMap((organization) => {
    const velt = VELT[organization.id] ?? VELT[organization.name];
    const people = Object.keys(organization.members).filter((id) => users[id] && !users[id].blocked);
    if (velt === undefined || people.length === 0) return [];
    const isIn = (id: string, group: string) =>
      groups[group]?.users.includes(id) ||
      (groups[group]?.connections.includes(SAML.id) && connectionsOf(id).includes(SAML.name));
    const hasRole = (id: string, role: string) =>
      organization.members[id]?.includes(role) ||
      Object.entries(organization.groupRoles).some(([group, held]) => held.includes(role) && isIn(id, group));
    const here = Object.values(groups).filter(
      ({ organization_id = organization.id }) => organization_id === organization.id,
    );
    const named = [
      ...here.map(({ id, name }) => [`${id} ${name}`, people.filter((person) => isIn(person, id))] as const),
      ...[...roles].map(
        ({ id, name }) => [`${id} ${name}`, people.filter((person) => hasRole(person, id))] as const,
      ),
    ];
    const profiles = people.map((id) => {
      const { name, email, picture } = users[id] ?? {};
      return [id, { name, ...(email !== undefined && { email }), photoUrl: picture }] as const;
    });
    return [[velt, placeOf(profiles, named)] as const];
  });
  return Object.fromEntries(inVelt);
}

/** What the mapped organizations of Velt hold. */
function held(cloud: Auth0Cloud) {
  const organizations = Object.entries(cloud.state()).filter(
    ([, { users, groups }]) =>
      Object.keys(users).length > 0 || Object.values(groups).some(({ members }) => members.length > 0),
  );
  return Object.fromEntries(
    organizations.map(([id, { users, groups }]) => {
      const named = Object.entries(groups).map(
        ([groupId, { groupName, members }]) => [`${groupId} ${groupName}`, members] as const,
      );
      return [id, placeOf(Object.entries(users), named)] as const;
    }),
  );
}

/** Velt keeps groups that nobody is in (any more). */
function placeOf<T>(
  users: (readonly [string, T])[],
  groups: (readonly [string, readonly string[]])[],
): { users: Record<string, T>; groups: Record<string, string[]> } {
  const sorted = groups.map(([name, members]) => [name, members.toSorted()] as const);
  return {
    users: Object.fromEntries(users),
    groups: Object.fromEntries(sorted.filter(([, members]) => members.length > 0)),
  };
}

const person = (user_id: string, name: string) => ({
  user_id,
  name,
  email: `${name.toLowerCase()}@example.com`,
});

/** Seven people in three organizations, two of them mapped, with roles and groups. */
function begin(auth0: Auth0): void {
  auth0.createOrganization({ id: 'org_acme', name: 'acme' });
  auth0.createOrganization({ id: 'org_globex', name: 'globex' });
  auth0.createOrganization({ id: 'org_initech', name: 'initech' });
  auth0.createUser(person(ADA, 'Ada'));
  auth0.createUser(person(BOB, 'Bob'));
  auth0.createUser(person(CLEO, 'Cleo'));
  auth0.createUser(person(DAN, 'Dan'));
  auth0.createUser(person(EVE, 'Eve'));
  auth0.createUser(person(SAM, 'Sam'));
  auth0.createUser(person(SUE, 'Sue'));
  for (const id of [ADA, BOB, CLEO, DAN, EVE, SAM]) auth0.addMember('org_acme', id);
  for (const id of [BOB, SUE]) auth0.addMember('org_globex', id);
  auth0.addMember('org_initech', CLEO);
  auth0.assignRole('org_acme', ADA, 'rol_admin');
  auth0.assignRole('org_acme', CLEO, 'rol_editor');
  auth0.assignRole('org_globex', BOB, 'rol_editor');
  for (const group of [engineers, board, staff]) auth0.createGroup(group);
  for (const id of [ADA, BOB, DAN]) auth0.addGroupMember(engineers.id, { member_type: 'user', id });
  auth0.addGroupMember(board.id, { member_type: 'user', id: BOB });
}

/** A whole connection in a group, and what a whole group is in an organization. */
function nest(auth0: Auth0): void {
  auth0.addGroupMember(staff.id, { member_type: 'connection', id: SAML.id });
  auth0.assignOrganizationGroupRole('org_acme', engineers.id, 'rol_editor');
}

describe('a life of a tenant, as its event stream tells it', () => {
  test('comes to what is in the tenant, however its events overtake each other', async () => {
    const cloud = await standUp();
    await cloud.connect();

    await cloud.happen((auth0) => {
      begin(auth0);
      nest(auth0);
    });
    const [begun, atFirst] = [held(cloud), mirrored(cloud.auth0)];
    await cloud.happen((auth0) => {
      auth0.blockUser(BOB);
      auth0.updateUser(ADA, { name: 'Ada Renamed', email: 'ada.renamed@example.com' });
      auth0.link(DAN, EVE);
      auth0.removeMember('org_acme', CLEO);
      auth0.unassignRole('org_acme', ADA, 'rol_admin');
      auth0.updateGroup(engineers.id, { name: 'Makers' });
      auth0.updateOrganization('org_initech', { display_name: 'Initech' });
    });
    const [changed, then] = [held(cloud), mirrored(cloud.auth0)];
    await cloud.happen((auth0) => {
      auth0.unblockUser(BOB);
      auth0.unlink(DAN, EVE);
      auth0.addMember('org_acme', EVE);
      auth0.addMember('org_acme', CLEO);
      auth0.deleteUser(ADA);
      auth0.removeGroupMember(staff.id, { member_type: 'connection', id: SAML.id });
      auth0.removeOrganizationGroupRole('org_acme', engineers.id, 'rol_editor');
      auth0.deleteGroup(board.id);
      auth0.deleteOrganization('org_globex');
    });
    const [ended, inTheEnd] = [held(cloud), mirrored(cloud.auth0)];

    expect(begun).toEqual(atFirst);
    expect(changed).toEqual(then);
    expect(ended).toEqual(inTheEnd);
    expect(new Set(cloud.answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  test('costs no call while people log in', async () => {
    const cloud = await standUp();
    await cloud.connect();
    await cloud.happen(begin);
    const before = { calls: cloud.calls().length, answers: cloud.answers.length };

    await cloud.happen((auth0) => {
      for (let nth = 0; nth < 5; nth += 1) for (const id of [ADA, BOB, SAM]) auth0.login(id);
    });

    expect(cloud.answers).toHaveLength(before.answers + 15);
    expect(cloud.calls()).toHaveLength(before.calls);
  });

  test('costs no call when every delivery comes once more', async () => {
    const cloud = await standUp();
    await cloud.connect();
    await cloud.happen(begin);
    const [before, told] = [cloud.calls(), [...cloud.answers]];

    const repeated = await Promise.all(told.map(({ again }) => again()));
    await cloud.settle();

    expect(repeated).toEqual(told.map(() => ({ status: 200 })));
    expect(cloud.calls()).toEqual(before);
  });

  test.each([
    ['basic authorization', 'auth0-basic', 'by-basic'],
    ['a header of its own', 'auth0-header', 'by-header'],
  ])('arrives with %s as well', async (_what, source, organization) => {
    const cloud = await standUp();
    const direct = await cloud.post(source, { type: 'connection.created' });
    await cloud.connect(source);

    await cloud.happen((auth0) => auth0.createUser(person(ADA, 'Ada')));

    expect(direct.status).toBe(200);
    expect(cloud.answers).toMatchObject([{ status: 200 }]);
    expect(Object.keys(cloud.state()[organization]?.users ?? {})).toEqual([ADA]);
  });
});

describe('a queue that is out of reach for a while', () => {
  test.each([
    ['sends it again as well', ALL_SCOPES, true],
    ['may not be asked to', ALL_SCOPES.filter((scope) => scope !== 'update:event_deliveries'), false],
  ])('loses nothing that Auth0 gave up on after four tries: Auth0 %s', async (_what, scopes, sendsAgain) => {
    const cloud = await standUp();
    cloud.auth0.grantScopes(scopes);
    await cloud.connect();
    const answer = { code: 'ServiceUnavailable', status: 503 };
    cloud.aws?.faults.add({ action: 'sqs:SendMessage', times: Number.POSITIVE_INFINITY, answer });
    await cloud.happen((auth0) => {
      begin(auth0);
      nest(auth0);
    });
    const tries = Map.groupBy(cloud.answers.splice(0), ({ event }) => event.id);
    const meanwhile = held(cloud);
    cloud.aws?.faults.clear();

    await cloud.fire('catch-up');
    await cloud.settle();
    const [again, calls] = [cloud.answers.splice(0), cloud.calls()];
    await cloud.fire('catch-up');
    await cloud.settle();

    expect([...tries.values()].map((one) => one.map(({ status }) => status))).toEqual(
      [...tries].map(() => [503, 503, 503, 503]),
    );
    expect(meanwhile).toEqual({});
    expect(again.map(({ event, status }) => [event.id, status]).toSorted()).toEqual(
      sendsAgain ? [...tries.keys()].map((id) => [id, 200]).toSorted() : [],
    );
    expect(held(cloud)).toEqual(mirrored(cloud.auth0));
    expect(cloud.calls()).toEqual(calls);
    expect(cloud.answers).toEqual([]);
  });
});

describe('a backfill of 1,050 users', () => {
  test('ends in what is in the tenant, costs nothing the second time, and finds what nobody told', async () => {
    const size = { users: 1_050, organizations: COMPANIES.length, groups: 10, memberships: 1_500, seed: 1 };
    const directory = makeTenant(size);
    const cloud = await standUp(directory);
    const { roles = [] } = directory;
    const backfill = async () => {
      const { error } = await cloud.fire('backfill', { source: 'auth0' });
      await cloud.idle({ withinMs: 600_000 });
      return error;
    };

    const first = await backfill();
    const [begun, atFirst] = [held(cloud), mirrored(cloud.auth0, roles)];
    const before = cloud.calls().length;
    const second = await backfill();
    const between = cloud.calls().length;
    const [gone = ''] = Object.keys(begun['velt-company-1']?.users ?? {});
    cloud.auth0.deleteUser(gone);
    cloud.auth0.deleteOrganization('org_0000000000000000');
    const third = await backfill();

    expect([first, second, third]).toEqual([undefined, undefined, undefined]);
    expect(Object.keys(begun)).toHaveLength(COMPANIES.length);
    expect(begun).toEqual(atFirst);
    expect(between).toBe(before);
    expect(held(cloud)).toEqual(mirrored(cloud.auth0, roles));
    expect(Object.keys(held(cloud))).not.toContain('velt-company-0');
  }, 1_200_000);
});
