import type { OktaApp, OktaGroup, OktaUser } from './org.ts';

/** The time of creation and last change of everything for which a test gives none. */
export const EPOCH = '2026-09-01T09:15:04.000Z';

/** A user as Okta's API shows it. */
export function showUser(orgUrl: string, { profile, ...user }: OktaUser) {
  const { status = 'ACTIVE', created = EPOCH, lastUpdated = created, statusChanged = created } = user;
  return {
    id: user.id,
    status,
    ...(user.transitioningToStatus !== undefined && { transitioningToStatus: user.transitioningToStatus }),
    created,
    activated: status === 'STAGED' ? null : created,
    statusChanged,
    lastLogin: null,
    lastUpdated,
    passwordChanged: null,
    type: { id: 'otyb7type0EXAMPLE1d7' },
    profile: { mobilePhone: null, secondEmail: null, ...profile },
    credentials: { provider: { type: 'OKTA', name: 'OKTA' } },
    _links: { self: { href: `${orgUrl}/api/v1/users/${user.id}` } },
  };
}

/** A group as Okta's API shows it. */
export function showGroup(orgUrl: string, { profile, ...group }: OktaGroup) {
  const { type = 'OKTA_GROUP', created = EPOCH, lastUpdated = created } = group;
  return {
    id: group.id,
    created,
    lastUpdated,
    lastMembershipUpdated: group.lastMembershipUpdated ?? lastUpdated,
    objectClass: ['okta:user_group'],
    type,
    profile: { description: null, ...profile },
    _links: { users: { href: `${orgUrl}/api/v1/groups/${group.id}/users` } },
  };
}

/** An application as Okta's API shows it. */
export function showApp(app: OktaApp | undefined) {
  return { status: 'ACTIVE', signOnMode: 'OPENID_CONNECT', ...app };
}

/** An application's view of a user; with `expand` the whole user beside it. */
export function showAppUser(orgUrl: string, appId: string, oktaUser: OktaUser, expand: boolean) {
  const user = showUser(orgUrl, oktaUser);
  const { id, created, lastUpdated, statusChanged, profile } = user;
  return {
    id,
    externalId: null,
    created,
    lastUpdated,
    scope: 'USER',
    status: 'ACTIVE',
    statusChanged,
    passwordChanged: null,
    syncState: 'DISABLED',
    credentials: { userName: profile.login },
    profile: { email: profile.email },
    _links: {
      app: { href: `${orgUrl}/api/v1/apps/${appId}` },
      user: { href: `${orgUrl}/api/v1/users/${id}` },
    },
    ...(expand && { _embedded: { user } }),
  };
}
