import type { OktaLog, OktaLogEvent, OktaLogTarget } from './log.ts';
import type { OktaApp, OktaGroup, OktaOrg, OktaStatus, OktaUser } from './org.ts';

/** The org and its log, and how operations on them are recorded. */
type Context = ReturnType<typeof contextOf>;

/**
 * What an admin does in an Okta org. Each operation changes the org, adds its events to the System Log and returns them, so
 * that a test delivers or loses them. An operation that changes nothing has no events. Throws when a user, group or
 * application does not exist.
 */
export function createOktaOperations(org: OktaOrg, log: OktaLog, clock: () => number) {
  const context = contextOf(org, log, clock);
  return {
    ...userOperations(context),
    ...groupOperations(context),
    assignApp(appId: string, userId: string): OktaLogEvent[] {
      const isNew = !org.isAssigned(appId, userId);
      const events = isNew ? [context.logAssignment('application.user_membership.add', appId, userId)] : [];
      org.assign(appId, userId);
      return events;
    },
    unassignApp: (appId: string, userId: string) => unassign(context, appId, userId),
    /** Everybody stays assigned to it. */
    deactivateApp: (id: string) => switchApp(context, 'application.lifecycle.deactivate', id, 'INACTIVE'),
    activateApp: (id: string) => switchApp(context, 'application.lifecycle.activate', id, 'ACTIVE'),
    /** Okta's own event, in the log only, that it gave up on a delivery to a hook. */
    failDelivery(hookId: string): OktaLogEvent[] {
      const hook = { id: hookId, type: 'EventHook' as const, alternateId: 'unknown', displayName: hookId };
      return [log.append('event_hook.delivery', { target: [hook], result: 'FAILURE' })];
    },
  };
}

function contextOf(org: OktaOrg, log: OktaLog, clock: () => number) {
  const userOf = (id: string) => known(org.users.get(id), id);
  return {
    org,
    log,
    clock,
    /** Okta's times of users and groups have whole seconds. */
    now: () => new Date(Math.floor(clock() / 1000) * 1000).toISOString(),
    userOf,
    groupOf: (id: string) => known(org.groups.get(id), id),
    logUser: (type: string, user: OktaUser) => log.append(type, { target: [userTarget(user)] }),
    logAssignment(type: string, appId: string, userId: string): OktaLogEvent {
      const user = userTarget(userOf(userId));
      const app = appTarget(known(org.apps.get(appId), appId));
      return log.append(type, {
        target: [{ ...user, id: `0ua${userId.slice(3)}`, type: 'AppUser' }, app, user],
      });
    },
  };
}

function userOperations(context: Context) {
  const { org, log, now, userOf, logUser } = context;

  function setStatus(type: string, id: string, status: OktaStatus): OktaLogEvent[] {
    const user = { ...userOf(id), status, lastUpdated: now(), statusChanged: now() };
    org.putUser(user);
    return [logUser(type, user)];
  }

  function deactivate(id: string): OktaLogEvent[] {
    const unassigned = [...org.apps.keys()].flatMap((appId) => unassign(context, appId, id));
    return [...unassigned, ...setStatus('user.lifecycle.deactivate', id, 'DEPROVISIONED')];
  }

  return {
    /** ACTIVE unless `user` has another status. */
    createUser(user: OktaUser): OktaLogEvent[] {
      const created = { created: now(), lastUpdated: now(), statusChanged: now(), ...user };
      org.putUser(created);
      const events = [logUser('user.lifecycle.create', created)];
      if ((user.status ?? 'ACTIVE') !== 'ACTIVE') return events;
      return [...events, logUser('user.lifecycle.activate', created)];
    },
    updateProfile(id: string, attributes: Partial<OktaUser['profile']>): OktaLogEvent[] {
      const user = userOf(id);
      const updated = {
        ...user,
        lastUpdated: now(),
        profile: { ...user.profile, ...attributes } as OktaUser['profile'],
      };
      org.putUser(updated);
      const changedAttributes = Object.keys(attributes).join(',');
      return [
        log.append('user.account.update_profile', { target: [userTarget(updated)], changedAttributes }),
      ];
    },
    activate: (id: string) => setStatus('user.lifecycle.activate', id, 'ACTIVE'),
    suspend: (id: string) => setStatus('user.lifecycle.suspend', id, 'SUSPENDED'),
    unsuspend: (id: string) => setStatus('user.lifecycle.unsuspend', id, 'ACTIVE'),
    /** Ends the assignments to applications and leaves the memberships in groups, as Okta does. */
    deactivate,
    /** Deletes in Okta's two steps: a user who is not DEPROVISIONED is deactivated first. */
    deleteUser(id: string): OktaLogEvent[] {
      const before = userOf(id).status === 'DEPROVISIONED' ? [] : deactivate(id);
      const user = userOf(id);
      org.removeUser(id);
      const types = ['user.lifecycle.delete.initiated', 'user.lifecycle.delete.completed'];
      return [...before, ...types.map((type) => logUser(type, user))];
    },
  };
}

function groupOperations({ org, log, clock, now, userOf, groupOf }: Context) {
  function changeMembership(type: string, groupId: string, userId: string, change: OktaOrg['link']) {
    const target = [userTarget(userOf(userId)), groupTarget(groupOf(groupId))];
    if (!change(groupId, userId)) return [];
    org.putGroup({ ...groupOf(groupId), lastMembershipUpdated: new Date(clock()).toISOString() });
    return [log.append(type, { target })];
  }

  return {
    createGroup(group: OktaGroup): OktaLogEvent[] {
      org.putGroup({ created: now(), lastUpdated: now(), ...group });
      return [log.append('group.lifecycle.create', { target: [groupTarget(group)] })];
    },
    renameGroup(id: string, name: string): OktaLogEvent[] {
      const group = groupOf(id);
      const renamed = { ...group, lastUpdated: now(), profile: { ...group.profile, name } };
      org.putGroup(renamed);
      return [
        log.append('group.profile.update', { target: [groupTarget(renamed)], changedAttributes: 'name' }),
      ];
    },
    /** Its event does not name the members. */
    deleteGroup(id: string): OktaLogEvent[] {
      const group = groupOf(id);
      org.removeGroup(id);
      return [log.append('group.lifecycle.delete', { target: [groupTarget(group)] })];
    },
    addMember: (groupId: string, userId: string) =>
      changeMembership('group.user_membership.add', groupId, userId, org.link),
    removeMember: (groupId: string, userId: string) =>
      changeMembership('group.user_membership.remove', groupId, userId, org.unlink),
  };
}

function unassign({ org, logAssignment }: Context, appId: string, userId: string): OktaLogEvent[] {
  if (!org.unassign(appId, userId)) return [];
  return [logAssignment('application.user_membership.remove', appId, userId)];
}

function switchApp(
  { org, log, now }: Context,
  type: string,
  id: string,
  status: 'ACTIVE' | 'INACTIVE',
): OktaLogEvent[] {
  const app = { ...known(org.apps.get(id), id), status, lastUpdated: now() };
  org.putApp(app);
  return [log.append(type, { target: [appTarget(app)] })];
}

function appTarget({ id, label }: OktaApp): OktaLogTarget {
  return { id, type: 'AppInstance', alternateId: label, displayName: label };
}

function known<T>(value: T | undefined, id: string): T {
  if (value === undefined) throw new Error(`there is no ${id} in this Okta org`);
  return value;
}

const userTarget = ({ id, profile }: OktaUser): OktaLogTarget => ({
  id,
  type: 'User',
  alternateId: profile.login,
  displayName: `${profile.firstName} ${profile.lastName}`,
});

const groupTarget = ({ id, profile }: OktaGroup): OktaLogTarget => ({
  id,
  type: 'UserGroup',
  alternateId: 'unknown',
  displayName: profile.name,
});
