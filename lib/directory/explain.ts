import type { ContainerRef } from './change.ts';
import { desired, isUncertain, lackOf, standingOf, type User, whyNotHere } from './desired.ts';
import { type Inner, innerOf, type PersonEntry, parseScopeKey, type Scope, scopeKey } from './entry.ts';
import type { Containers } from './graph.ts';
import type { Access, Grant, Policy } from './policy.ts';
import { DEFAULT_ROLE, type Role, rulesIn } from './roles.ts';

/** What of a source's configuration decided something: a setting, and in it a pattern or a key, where it has some. */
export interface Cause {
  setting: 'users' | 'organization' | 'groups' | 'roles' | 'access' | 'grants';
  pattern?: string | undefined;
}

/** What comes of being in one container. An `excluded` one would be a group but for a pattern. */
export interface Outcome extends Cause {
  becomes: 'scope' | 'organization' | 'excluded' | Inner;
  scope?: Scope | undefined;
  role?: Role | undefined;
}

/** Something that a person is in, and all that comes of it: nothing, where there is no outcome. */
export interface Membership extends ContainerRef {
  outcomes: Outcome[];
}

/** An organization, a folder or a document of Velt in which a person is to be, with their role where they are told one. */
export interface Place {
  scope: Scope;
  role?: Role | undefined;
  /** Of a role that no rule gives, empty: it is Velt's own. */
  causes: Cause[];
}

/** What Velt should hold for a person, and by which settings. */
export interface Explanation {
  /** Why they are not in Velt; then there is neither a user nor a place. */
  why?: string | undefined;
  user?: User | undefined;
  memberships: Membership[];
  places: Place[];
}

/** Says of what `desired` works out for a person at `now` (ms since the epoch) why it is so. */
export function explain(
  entry: PersonEntry,
  containers: Containers,
  policy: Policy,
  now: number,
): Explanation {
  const { memberOf, groupsIn } = standingOf(entry, containers, policy);
  const wanted = desired(entry, containers, policy, now);
  const why = whyNotAtVelt(entry, containers, policy, now);
  const isIn = wanted !== undefined && why === undefined;
  const memberships = memberOf.map((ref) => ({
    ...ref,
    outcomes: [
      ...ownOutcomes(ref, policy),
      ...(isIn ? [...groupsIn].flatMap(([id, here]) => outcomesIn(id, here.includes(ref), ref, policy)) : []),
    ],
  }));
  if (!isIn) return { why, memberships, places: [] };
  const places = [...wanted.scopes.values()]
    .filter((scope) => innerOf(scope) !== 'group')
    .map((scope): Place => {
      const role = wanted.roles.get(scopeKey(scope));
      return { scope, role, causes: causesOf(scope, role, groupsIn.get(scope.organizationId) ?? [], policy) };
    });
  return { user: wanted.user, memberships, places };
}

/** Why somebody is not meant to be in Velt at `now` (ms since the epoch), or nobody can say; undefined where they are. */
export function whyNotAtVelt(
  entry: PersonEntry,
  containers: Containers,
  policy: Policy,
  now: number,
): string | undefined {
  if (isUncertain(entry, containers, policy, now))
    return 'a newer version wrote what they are in: this one cannot tell';
  const why = whyNotHere(entry, policy, now) ?? lackOf(entry, containers, policy, now)?.why;
  if (why !== undefined) return why;
  return desired(entry, containers, policy, now) ? undefined : 'they are in nothing that "users" names';
}

/** What comes of a container wherever it counts. */
function ownOutcomes(ref: ContainerRef, policy: Policy): Outcome[] {
  const { scope, exclude, organizations = [] } = policy.countsBy(ref);
  return [
    ...(scope === undefined ? [] : [{ becomes: 'scope', setting: 'users', pattern: scope } as const]),
    ...organizations.map(
      ([pattern, organizationId]): Outcome => ({
        ...{ becomes: 'organization', setting: 'organization', pattern },
        scope: { organizationId },
      }),
    ),
    ...(exclude === undefined
      ? []
      : [{ becomes: 'excluded', setting: settingFor(ref), pattern: exclude } as const]),
  ];
}

/** What comes of a group or role in one Velt organization, if it counts there. */
function outcomesIn(organizationId: string, counts: boolean, ref: ContainerRef, policy: Policy): Outcome[] {
  if (!counts) return [];
  const group: Outcome = {
    ...{ becomes: 'group', scope: { organizationId, groupId: ref.id } },
    ...{ setting: settingFor(ref), pattern: policy.countsBy(ref).include },
  };
  const given = [...rulesIn(organizationId, policy)].flatMap(([key, rules]) =>
    rules
      .filter((rule) => rule.group !== undefined && policy.isGranted(rule, [ref]))
      .map((rule): Outcome => {
        const scope = parseScopeKey(key);
        return { becomes: innerOf(scope) ?? 'organization', scope, role: rule.role, ...causeOf(rule) };
      }),
  );
  return [...(policy.becomesGroup(ref) ? [group] : []), ...given];
}

/** By which rules a place has somebody of these groups, or has them in the role that they have there. */
function causesOf(scope: Scope, role: Role | undefined, groups: ContainerRef[], policy: Policy): Cause[] {
  if (innerOf(scope) === undefined && role === undefined) return [{ setting: 'organization' }];
  const rules = rulesIn(scope.organizationId, policy).get(scopeKey(scope)) ?? [];
  return rules
    .filter((rule) => policy.isGranted(rule, groups))
    .filter((rule) => role === undefined || (rule.role ?? DEFAULT_ROLE) === role)
    .map(causeOf);
}

function causeOf(rule: Access | Grant): Cause {
  const isGrant = 'folderId' in rule || 'documentId' in rule;
  return { setting: isGrant ? 'grants' : 'access', pattern: rule.group };
}

function settingFor({ kind }: ContainerRef): 'groups' | 'roles' {
  return kind === 'role' ? 'roles' : 'groups';
}
