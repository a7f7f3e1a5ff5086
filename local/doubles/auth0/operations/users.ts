import type { Auth0Event } from '../streams.ts';
import {
  type Auth0Identity,
  type Auth0User,
  completeUser,
  memberKey,
  type NewAuth0User,
} from '../tenant/objects.ts';
import { type Context, checkNew, known } from './context.ts';
import { removeGroupMember } from './groups.ts';
import { removeMember } from './organizations.ts';

/** What an admin does with users, and users who log in. */
export function userOperations(context: Context) {
  const { tenant, now, userOf } = context;
  const update = (id: string, changes: Record<string, unknown>) => updateUser(context, id, changes);
  return {
    createUser(user: NewAuth0User): Auth0Event[] {
      checkNew(tenant.users, user.user_id);
      return putUser(context, 'user.created', completeUser(user, now()));
    },
    /**
     * Metadata is merged key by key, as Auth0 does; null removes an attribute or a key. A new address is not verified until it is
     * said to be.
     */
    updateUser: update,
    /** Auth0 records a login as an update of the user. */
    login(id: string): Auth0Event[] {
      const logins_count = (userOf(id).logins_count ?? 0) + 1;
      return update(id, { last_login: now(), last_ip: '203.0.113.10', logins_count });
    },
    blockUser: (id: string) => update(id, { blocked: true }),
    unblockUser: (id: string) => update(id, { blocked: false }),
    /** Also deletes the accounts linked to it, and the memberships, which have no events unless operations cascade. */
    deleteUser: (id: string) => deleteUser(context, id),
    /** Makes the secondary account an identity of the primary: its metadata and memberships are gone. */
    link(primaryId: string, secondaryId: string): Auth0Event[] {
      const [primary, secondary] = [userOf(primaryId), userOf(secondaryId)];
      if (primaryId === secondaryId) throw new Error('Main identity and the new one are the same');
      const linked = secondary.identities.map((identity, nth) =>
        nth === 0 ? { ...identity, profileData: profileOf(secondary) } : identity,
      );
      return [
        ...deleteUser(context, secondaryId),
        ...update(primaryId, { identities: [...primary.identities, ...linked] }),
      ];
    },
    /** Makes the secondary account a user of its own again, a new one. */
    unlink(primaryId: string, secondaryId: string): Auth0Event[] {
      const { identities } = userOf(primaryId);
      const identity = known(
        identities.slice(1).find((one) => idOfIdentity(one) === secondaryId),
        secondaryId,
      );
      const { profileData, ...own } = identity;
      const restored = completeUser({ ...profileData, user_id: secondaryId, identities: [own] }, now());
      return [
        ...update(primaryId, { identities: identities.filter((one) => one !== identity) }),
        ...putUser(context, 'user.created', restored),
      ];
    },
  };
}

function putUser({ tenant, emit, userOf }: Context, type: string, user: Auth0User): Auth0Event[] {
  const previous = type === 'user.updated' ? userOf(user.user_id) : undefined;
  tenant.putUser(user);
  return [emit(type, { object: user, previous })];
}

function updateUser(context: Context, id: string, changes: Record<string, unknown>): Auth0Event[] {
  const user = context.userOf(id);
  const isNewAddress = 'email' in changes && changes.email !== user.email;
  const merged: Record<string, unknown> = {
    ...user,
    ...(isNewAddress && { email_verified: changes.email === null ? null : false }),
    ...changes,
    updated_at: context.now(),
  };
  for (const key of ['app_metadata', 'user_metadata']) {
    if (key in changes) merged[key] = withoutNulls({ ...(user[key] as object), ...(changes[key] as object) });
  }
  return putUser(context, 'user.updated', withoutNulls(merged) as Auth0User);
}

function deleteUser(context: Context, id: string): Auth0Event[] {
  const { tenant, emit, cascades, now, userOf } = context;
  const user = userOf(id);
  const children = cascades ? removeMemberships(context, id) : [];
  tenant.removeUser(id);
  return [...children, emit('user.deleted', { object: { ...user, deleted_at: now() } })];
}

function removeMemberships(context: Context, id: string): Auth0Event[] {
  const { tenant } = context;
  const member = { member_type: 'user' as const, id };
  const groupIds = tenant.groupMembers.containersOf(memberKey(member));
  return [
    ...[...tenant.members.containersOf(id)].flatMap((organizationId) =>
      removeMember(context, organizationId, id),
    ),
    ...[...groupIds].flatMap((groupId) => removeGroupMember(context, groupId, member)),
  ];
}

function profileOf(user: Auth0User): Record<string, unknown> {
  const keys = [
    'email',
    'email_verified',
    'name',
    'nickname',
    'picture',
    'given_name',
    'family_name',
    'phone_number',
  ];
  return Object.fromEntries(Object.entries(user).filter(([key]) => keys.includes(key)));
}

function idOfIdentity({ provider, user_id }: Auth0Identity): string {
  return `${provider}|${user_id}`;
}

function withoutNulls(attributes: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null));
}
