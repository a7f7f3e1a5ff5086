import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import type { DirectoryConfig } from '../../lib/config.ts';
import { eventTypes } from '../../lib/sources/auth0/map.ts';
import type { Auth0Event, Auth0Group } from '../../local/doubles/auth0/auth0.ts';
import { makeAuth0Reading } from '../support/auth0-reading.ts';
import { anyKills, type Kill, readDespite } from './kills.ts';

type World = ReturnType<typeof makeAuth0Reading>;

const PEOPLE = 6;
const SAML = { id: 'con_Saml000000000000', name: 'acme-saml', strategy: 'samlp' };
const PASSWORDS = {
  id: 'con_Passwords0000000',
  name: 'Username-Password-Authentication',
  strategy: 'auth0',
};
const CONNECTIONS = [SAML, PASSWORDS];
const ROLES = [
  { id: 'rol_a', name: 'admin' },
  { id: 'rol_b', name: 'editor' },
];
/** By id or by name, and two of them to one Velt organization. */
const MAP: Record<string, string> = { org_0: 'velt-1', org_1: 'velt-1', beta: 'velt-2', org_3: 'velt-3' };
const ORGANIZATIONS: Record<string, string> = {
  org_1: 'alpha',
  org_2: 'beta',
  org_3: 'delta',
  org_4: 'four',
};
const GROUPS: Record<string, Auth0Group> = {
  grp_1: { id: 'grp_1', name: 'Group 1', type: 'tenant' },
  grp_2: { id: 'grp_2', name: 'Team 2', type: 'tenant' },
  grp_3: { id: 'grp_3', name: 'Team 3', type: 'organization', organization_id: 'org_1' },
  grp_4: { id: 'grp_4', name: 'Group 4', type: 'organization', organization_id: 'org_2' },
  grp_5: { id: 'grp_5', name: 'Team 5', type: 'connection', connection_id: SAML.id },
};

/** Patterns of the configuration, and what they mean. */
const DECIDING = {
  patterns: ['Team*', 'rol_b'],
  mean: (id: string, name: string) => /^Team/i.test(name) || id === 'rol_b',
};
const BECOMING = {
  patterns: ['Team*', 'grp_1'],
  mean: (id: string, name: string) => /^Team/i.test(name) || id === 'grp_1',
};
const GRANTING = { pattern: 'Team*', folderId: 'team-folder', means: (name: string) => /^Team/i.test(name) };

/** People of the second connection are every third. */
const idOf = (n: number) => (n % 3 === 0 ? `samlp|${SAML.name}|${n}` : `auth0|${String(n).padStart(5, '0')}`);

const id = fc.integer({ min: 2, max: PEOPLE + 2 }).map(idOf);
const organization = fc.constantFrom(...Object.keys(ORGANIZATIONS));
const group = fc.constantFrom(...Object.keys(GROUPS));
const role = fc.constantFrom(...ROLES.map((one) => one.id));
const connection = fc.constantFrom(SAML.id, PASSWORDS.id);
const name = fc.constantFrom('Ada', 'Eve', 'Zoë');

/** What an admin does, and whether its events arrive: in time, after everything else that happens, or never. */
const action = fc.record({
  does: fc.oneof(
    fc.record({ on: fc.constantFrom('createUser', 'blockUser', 'unblockUser', 'deleteUser' as const), id }),
    fc.record({ on: fc.constantFrom('renameUser' as const), id, name }),
    fc.record({ on: fc.constantFrom('link' as const), id, primary: id }),
    fc.record({ on: fc.constantFrom('unlink' as const), id }),
    fc.record({ on: fc.constantFrom('createOrganization', 'deleteOrganization' as const), organization }),
    fc.record({
      on: fc.constantFrom('renameOrganization' as const),
      organization,
      name: fc.constantFrom('beta', 'gamma'),
    }),
    fc.record({ on: fc.constantFrom('addMember', 'removeMember' as const), organization, id }),
    fc.record({ on: fc.constantFrom('assignRole', 'unassignRole' as const), organization, id, role }),
    fc.record({ on: fc.constantFrom('createGroup', 'deleteGroup' as const), group }),
    fc.record({
      on: fc.constantFrom('renameGroup' as const),
      group,
      name: fc.constantFrom('Group', 'Team', 'Team Eve'),
    }),
    fc.record({ on: fc.constantFrom('join', 'leave' as const), group, id }),
    fc.record({ on: fc.constantFrom('addConnection', 'removeConnection' as const), group, connection }),
    fc.record({
      on: fc.constantFrom('assignGroupRole', 'removeGroupRole' as const),
      organization,
      group,
      role,
    }),
  ),
  heard: fc.constantFrom('in time', 'late', 'never' as const),
  afterMs: fc.integer({ min: 1, max: 90_000 }),
});
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** Does what can be done as things are; an admin cannot do the rest either. */
function act({ auth0 }: World, does: Action['does'], made: Set<string>): Auth0Event[] {
  // Auth0 gives out no id twice.
  const isNew = (it: string) => !made.has(it) && made.add(it);
  try {
    switch (does.on) {
      case 'createUser':
        return isNew(does.id) ? auth0.createUser(user(does.id)) : [];
      case 'renameUser':
        return auth0.updateUser(does.id, { name: `${does.name} ${does.id}` });
      case 'link':
        return auth0.link(does.primary, does.id);
      case 'unlink':
        return auth0.unlink(primaryOf(auth0, does.id), does.id);
      case 'createOrganization': {
        const name = ORGANIZATIONS[does.organization] as string;
        const isPossible = !isNamed(auth0, name) && isNew(does.organization);
        return isPossible ? auth0.createOrganization({ id: does.organization, name }) : [];
      }
      case 'renameOrganization':
        return isNamed(auth0, does.name)
          ? []
          : auth0.updateOrganization(does.organization, { name: does.name });
      case 'deleteOrganization':
        return auth0.deleteOrganization(does.organization);
      case 'addMember':
      case 'removeMember':
        return auth0[does.on](does.organization, does.id);
      case 'assignRole':
      case 'unassignRole':
        return auth0[does.on](does.organization, does.id, does.role);
      case 'createGroup': {
        const group = GROUPS[does.group] as Auth0Group;
        const isPossible =
          (group.organization_id === undefined || auth0.state().organizations[group.organization_id]) &&
          isNew(does.group);
        return isPossible ? auth0.createGroup(group) : [];
      }
      case 'renameGroup':
        return auth0.updateGroup(does.group, { name: `${does.name} ${does.group.at(-1)}` });
      case 'deleteGroup':
        return auth0.deleteGroup(does.group);
      case 'join':
        return auth0.addGroupMember(does.group, { member_type: 'user', id: does.id });
      case 'leave':
        return auth0.removeGroupMember(does.group, { member_type: 'user', id: does.id });
      case 'addConnection':
        return auth0.addGroupMember(does.group, { member_type: 'connection', id: does.connection });
      case 'removeConnection':
        return auth0.removeGroupMember(does.group, { member_type: 'connection', id: does.connection });
      case 'assignGroupRole': {
        // A group of an organization has roles in that one only.
        const { organization_id: only = does.organization } = GROUPS[does.group] as Auth0Group;
        return auth0.assignOrganizationGroupRole(only, does.group, does.role);
      }
      case 'removeGroupRole':
        return auth0.removeOrganizationGroupRole(does.organization, does.group, does.role);
      default:
        return auth0[does.on](does.id);
    }
  } catch (error) {
    if (error instanceof Error && /^there is no |is no member of|are the same$/.test(error.message))
      return [];
    throw error;
  }
}

const user = (id: string) => ({
  user_id: id,
  name: `First ${id}`,
  email: `${id.split('|').at(-1)}@example.com`,
});

const isNamed = (auth0: World['auth0'], name: string) =>
  Object.values(auth0.state().organizations).some((one) => one.name === name);

/** The account that another one is linked to. */
function primaryOf(auth0: World['auth0'], secondary: string): string {
  const isLinked = ({ identities }: { identities: { provider: string; user_id: string | number }[] }) =>
    identities.slice(1).some((one) => `${one.provider}|${one.user_id}` === secondary);
  return Object.values(auth0.state().users).find(isLinked)?.user_id ?? 'nobody';
}

interface Config {
  /** Whether there is a Velt organization for each of several organizations, or one for everyone. */
  mapped: boolean;
  /** Whether groups and roles decide who is mirrored. */
  scoped: boolean;
  /** Whether people are read when an event names somebody unknown. */
  api: boolean;
  groups: 'all' | 'some' | 'none';
  roles: 'all' | 'none';
  /** Whether members of some groups are given a folder. */
  grants: boolean;
}

function sourceOf({ mapped, scoped, api, groups, roles, grants }: Config) {
  return {
    organization: mapped ? MAP : 'acme',
    groups: { include: groups === 'all' ? ['*'] : groups === 'some' ? BECOMING.patterns : [] },
    roles: { include: roles === 'all' ? ['*'] : [] },
    ...(scoped && { users: { groups: DECIDING.patterns } }),
    ...(api && { api: { headroom: 0 } }),
    ...(grants && { grants: [{ group: GRANTING.pattern, folderId: GRANTING.folderId }] }),
  };
}

interface VeltOrganization {
  users: Record<string, string>;
  groups: Record<string, { name: string; members: string[] }>;
  folders: Record<string, string[]>;
}

/** What Velt should hold, by nothing but what is in the tenant. */
function expected({ auth0 }: World, config: Config): Record<string, VeltOrganization> {
  const { users, organizations, groups } = auth0.state();
  const velt: Record<string, VeltOrganization> = {};
  // Where no group is mirrored and none decides, none is looked at, for its roles neither.
  const readsGroups = config.groups !== 'none' || config.scoped || config.grants;
  for (const { user_id: id, name = '', identities, blocked } of Object.values(users)) {
    if (blocked) continue;
    const connections = CONNECTIONS.filter((it) =>
      identities.some(({ connection }) => connection === it.name),
    );
    const isIn = (groupId: string) =>
      groups[groupId]?.users.includes(id) ||
      connections.some((it) => groups[groupId]?.connections.includes(it.id));
    const memberOf = Object.values(organizations).filter(({ members }) => members[id]);
    const held = [
      ...Object.values(groups)
        .filter((it) => isIn(it.id))
        .map(({ id, name, organization_id: organization }) => ({ kind: 'group', id, name, organization })),
      ...memberOf.flatMap(({ id: organization, members, groupRoles }) =>
        ROLES.filter(
          (it) =>
            members[id]?.includes(it.id) ||
            (readsGroups &&
              Object.entries(groupRoles).some(([groupId, roles]) => isIn(groupId) && roles.includes(it.id))),
        ).map((it) => ({ ...it, kind: 'role', organization })),
      ),
    ].filter(({ organization }) => !organization || memberOf.some((one) => one.id === organization));
    if (config.scoped && !held.some((it) => DECIDING.mean(it.id, it.name))) continue;

    const veltOf = (one: { id: string; name: string }) =>
      config.mapped ? (MAP[one.id] ?? MAP[one.name]) : 'acme';
    const places = config.mapped ? memberOf.map(veltOf) : ['acme'];
    for (const place of new Set(places.filter((one) => one !== undefined))) {
      velt[place] ??= { users: {}, groups: {}, folders: {} };
      const { users, groups, folders } = velt[place];
      users[id] = name;
      const here = held.filter(
        ({ organization }) =>
          !organization || memberOf.some((one) => one.id === organization && veltOf(one) === place),
      );
      const becoming = here.filter(({ kind, id, name }) =>
        kind === 'role'
          ? config.roles === 'all'
          : config.groups === 'all' || (config.groups === 'some' && BECOMING.mean(id, name)),
      );
      for (const one of becoming) {
        groups[one.id] ??= { name: one.name, members: [] };
        if (!groups[one.id]?.members.includes(id)) groups[one.id]?.members.push(id);
      }
      if (config.grants && here.some((it) => GRANTING.means(it.name))) {
        folders[GRANTING.folderId] ??= [];
        folders[GRANTING.folderId]?.push(id);
      }
    }
  }
  return sorted(velt);
}

function atVelt(world: World): Record<string, VeltOrganization> {
  const named = ([id, { users, groups, folders }]: [string, ReturnType<World['organizations']>[string]]) =>
    [
      id,
      {
        users: Object.fromEntries(Object.entries(users).map(([id, { name }]) => [id, String(name)])),
        groups: Object.fromEntries(
          Object.entries(groups).map(([id, { groupName: name, members }]) => [id, { name, members }]),
        ),
        folders,
      },
    ] as const;
  return sorted(Object.fromEntries(Object.entries(world.organizations()).map(named)));
}

/** Members in order; of organizations, groups and folders those that somebody is in. */
function sorted(velt: Record<string, VeltOrganization>): Record<string, VeltOrganization> {
  const inhabited = Object.entries(velt).filter(([, { users }]) => Object.keys(users).length > 0);
  return Object.fromEntries(
    inhabited.map(([id, { users, groups, folders }]) => [
      id,
      {
        users,
        groups: Object.fromEntries(
          Object.entries(groups)
            .filter(([, { members }]) => members.length > 0)
            .map(([id, { name, members }]) => [id, { name, members: members.toSorted() }]),
        ),
        folders: Object.fromEntries(
          Object.entries(folders)
            .filter(([, members]) => members.length > 0)
            .map(([id, members]) => [id, members.toSorted()]),
        ),
      },
    ]),
  );
}

/** A tenant's life up to its first reading and after it, what reads it the second time, and where that is killed. */
export interface Auth0ReadingCase {
  config: Config;
  /** Whether the end of something tells of everything that ends with it. */
  cascades: boolean;
  /** Whether the Management API tells which organization a group is of. */
  groupsTellOrganization: boolean;
  /** Whether the queue is empty again before the next step of a reading. */
  fast: boolean;
  first: Action[];
  second: Action[];
  kills: Kill[];
  /** What happens while a reading is cut short and waits to go on: only the next one can have seen it whole. */
  meanwhile: Action[];
}

export function anyAuth0Reading(): fc.Arbitrary<Auth0ReadingCase> {
  return fc.record({
    config: fc.record({
      ...{ mapped: fc.boolean(), scoped: fc.boolean(), api: fc.boolean(), grants: fc.boolean() },
      groups: fc.constantFrom('all', 'some', 'none' as const),
      roles: fc.constantFrom('all', 'none' as const),
    }),
    ...{ cascades: fc.boolean(), groupsTellOrganization: fc.boolean(), fast: fc.boolean() },
    first: fc.array(action, { maxLength: 16, size: 'max' }),
    second: fc.array(action, { maxLength: 16, size: 'max' }),
    kills: anyKills(150),
    meanwhile: fc.oneof(fc.constant<Action[]>([]), fc.array(action, { maxLength: 6 })),
  });
}

/**
 * Lives a case through: after one complete reading Velt holds the tenant, whatever was lost and wherever processes were
 * killed. Throws, with the case as JSON and what was expected, where it does not.
 */
export async function verifyAuth0Reading(given: Auth0ReadingCase): Promise<void> {
  try {
    await readThrough(given);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${JSON.stringify(given)}`, { cause: error });
  }
}

async function readThrough({
  config,
  first,
  second,
  kills,
  meanwhile,
  fast,
  ...auth0
}: Auth0ReadingCase): Promise<void> {
  const world = makeAuth0Reading({
    people: 0,
    source: sourceOf(config),
    tenant: { connections: CONNECTIONS, roles: ROLES },
    auth0,
    reconcile: { removalShare: 1, removalsAtLeast: 1_000 },
  });
  const made = await furnish(world);
  const { sources }: DirectoryConfig = world.deps.config;
  const types = eventTypes(sources.auth0 as never);
  const tell = (events: Auth0Event[]) => world.webhook(...events.filter(({ type }) => types.includes(type)));
  const live = async (actions: Action[]) => {
    const late: Auth0Event[] = [];
    for (const { does, heard, afterMs } of actions) {
      world.time.now += afterMs;
      const events = act(world, does, made);
      // Which organization a group is of may be told by nothing but an event.
      const mustBeHeard = does.on === 'createGroup' && !auth0.groupsTellOrganization;
      if (heard === 'in time' || mustBeHeard) await tell(events);
      else if (heard === 'late') late.unshift(...events);
    }
    await tell(late);
  };
  await live(first);
  await world.read();
  await live(second);
  const cut = await readDespite('auth0', world, { kills, fast, meanwhile: () => live(meanwhile) });
  const run = meanwhile.length > 0 ? await world.read() : cut;

  deepStrictEqual(typeof run === 'string' ? run : run.state, 'done', 'how the last run ended');
  deepStrictEqual(atVelt(world), expected(world, config), 'what Velt holds');
}

/** Who and what is there before anything is heard. Returns the ids that were given out. */
async function furnish(world: World): Promise<Set<string>> {
  const { auth0 } = world;
  const made = new Set<string>();
  const first = Array.from({ length: PEOPLE }, (_, n) => idOf(n + 1));
  for (const id of first) auth0.createUser(user(id));
  const [organizations, groups] = [
    ['org_1', 'org_2', 'org_3'],
    ['grp_1', 'grp_2', 'grp_3'],
  ];
  for (const id of organizations) auth0.createOrganization({ id, name: ORGANIZATIONS[id] as string });
  for (const id of groups) await world.webhook(...auth0.createGroup(GROUPS[id] as Auth0Group));
  for (const n of [2, 3, 4]) auth0.addMember('org_1', idOf(n));
  for (const n of [3, 4, 5]) auth0.addMember('org_2', idOf(n));
  for (const n of [5, 6]) auth0.addMember('org_3', idOf(n));
  auth0.assignRole('org_1', idOf(2), 'rol_a');
  auth0.assignRole('org_2', idOf(3), 'rol_b');
  for (const n of [3, 4, 5]) auth0.addGroupMember('grp_1', { member_type: 'user', id: idOf(n) });
  auth0.addGroupMember('grp_2', { member_type: 'connection', id: SAML.id });
  for (const n of [4, 5]) auth0.addGroupMember('grp_3', { member_type: 'user', id: idOf(n) });
  auth0.assignOrganizationGroupRole('org_1', 'grp_1', 'rol_a');
  auth0.assignOrganizationGroupRole('org_2', 'grp_2', 'rol_b');
  // Of a directory that lists nobody, nothing is believed; of a tenant without groups, nothing of those that were there.
  auth0.createOrganization({ id: 'org_0', name: 'always' });
  auth0.createGroup({ id: 'grp_0', name: 'Team always', type: 'tenant' });
  auth0.addMember('org_0', idOf(1));
  auth0.addGroupMember('grp_0', { member_type: 'user', id: idOf(1) });
  for (const id of [...first, ...organizations, ...groups]) made.add(id);
  return made;
}
