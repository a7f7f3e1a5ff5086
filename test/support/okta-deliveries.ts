/** Okta deliveries for tests: the envelope and the events as Okta shapes them, with the fields that a test is about. */
type Options = { published?: string; uuid?: string; result?: string; displayName?: string };

let counter = 0;

export function oktaDelivery(...events: object[]) {
  return {
    eventType: 'com.okta.event_hook',
    eventTypeVersion: '1.0',
    cloudEventsVersion: '0.1',
    source: 'https://example-org.okta.com/api/v1/eventHooks/whoEXAMPLE',
    eventId: '00000000-0000-4000-8000-000000000001',
    data: { events },
    eventTime: '2026-09-01T12:00:00.000Z',
    contentType: 'application/json',
  };
}

export function oktaEvent(eventType: string, target: object[], options: Options = {}) {
  counter += 1;
  const {
    published = `2026-09-01T09:00:${String(counter % 60).padStart(2, '0')}.000Z`,
    uuid = `uuid-${counter}`,
    result = 'SUCCESS',
  } = options;
  return {
    uuid,
    published,
    eventType,
    version: '0',
    severity: 'INFO',
    outcome: { result, reason: null },
    target,
  };
}

export function userTarget(id: string, displayName = `Name ${id}`) {
  return {
    id,
    type: 'User',
    alternateId: `${id.toLowerCase()}@example.com`,
    displayName,
    detailEntry: null,
  };
}

export function groupTarget(id: string, displayName: string) {
  return { id, type: 'UserGroup', alternateId: 'unknown', displayName, detailEntry: null };
}

export const userCreate = (id: string, options?: Options) =>
  oktaEvent('user.lifecycle.create', [userTarget(id, options?.displayName)], options);
export const userActivate = (id: string, options?: Options) =>
  oktaEvent('user.lifecycle.activate', [userTarget(id, options?.displayName)], options);
export const userUpdate = (id: string, options?: Options) =>
  oktaEvent('user.account.update_profile', [userTarget(id, options?.displayName)], options);
export const userDeactivate = (id: string, options?: Options) =>
  oktaEvent('user.lifecycle.deactivate', [userTarget(id)], options);
export const membershipAdd = (id: string, groupId: string, name: string, options?: Options) =>
  oktaEvent('group.user_membership.add', [userTarget(id), groupTarget(groupId, name)], options);
export const membershipRemove = (id: string, groupId: string, name: string, options?: Options) =>
  oktaEvent('group.user_membership.remove', [groupTarget(groupId, name), userTarget(id)], options);
