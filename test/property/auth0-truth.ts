import { shownAs } from '../support/strange-texts.ts';
import { CONNECTIONS, ROLES, type World } from './auth0-tenant.ts';

/** By id or by name, and two of them to one Velt organization. */
const MAP: Record<string, string> = { org_0: 'velt-1', org_1: 'velt-1', beta: 'velt-2', org_3: 'velt-3' };
/** Patterns of the configuration, and what they mean. */
const DECIDING = {
  patterns: ['Team*', 'rol_b'],
  mean: (id: string, name: string) => /^Team/i.test(name) || id === 'rol_b',
};
const BECOMING = {
  patterns: ['Team*', 'grp_1'],
  mean: (id: string, name: string) => /^Team/i.test(name) || id === 'grp_1',
};
export const GRANTING = {
  pattern: 'Team*',
  folderId: 'team-folder',
  means: (name: string) => /^Team/i.test(name),
};

/** Who only looks on, unless they are an admin somewhere in the organization too. */
const VIEWING = {
  pattern: 'Team*',
  editing: 'rol_a',
  mean: (held: { id: string; name: string }[]) =>
    held.some((it) => /^Team/i.test(it.name)) && !held.some((it) => it.id === 'rol_a'),
};

/** How the source is configured. */
export interface Config {
  /** Whether there is a Velt organization for each of several organizations, or one for everyone. */
  mapped: boolean;
  /** Whether the Velt user id is the e-mail address. */
  byEmail?: boolean;
  /** Whether it is an attribute, and Velt's user fields are made of attributes. */
  byNumber?: boolean;
  /** Whether Velt is told nothing but ids. */
  onlyIds?: boolean;
  /** Whether groups and roles decide who is mirrored. */
  scoped: boolean;
  /** Whether people are read when an event names somebody unknown. */
  api: boolean;
  groups: 'all' | 'some' | 'none';
  roles: 'all' | 'none';
  /** Whether members of some groups are given a folder. */
  grants: boolean;
  /** Whether groups and roles decide on roles at Velt. */
  access?: boolean;
}

/** By a name that is the same for all who are one user. */
const MADE = { name: { template: 'No. {app_metadata.no}' }, email: null, plan: 'nickname' };

export function sourceOf(config: Config) {
  const { mapped, byEmail, byNumber, onlyIds, scoped, api, groups, roles, grants, access } = config;
  return {
    organization: mapped ? MAP : 'acme',
    ...(byEmail && { userId: 'email' }),
    ...(byNumber && { userId: 'app_metadata.no', ...(!onlyIds && { attributes: MADE }) }),
    ...(onlyIds && { profile: 'ids' }),
    groups: { include: groups === 'all' ? ['*'] : groups === 'some' ? BECOMING.patterns : [] },
    roles: { include: roles === 'all' ? ['*'] : [] },
    ...(scoped && { users: { groups: DECIDING.patterns } }),
    ...(api && { api: { headroom: 0 } }),
    ...(grants && {
      grants: [{ group: GRANTING.pattern, folderId: GRANTING.folderId, ...(access && { role: 'viewer' }) }],
    }),
    ...(access && {
      access: [
        { group: VIEWING.pattern, role: 'viewer' },
        { group: VIEWING.editing, role: 'editor' },
      ],
    }),
  };
}

interface VeltOrganization {
  users: Record<string, string>;
  groups: Record<string, { name: string; members: string[] }>;
  folders: Record<string, string[]>;
  /** In the organization (`here`) and its folders. */
  viewers: Record<string, string[]>;
}

/** What Velt should hold, by nothing but what is in the tenant. */
export function expected(world: World, config: Config): Record<string, VeltOrganization> {
  const { users, organizations } = world.auth0.state();
  const velt: Record<string, VeltOrganization> = {};
  const rolesOf = new Map<string, Set<string>>();
  for (const user of Object.values(users)) {
    const { user_id: id, blocked } = user;
    const { userId, name } = shownBy(user, config);
    if (blocked || !userId) continue;
    const memberOf = Object.values(organizations).filter(({ members }) => members[id]);
    const held = heldBy(world, config, id);
    if (config.scoped && !held.some((it) => DECIDING.mean(it.id, it.name))) continue;

    const veltOf = (one: { id: string; name: string }) =>
      config.mapped ? (MAP[one.id] ?? MAP[one.name]) : 'acme';
    const places = config.mapped ? memberOf.map(veltOf) : ['acme'];
    for (const place of new Set(places.filter((one) => one !== undefined))) {
      velt[place] ??= { users: {}, groups: {}, folders: {}, viewers: {} };
      const { users, groups, folders, viewers } = velt[place];
      users[userId] = name;
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
        if (!groups[one.id]?.members.includes(userId)) groups[one.id]?.members.push(userId);
      }
      if (config.grants && here.some((it) => GRANTING.means(it.name))) {
        folders[GRANTING.folderId] = [...new Set([...(folders[GRANTING.folderId] ?? []), userId])];
        if (config.access) viewers[GRANTING.folderId] = folders[GRANTING.folderId] ?? [];
      }
      if (!config.access) continue;
      // Of two people who are one user of Velt it is the role of either.
      const roles = rolesOf.get(`${place} ${userId}`) ?? new Set();
      rolesOf.set(`${place} ${userId}`, roles.add(VIEWING.mean(here) ? 'viewer' : 'editor'));
      const is = world.roles()[place]?.here?.[userId] ?? '';
      const should = roles.has(is) ? is : [...roles][0];
      viewers.here = (viewers.here ?? []).filter((one) => one !== userId);
      if (should === 'viewer') viewers.here.push(userId);
    }
  }
  return sorted(velt);
}

type Tenant = ReturnType<World['auth0']['state']>;

/** Who somebody is at Velt, if they have anything to be anybody by, and by what name. */
function shownBy(user: Tenant['users'][string], { byEmail, byNumber, onlyIds }: Config) {
  const { user_id: id, email, email_verified: verified, name = '', app_metadata } = user;
  const { no = null } = (app_metadata ?? {}) as { no?: string | number | null };
  const number = no === null ? undefined : String(no);
  const userId = byNumber ? number : byEmail ? (verified ? email : undefined) : id;
  const shown = byNumber ? `No. ${number}` : shownAs(name);
  return { userId, name: onlyIds ? String(userId) : shown };
}

/** The groups and roles that somebody holds in the organizations that they are in, and the groups of the tenant. */
function heldBy({ auth0 }: World, config: Config, id: string) {
  const { users, organizations, groups } = auth0.state();
  // Where no group is mirrored and none decides, none is looked at, for its roles neither.
  const readsGroups = config.groups !== 'none' || config.scoped || config.grants || config.access;
  const connections = CONNECTIONS.filter((it) =>
    users[id]?.identities.some(({ connection }) => connection === it.name),
  );
  const isIn = (groupId: string) =>
    groups[groupId]?.users.includes(id) ||
    connections.some((it) => groups[groupId]?.connections.includes(it.id));
  const memberOf = Object.values(organizations).filter(({ members }) => members[id]);
  return [
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
}

/** What lets somebody be mirrored, and what gives them the folder. */
export function reasonsOf(
  world: World,
  config: Config,
  id: string,
): { deciding: string[]; granting: string[] } {
  const held = heldBy(world, config, id);
  const deciding = config.scoped
    ? held.filter((it) => DECIDING.mean(it.id, it.name)).map((it) => it.id)
    : ['here'];
  return { deciding, granting: held.filter((it) => GRANTING.means(it.name)).map((it) => it.id) };
}

export function atVelt(world: World): Record<string, VeltOrganization> {
  const named = ([id, { users, groups, folders }]: [string, ReturnType<World['organizations']>[string]]) =>
    [
      id,
      {
        users: Object.fromEntries(Object.entries(users).map(([id, { name }]) => [id, String(name)])),
        groups: Object.fromEntries(
          Object.entries(groups).map(([id, { groupName: name, members }]) => [id, { name, members }]),
        ),
        folders,
        viewers: viewersOf(world.roles()[id]),
      },
    ] as const;
  return sorted(Object.fromEntries(Object.entries(world.organizations()).map(named)));
}

function viewersOf(roles: ReturnType<World['roles']>[string] = {}): Record<string, string[]> {
  const viewersIn = (held: Record<string, string>) =>
    Object.keys(held).filter((userId) => held[userId] === 'viewer');
  return Object.fromEntries(Object.entries(roles).map(([place, held]) => [place, viewersIn(held)]));
}

/** Members in order; of organizations, groups and folders those that somebody is in. */
function sorted(velt: Record<string, VeltOrganization>): Record<string, VeltOrganization> {
  const inhabited = Object.entries(velt).filter(([, { users }]) => Object.keys(users).length > 0);
  return Object.fromEntries(
    inhabited.map(([id, { users, groups, ...places }]) => [
      id,
      {
        users,
        groups: Object.fromEntries(
          Object.entries(groups)
            .filter(([, { members }]) => members.length > 0)
            .map(([id, { name, members }]) => [id, { name, members: members.toSorted() }]),
        ),
        folders: withMembers(places.folders),
        viewers: withMembers(places.viewers),
      },
    ]),
  );
}

function withMembers(places: Record<string, string[]>): Record<string, string[]> {
  const inhabited = Object.entries(places).filter(([, members]) => members.length > 0);
  return Object.fromEntries(inhabited.map(([id, members]) => [id, members.toSorted()]));
}
