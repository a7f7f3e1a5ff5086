export type Profile = Record<string, unknown>;
/** Users by id: of an organization, a folder or a document. */
export type Scope = Map<string, Profile>;
export type Group = { groupName: string; members: Set<string> };
export type Organization = {
  name?: string;
  users: Scope;
  groups: Map<string, Group>;
  folders: Map<string, Scope>;
  documents: Map<string, Scope>;
};

/** Everything in Velt. `changed` says whether the request that is served has changed it. */
export type Store = { organizations: Map<string, Organization>; changed: boolean };

/** Which folder or document a request is about; neither stands for the organization. */
export type ScopeOf = { folderId?: string | undefined; documentId?: string | undefined };

/** A copy of everything in Velt. */
export type VeltState = {
  organizations: Record<
    string,
    {
      users: Record<string, Profile>;
      groups: Record<string, { groupName: string; members: string[] }>;
      folders: Record<string, string[]>;
      documents: Record<string, string[]>;
    }
  >;
};

/** The organization of this id, created when there is none. */
export function openOrganization(store: Store, organizationId: string): Organization {
  const known = store.organizations.get(organizationId);
  if (known) return known;
  const created = { users: new Map(), groups: new Map(), folders: new Map(), documents: new Map() };
  store.organizations.set(organizationId, created);
  store.changed = true;
  return created;
}

export function findScope(
  organization: Organization | undefined,
  { folderId, documentId }: ScopeOf,
): Scope | undefined {
  if (folderId !== undefined) return organization?.folders.get(folderId);
  if (documentId !== undefined) return organization?.documents.get(documentId);
  return organization?.users;
}

/** The organization itself, and all of its folders and documents. */
export function scopesOf(organization: Organization | undefined): Scope[] {
  return organization
    ? [organization.users, ...organization.folders.values(), ...organization.documents.values()]
    : [];
}

/** The scope of a request, created when there is none. */
export function openScope(store: Store, organization: Organization, scope: ScopeOf): Scope {
  const known = findScope(organization, scope);
  if (known) return known;
  const created: Scope = new Map();
  if (scope.folderId !== undefined) organization.folders.set(scope.folderId, created);
  if (scope.documentId !== undefined) organization.documents.set(scope.documentId, created);
  store.changed = true;
  return created;
}

/** Adds a user or replaces its profile. */
export function putUser(store: Store, scope: Scope, userId: string, profile: Profile): void {
  if (canonical(scope.get(userId)) === canonical(profile)) return;
  scope.set(userId, profile);
  store.changed = true;
}

/** A copy of everything, with ids and members sorted. */
export function stateOf({ organizations }: Store): VeltState {
  return {
    organizations: toObject(organizations, ({ users, groups, folders, documents }) => ({
      users: toObject(users, (profile) => ({ ...profile })),
      groups: toObject(groups, ({ groupName, members }) => ({ groupName, members: [...members].sort() })),
      folders: toObject(folders, (scope) => [...scope.keys()].sort()),
      documents: toObject(documents, (scope) => [...scope.keys()].sort()),
    })),
  };
}

/** Everyone's role, told or Velt's own, in each organization (`here`), folder and document of it. */
export function rolesOf({ organizations }: Store): Record<string, Record<string, Record<string, string>>> {
  const inScope = (scope: Scope) => toObject(scope, ({ accessRole = 'editor' }) => String(accessRole));
  return toObject(organizations, ({ users, folders, documents }) => ({
    here: inScope(users),
    ...toObject(folders, inScope),
    ...toObject(documents, inScope),
  }));
}

/** Orders entries of a map. */
export function byId([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

function canonical(profile: Profile | undefined): string | undefined {
  return profile && JSON.stringify(Object.entries(profile).sort());
}

function toObject<T, U>(map: Map<string, T>, each: (value: T) => U): Record<string, U> {
  return Object.fromEntries([...map].sort(byId).map(([key, value]) => [key, each(value)]));
}
