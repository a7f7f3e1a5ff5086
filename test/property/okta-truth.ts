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
export function expected({ okta }: { okta: Answering }, deciding: RegExp | undefined, made?: Made) {
  const groups = ask<OktaGroup[]>(okta, 'groups?limit=200') ?? [];
  const membersOf = ({ id }: OktaGroup) =>
    (ask<OktaUser[]>(okta, `groups/${id}/users?limit=200`) ?? []).map((member) => member.id);
  const inScope = new Set(
    groups.filter(({ profile }) => deciding?.test(shownAs(profile.name))).flatMap(membersOf),
  );
  const here = (ask<OktaUser[]>(okta, 'users?limit=200&search=all') ?? [])
    .filter(({ status }) => status !== 'DEPROVISIONED' && status !== 'SUSPENDED')
    .filter(({ id }) => deciding === undefined || inScope.has(id));
  const shown = new Map(here.map((it) => [it.id, shownBy(it, made)]));
  return {
    users: Object.fromEntries([...shown.values()].flatMap((it) => (it ? [[it.userId, it.name]] : []))),
    groups: Object.fromEntries(
      groups
        .map(
          (it) =>
            [
              it.id,
              {
                name: shownAs(it.profile.name),
                members: [...new Set(membersOf(it).flatMap((id) => shown.get(id)?.userId ?? []))].sort(),
              },
            ] as const,
        )
        .filter(([, { members }]) => members.length > 0),
    ),
  };
}

/** Who of these should only look on, by nothing but Okta's own answers. */
export function expectedViewers({ okta }: { okta: Answering }, userIds: string[]): string[] {
  const groups = ask<OktaGroup[]>(okta, 'groups?limit=200') ?? [];
  const membersOf = (named: RegExp) =>
    groups
      .filter(({ profile }) => named.test(shownAs(profile.name)))
      .flatMap(({ id }) => ask<OktaUser[]>(okta, `groups/${id}/users?limit=200`) ?? [])
      .map(({ id }) => id);
  const [viewers, editors] = [membersOf(VIEWING.viewer), membersOf(VIEWING.editor)];
  return userIds.filter((id) => viewers.includes(id) && !editors.includes(id)).sort();
}

export function viewersAtVelt({ roles }: Pick<World, 'roles'>): string[] {
  return Object.entries(roles().acme?.here ?? {})
    .flatMap(([id, role]) => (role === 'viewer' ? id : []))
    .sort();
}

/** The groups that let somebody be mirrored, where groups decide. */
export function decidingOf({ okta }: Pick<World, 'okta'>, id: string): string[] {
  return [...okta.groups.values()]
    .filter((it) => DECIDING.regex.test(shownAs(it.profile.name)) && okta.membersOf(it.id).includes(id))
    .map((it) => it.id);
}

export function atVelt(world: Pick<World, 'state'>) {
  const { users = {}, groups = {} } = world.state() ?? {};
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
