import type { Attribute, Field } from './change.ts';
import type { Role } from './roles.ts';
import { cleanName } from './text.ts';

/** Names to take and names to leave; what is in neither list is left. */
export interface Patterns {
  include: string[];
  exclude: string[];
}

/** A role in Velt, for members of the groups that `group` means, or for everyone. */
export interface Access {
  group?: string | undefined;
  organizationId?: string | undefined;
  role?: Role | undefined;
}

/** Folder or document access in Velt, for the same. */
export interface Grant extends Access {
  folderId?: string | undefined;
  documentId?: string | undefined;
}

/** The attributes of which Velt is told where nothing else is configured. */
export const USUAL: readonly Field[] = ['name', 'email', 'photoUrl'];

/** What a source's configuration decides, in the words of every kind of source. */
export interface Settings {
  /** What somebody's Velt user id is; `attribute`: the one that their profile has. */
  userId: 'id' | 'email' | 'lower-case-email' | 'attribute';
  /** The attributes of which Velt is told; the usual ones by default. `none`: Velt holds nothing but ids. */
  attributes?: readonly Field[] | 'none' | undefined;
  /** Whether an attribute says when somebody is to leave Velt, which a profile then has. */
  expires?: boolean | undefined;
  users: 'all' | { application: string } | { groups: string[] };
  /**
   * One Velt organization for everyone; or those of Velt for the source's organizations, by id or name, or for its groups, by
   * pattern; or the ones that an attribute can name, which a profile then has.
   */
  organization:
    | string
    | { organizations: Record<string, string> }
    | { groups: Record<string, string> }
    | { attribute: string[] };
  deprovision: Record<'deactivated' | 'suspended' | 'deleted', 'remove' | 'keep'>;
  groups: Patterns;
  roles: Patterns;
  grants: Grant[];
  /** Roles in the organization itself. */
  access: Access[];
  /** Whether people are known by reading only, because events tell too little of them. */
  readsPeople: boolean;
  /** Whether an event can be a mere hint to read somebody. */
  readsOnEvents: boolean;
}

/** A container as far as patterns look at it; `name` is undefined while nobody told it. */
export interface Named {
  kind: string;
  id: string;
  name?: string | undefined;
}

/** What a container counts for, each by the first pattern that means it; the Velt organizations by each key or pattern. */
export interface Counting {
  scope?: string | undefined;
  include?: string | undefined;
  exclude?: string | undefined;
  organizations?: [by: string, organizationId: string][];
}

export type Policy = ReturnType<typeof createPolicy>;

/** The decisions of one source's configuration: who is mirrored, and what becomes of what they are in. */
export function createPolicy(settings: Settings) {
  const { users, organization, groups, roles, grants, access } = settings;
  const { userId, deprovision, readsPeople, readsOnEvents } = settings;
  const application = typeof users === 'object' && 'application' in users ? users.application : undefined;
  const deciding = typeof users === 'object' && 'groups' in users ? users.groups : [];
  const granted = [...grants, ...access].flatMap(({ group }) => group ?? []);
  const single = typeof organization === 'string' ? organization : undefined;
  const by = typeof organization === 'string' ? undefined : organization;
  const mapped: Record<string, string> = by && 'organizations' in by ? by.organizations : {};
  const placing = Object.entries(by && 'groups' in by ? by.groups : {});
  const named = by && 'attribute' in by ? by.attribute : undefined;
  const counting = [...deciding, ...granted, ...placing.map(([pattern]) => pattern)];
  const patterns = [counting, groups.include, groups.exclude, roles.include, roles.exclude].flat();

  const ofKind = ({ kind }: Named) => (kind === 'role' ? roles : groups);
  const decides = (ref: Named) => isGroup(ref) && isNamed(deciding, ref);
  const becomesGroup = (ref: Named) =>
    isGroup(ref) && isNamed(ofKind(ref).include, ref) && !isNamed(ofKind(ref).exclude, ref);
  // An Auth0 organization may well be called "constructor".
  const mappedBy = (key: string | undefined) =>
    key !== undefined && Object.hasOwn(mapped, key) ? mapped[key] : undefined;
  const organizationFor = ({ id, name }: Named) => single ?? mappedBy(id) ?? mappedBy(name);
  const organizationsBy = (ref: Named): [by: string, organizationId: string][] => {
    if (isGroup(ref)) return placing.filter(([pattern]) => matches(pattern, ref));
    const key = ref.kind === 'organization' && [ref.id, ref.name].find((key) => mappedBy(key) !== undefined);
    return key ? [[key, mapped[key] as string]] : [];
  };

  return {
    ...{ userId, grants, access, deprovision, readsPeople, readsOnEvents },
    /** Whether several people can be one Velt user, of whatever source. */
    sharesUsers: userId !== 'id',
    /** What other sources give roles by: where one does, everybody has one. */
    rulesOfOthers: [] as Grant[],
    ...attributesOf(settings, named !== undefined),
    /** The application that decides who is mirrored, if one does. */
    application,
    /** Whether everyone of the source is mirrored. */
    everyone: users === 'all',
    /** Every Velt organization that people of the source can be in. */
    organizationIds: [
      ...new Set([single ?? [], named ?? [], Object.values(mapped), placing.map(([, id]) => id)].flat()),
    ],
    /** What says in which Velt organizations somebody is; undefined where everyone is in one. */
    organizationsAreBy: by && (named ? 'attribute' : 'groups' in by ? 'groups' : 'organizations'),
    /** Whether a new name of a container can change what its members should have. */
    namesMatter: (by && 'organizations' in by) || patterns.some((pattern) => pattern !== '*'),
    /** Whether any group, or any role, can change what somebody has in Velt. */
    mayCount: (kind: 'group' | 'role'): boolean =>
      [...(kind === 'role' ? roles : groups).include, ...counting].length > 0,
    /** Whether a member of all these is one of those who are mirrored. */
    isInScope: (memberOf: Named[]): boolean =>
      users === 'all' ||
      memberOf.some((ref) => decides(ref) || (ref.kind === 'application' && ref.id === application)),
    /** Whether a group brings its members into scope. */
    decides,
    /** Whether a Velt user group is made of this group or role. */
    becomesGroup,
    /** The Velt organization of an organization of the source, by its id or its name. */
    organizationFor,
    /** The Velt organizations of a member of all these: the one of everyone, or theirs. What an attribute says is for the caller. */
    organizationsOf: (memberOf: Named[]): Set<string> =>
      new Set(single === undefined ? memberOf.flatMap(organizationsBy).map(([, id]) => id) : [single]),
    /** Whether a container can change by itself what its members have in Velt. */
    counts(ref: Named): boolean {
      if (isGroup(ref)) return becomesGroup(ref) || isNamed(counting, ref);
      if (ref.kind === 'application') return ref.id === application;
      // A role in any organization may be what brings somebody into scope.
      if (ref.kind === 'organization') return users !== 'all' || organizationFor(ref) !== undefined;
      return true;
    },
    /** Why a container counts, for an operator. */
    countsBy(ref: Named): Counting {
      if (ref.kind === 'application') return { scope: ref.id === application ? application : undefined };
      const organizations = organizationsBy(ref);
      if (!isGroup(ref)) return { organizations };
      const { include, exclude } = ofKind(ref);
      const scope = patternFor(deciding, ref);
      return { scope, organizations, include: patternFor(include, ref), exclude: patternFor(exclude, ref) };
    },
    /** Whether the pattern of a grant or a role means one of these groups; without a pattern it is for everyone. */
    isGranted: ({ group }: Access, members: Named[]): boolean =>
      group === undefined || members.some((ref) => matches(group, ref)),
  };
}

function attributesOf({ userId, attributes = USUAL, expires = false }: Settings, sayWhere: boolean) {
  const told = new Set<Field>(attributes === 'none' ? [] : attributes);
  const onlyIds = attributes === 'none';
  const isAddress = userId === 'email' || userId === 'lower-case-email';
  return {
    /** The attributes of which Velt is told. */
    attributes: told,
    /** Whether Velt holds nothing of people but ids. */
    onlyIds,
    /** Whether an attribute of somebody is of any use. */
    needs(attribute: Attribute): boolean {
      if (attribute === 'userId') return userId === 'attribute' || onlyIds;
      if (attribute === 'organization') return sayWhere;
      if (attribute === 'expiresAt') return expires;
      return told.has(attribute) || (attribute === 'email' && isAddress);
    },
  };
}

/** Whether a container is of a kind that can become a Velt user group. */
export function isGroup({ kind }: { kind: string }): boolean {
  return kind === 'group' || kind === 'role';
}

function isNamed(patterns: string[], ref: Named): boolean {
  return patternFor(patterns, ref) !== undefined;
}

function patternFor(patterns: string[], ref: Named): string | undefined {
  return patterns.find((pattern) => matches(pattern, ref));
}

/**
 * `*` stands for any characters, also none. Both are compared as cleaned names, upper and lower case alike. Takes time in
 * proportion to the texts.
 */
function matches(pattern: string, { id, name }: Named): boolean {
  if (pattern === '*' || pattern === id) return true;
  const text = comparable(name ?? '');
  if (text === '') return false;
  const [first = '', ...rest] = comparable(pattern).split('*');
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
}

function comparable(text: string): string {
  return cleanName(text)?.toLowerCase() ?? '';
}
