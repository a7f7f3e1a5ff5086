/** The time of creation of everything for which a test gives none. */
export const EPOCH = '2026-01-05T08:00:00.000Z';

export type Auth0Identity = {
  connection: string;
  provider: string;
  user_id: string | number;
  isSocial: boolean;
  /** The profile of the account before it was linked; the primary identity has none. */
  profileData?: Record<string, unknown>;
};

/** A user as Auth0 shows it. Instants are ISO with milliseconds. */
export type Auth0User = {
  user_id: string;
  created_at: string;
  updated_at: string;
  identities: Auth0Identity[];
  email?: string;
  email_verified?: boolean;
  name?: string;
  nickname?: string;
  picture?: string;
  blocked?: boolean;
  last_login?: string;
  logins_count?: number;
  [attribute: string]: unknown;
};

/** The parts of a user that a test may give; the rest, its identity too, is filled in as Auth0 does at a sign-up. */
export type NewAuth0User = Partial<Auth0User> & { user_id: string };

export type Auth0Organization = {
  id: string;
  name: string;
  display_name?: string;
  metadata?: Record<string, string>;
  branding?: Record<string, unknown>;
};

export type Auth0Role = { id: string; name: string; description?: string };

/** A group of an enterprise connection, of an organization, or of the whole tenant. */
export type Auth0Group = {
  id: string;
  name: string;
  external_id?: string;
  created_at?: string;
  updated_at?: string;
} & (
  | { type: 'connection'; connection_id: string; organization_id?: never }
  | { type: 'organization'; organization_id: string; connection_id?: never }
  | { type: 'tenant'; connection_id?: never; organization_id?: never }
);

export type StoredGroup = Auth0Group & { created_at: string; updated_at: string };

export type Auth0Connection = { id: string; name: string; strategy: string };

/** A user, a connection (all users of it), or a group in the group. */
export type Auth0GroupMember = { member_type: 'user' | 'connection' | 'group'; id: string };

/** The key for a user or group in an organization. */
export function pair(organizationId: string, id: string): string {
  return `${organizationId} ${id}`;
}

export function memberKey({ member_type, id }: Auth0GroupMember): string {
  return `${member_type} ${id}`;
}

export function memberOfKey(key: string): Auth0GroupMember {
  const space = key.indexOf(' ');
  return {
    member_type: key.slice(0, space) as Auth0GroupMember['member_type'],
    id: key.slice(space + 1),
  };
}

/**
 * The identity that a user id stands for: a provider and the id there, with the connection where the provider has several.
 * Throws Error when it is no user id.
 */
export function identityOf(userId: string): Auth0Identity {
  const bar = userId.indexOf('|');
  if (bar < 1 || bar === userId.length - 1) throw new Error(`${userId} is no Auth0 user id`);
  const [provider, id] = [userId.slice(0, bar), userId.slice(bar + 1)];
  const connection = provider === 'auth0' ? 'Username-Password-Authentication' : provider;
  const isSocial = ['google-oauth2', 'github', 'linkedin', 'windowslive', 'apple'].includes(provider);
  return {
    connection: id.includes('|') ? id.slice(0, id.indexOf('|')) : connection,
    provider,
    user_id: id,
    isSocial,
  };
}

/**
 * Fills in the attributes that every user has; `name` is the e-mail address or the telephone number unless it is given, and an
 * address is not verified unless it is said to be.
 */
export function completeUser(user: NewAuth0User, now: string): Auth0User {
  const { created_at = now, updated_at = created_at, identities = [identityOf(user.user_id)] } = user;
  const name = user.email ?? user.phone_number;
  return {
    ...(user.email !== undefined && { email_verified: false }),
    ...(name !== undefined && { name: String(name) }),
    ...(user.email !== undefined && { nickname: user.email.split('@')[0] ?? user.email }),
    picture: 'https://cdn.auth0.com/avatars/default.png',
    ...user,
    identities,
    created_at: new Date(created_at).toISOString(),
    updated_at: new Date(updated_at).toISOString(),
  };
}

/** Fills in the times of a group. */
export function completeGroup(group: Auth0Group, now: string): StoredGroup {
  const { created_at = now, updated_at = created_at } = group;
  return { ...group, created_at, updated_at };
}
