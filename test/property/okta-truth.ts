import type { OktaGroup, OktaUser } from '../../local/doubles/okta/okta.ts';
import type { makeOktaRuns } from '../support/okta-runs.ts';
import { shownAs } from '../support/strange-texts.ts';

type World = ReturnType<typeof makeOktaRuns>;
type Answering = Pick<World['okta'], 'handle'>;

/** Groups that decide who is mirrored: patterns of the configuration, and what they mean. */
export const DECIDING = { patterns: ['Group 00gA*', 'Group 00gB'], regex: /^Group 00gA.*$|^Group 00gB$/i };

/** Groups that decide who only looks on, and who does not by any other. */
export const VIEWING = {
  access: [
    { group: 'Group 00gB*', role: 'viewer' },
    { group: 'Group 00gC*', role: 'viewer' },
    { group: 'Group 00gA*', role: 'editor' },
  ],
  viewer: /^Group 00g[BC].*$/i,
  editor: /^Group 00gA.*$/i,
};
/** What Velt's user fields may be made of. */
export const MADE = {
  // By a name that is the same for all who are one user.
  own: {
    userId: 'profile.employeeNumber',
    attributes: {
      name: { template: 'No. {profile.employeeNumber}' },
      email: null,
      plan: 'profile.firstName',
    },
  },
  'own ids': { userId: 'profile.employeeNumber', profile: 'ids' },
  ids: { profile: 'ids' },
  login: { userId: { path: 'profile.login', lower: true }, attributes: { email: null } },
};
export type Made = keyof typeof MADE;

/** Divisions, and patterns of groups with what they mean, with the Velt organization of each. */
const DIVISIONS = [
  ['North', 'acme'],
  ['South', 'globex'],
  ['7', 'acme'],
] as const;
const PLACING = [
  ['Group 00gA*', /^Group 00gA.*$/i, 'acme'],
  ['Group 00gB', /^Group 00gB$/i, 'globex'],
  ['Group 00gC*', /^Group 00gC.*$/i, 'globex'],
] as const;
/** What may say in which Velt organizations somebody is. */
export const PLACED = {
  division: { attribute: 'profile.division', map: Object.fromEntries(DIVISIONS) },
  groups: { groups: Object.fromEntries(PLACING.map(([pattern, , place]) => [pattern, place])) },
};
export type Placed = keyof typeof PLACED;

/** Who somebody is at Velt, and by what name, by what Okta shows of them; undefined where they have nothing to be anybody by. */
function shownBy({ id, profile }: OktaUser, made: Made | undefined) {
  const { firstName, lastName, login, employeeNumber: number } = profile;
  const userId = made === 'own' || made === 'own ids' ? number : made === 'login' ? login : id;
  if (typeof userId !== 'string' && typeof userId !== 'number') return undefined;
  const name = made === 'own' ? `No. ${number}` : `${firstName} ${lastName}`;
  const isOnlyId = made === 'ids' || made === 'own ids';
  return { userId: String(userId), name: isOnlyId ? String(userId) : shownAs(name) };
}

/** What Okta answers to a GET; undefined where that is not found. */
export function ask<T>(okta: Answering, path: string): T | undefined {
  const headers = { authorization: 'SSWS example-ssws-token' };
  const { status, body } = okta.handle({ method: 'GET', path: `/api/v1/${path}`, headers });
  return status === 200 ? (JSON.parse(body) as T) : undefined;
}

/** What Velt should hold, by nothing but Okta's own answers: in lists of one page each, and every status. */
export function expected(
  { okta }: { okta: Answering },
  deciding: RegExp | undefined,
  made?: Made,
  isPlaced: (user: OktaUser) => boolean = () => true,
) {
  const groups = groupsOf(okta);
  const inScope = membersOf(okta, deciding);
  const here = (ask<OktaUser[]>(okta, 'users?limit=200&search=all') ?? [])
    .filter(({ status }) => status !== 'DEPROVISIONED' && status !== 'SUSPENDED')
    .filter(({ id }) => deciding === undefined || inScope.has(id))
    .filter(isPlaced);
  const shown = new Map(here.map((it) => [it.id, shownBy(it, made)]));
  const named = ({ id, profile }: OktaGroup) => {
    const members = [...membersIn(okta, id)].flatMap((member) => shown.get(member)?.userId ?? []);
    return [id, { name: shownAs(profile.name), members: [...new Set(members)].sort() }] as const;
  };
  const [viewing, editing] = [membersOf(okta, VIEWING.viewer), membersOf(okta, VIEWING.editor)];
  const isViewer = (id: string) => viewing.has(id) && !editing.has(id);
  const byUser = Map.groupBy(shown, ([, it]) => it?.userId);
  byUser.delete(undefined);
  return {
    users: Object.fromEntries([...shown.values()].flatMap((it) => (it ? [[it.userId, it.name]] : []))),
    groups: Object.fromEntries(groups.map(named).filter(([, { members }]) => members.length > 0)),
    /** Who only looks on where groups decide that: of several who are one user, each has a say. */
    viewers: new Map(
      [...byUser].map(([userId = '', people]) => [userId, new Set(people.map(([id]) => isViewer(id)))]),
    ),
  };
}

const groupsOf = (okta: Answering) => ask<OktaGroup[]>(okta, 'groups?limit=200') ?? [];

function membersIn(okta: Answering, id: string): Set<string> {
  return new Set((ask<OktaUser[]>(okta, `groups/${id}/users?limit=200`) ?? []).map((member) => member.id));
}

/** Who is in groups of such names. */
function membersOf(okta: Answering, named: RegExp | undefined): Set<string> {
  const meant = groupsOf(okta).filter(({ profile }) => named?.test(shownAs(profile.name)));
  return new Set(meant.flatMap(({ id }) => [...membersIn(okta, id)]));
}

/** The Velt organizations of somebody, by nothing but Okta's own answers. */
function placesOf(okta: Answering, { id, profile }: OktaUser, placed: Placed | undefined): string[] {
  if (placed === undefined) return ['acme'];
  if (placed === 'division')
    return DIVISIONS.flatMap(([division, place]) => (String(profile.division) === division ? place : []));
  return PLACING.filter(([, named]) => membersOf(okta, named).has(id)).map(([, , place]) => place);
}

/** What there is, or should be, in each organization of Velt that anybody is in; `viewers` where roles are told. */
interface Held {
  users: Record<string, string | undefined>;
  groups: Record<string, { name: string | undefined; members: string[] }>;
  viewers: string[];
}

/**
 * What Velt holds, and what it should. Two who are one user of Velt may have one role each, and either counts: such a role is left
 * out of both.
 */
export function heldAndExpected(
  world: World,
  {
    deciding,
    made,
    placed,
    access,
  }: { deciding?: RegExp | undefined; made?: Made | undefined } & {
    placed?: Placed | undefined;
    access: boolean;
  },
): [Record<string, Held>, Record<string, Held>] {
  const organizations = ['acme', 'globex'].map((organization) => {
    const isPlaced = (user: OktaUser) => placesOf(world.okta, user, placed).includes(organization);
    const { viewers, ...should } = expected(world, deciding, made, isPlaced);
    const isOf = (isViewer: boolean) => (id: string) => {
      const roles = viewers.get(id);
      return roles === undefined || (roles.size === 1 && roles.has(isViewer));
    };
    const told = access ? [...viewers.keys()].filter(isOf(true)) : [];
    const is = viewersAtVelt(world, organization).filter((id) => isOf(true)(id) || isOf(false)(id));
    return [
      [organization, { ...atVelt(world, organization), viewers: is.sort() }],
      [organization, { ...should, viewers: told.sort() }],
    ] as const;
  });
  const others = Object.keys(world.organizations()).filter((id) => id !== 'acme' && id !== 'globex');
  return [
    Object.fromEntries([
      ...organizations.map(([held]) => held),
      ...others.map((id) => [id, { ...atVelt(world, id), viewers: [] }] as const),
    ]),
    Object.fromEntries(organizations.map(([, should]) => should)),
  ];
}

function viewersAtVelt({ roles }: Pick<World, 'roles'>, organization: string): string[] {
  return Object.entries(roles()[organization]?.here ?? {}).flatMap(([id, role]) =>
    role === 'viewer' ? id : [],
  );
}

/** The groups that let somebody be mirrored, where groups decide. */
export function decidingOf({ okta }: Pick<World, 'okta'>, id: string): string[] {
  return [...okta.groups.values()]
    .filter((it) => DECIDING.regex.test(shownAs(it.profile.name)) && okta.membersOf(it.id).includes(id))
    .map((it) => it.id);
}

export function atVelt(world: Pick<World, 'organizations'>, organization = 'acme') {
  const { users = {}, groups = {} } = world.organizations()[organization] ?? {};
  return {
    users: Object.fromEntries(Object.entries(users).map(([id, { name }]) => [id, name])),
    groups: Object.fromEntries(
      Object.entries(groups)
        .map(
          ([id, { groupName, members }]) => [id, { name: groupName, members: [...members].sort() }] as const,
        )
        .filter(([, { members }]) => members.length > 0),
    ),
  };
}
