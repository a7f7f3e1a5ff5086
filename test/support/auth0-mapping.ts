import type { Change, NestingChange } from '../../lib/directory/change.ts';
import { mapBody } from '../../lib/sources/auth0/inbound.ts';
import {
  auth0Event,
  auth0User,
  groupChange,
  membershipChange,
  NOW,
  personChange,
  second,
} from './factories.ts';

export const map = (body: unknown, { api = false } = {}) =>
  mapBody(body, { source: 'customers', latest: NOW, config: api ? { api: { headroom: 0 } } : {} });
export const changesOf = (body: unknown, options = {}) => map(body, options).changes;
export const mapUser = (type: string, user: object = {}) => map(auth0Event(type, auth0User({ ...user })));

export const common = { source: 'customers', personId: 'auth0|ada' };
export const profile = {
  name: 'Ada Example',
  email: 'ada@example.com',
  photoUrl: 'https://images.example.com/ada.png',
};

export const user = { user_id: 'auth0|ada' };
export const organization = { id: 'org_1', name: 'globex' };
export const role = { id: 'rol_1', name: 'editor' };
export const group = { id: 'grp_1', name: 'Staff', type: 'connection', connection_id: 'con_1' };
export const ofOrganization = { id: 'grp_2', name: 'Board', type: 'organization', organization_id: 'org_1' };
export const member = { member_type: 'user', id: 'auth0|ada' };
export const connection = { id: 'con_1', name: 'globex-saml', strategy: 'samlp' };
export const connected = {
  member_type: 'connection',
  id: 'con_1',
  type: 'connection',
  connection_id: 'con_1',
};

export const place = { kind: 'organization' as const, ...organization };
export const roleIn = { kind: 'role' as const, ...role, organization: 'org_1' };
export const staff = { kind: 'group' as const, id: 'grp_1', name: 'Staff' };
export const person = (facts: object) => personChange({ ...common, ...facts });
export const membership = (container: typeof place | typeof roleIn | typeof staff, isMember: boolean) =>
  membershipChange({ ...common, container, member: isMember });
export const container = (
  kind: 'group' | 'organization' | 'connection',
  containerId: string,
  facts: object,
) => groupChange({ source: 'customers', kind, containerId, ...facts });
export const nesting = (
  child: NestingChange['child'],
  into: NestingChange['container'],
  isMember: boolean,
): NestingChange => {
  const told = { source: 'customers', at: second(1), id: 'event-1' };
  return { ...told, kind: 'nesting', child, container: into, member: isMember };
};

/** What an event of each type comes to: a type, the object it is about, and its changes. */
export const CATALOGUE: [type: string, object: object, changes: Change[]][] = [
  ['user.created', auth0User(), [person({ exists: true, blocked: false, emailVerified: true, profile })]],
  ['user.updated', auth0User(), [person({ exists: true, emailVerified: true, profile })]],
  ['user.deleted', user, [person({ exists: false })]],
  [
    'organization.created',
    organization,
    [container('organization', 'org_1', { exists: true, name: 'globex' })],
  ],
  ['organization.updated', organization, [container('organization', 'org_1', { name: 'globex' })]],
  ['organization.deleted', organization, [container('organization', 'org_1', { exists: false })]],
  ['organization.member.added', { organization, user }, [membership(place, true)]],
  ['organization.member.deleted', { organization, user }, [membership(place, false)]],
  ['organization.member.role.assigned', { organization, user, role }, [membership(roleIn, true)]],
  ['organization.member.role.deleted', { organization, user, role }, [membership(roleIn, false)]],
  [
    'organization.group.role.assigned',
    { organization, group, role },
    [nesting({ kind: 'group', id: 'grp_1' }, roleIn, true)],
  ],
  [
    'organization.group.role.deleted',
    { organization, group, role },
    [nesting({ kind: 'group', id: 'grp_1' }, roleIn, false)],
  ],
  ['group.created', group, [container('group', 'grp_1', { exists: true, name: 'Staff' })]],
  ['group.updated', group, [container('group', 'grp_1', { name: 'Staff' })]],
  ['group.deleted', group, [container('group', 'grp_1', { exists: false })]],
  ['group.member.added', { group, member }, [membership(staff, true)]],
  ['group.member.deleted', { group, member }, [membership(staff, false)]],
  ['connection.deleted', connection, [container('connection', 'globex-saml', { exists: false })]],
];

/** Types that never change anything, and why. */
export const UNMIRRORED: [type: string, object: object, reason: RegExp][] = [
  ['organization.connection.added', { organization, connection }, /organization\.member\.added/],
  ['organization.connection.updated', { organization, connection }, /organization\.member\.added/],
  ['organization.connection.removed', { organization, connection }, /organization\.member\.added/],
  ['group.role.assigned', { group, role }, /roles of the tenant/],
  ['group.role.deleted', { group, role }, /roles of the tenant/],
  ['connection.created', connection, /events of their own/],
  ['connection.updated', connection, /events of their own/],
];

export const unreadable: [what: string, body: unknown, path: string][] = [
  ['null', null, '(whole)'],
  ['a text', 'user.created', '(whole)'],
  ['a list in a list', [[auth0Event('user.created', auth0User())]], '0.(whole)'],
  ['no type', auth0Event('', auth0User()), 'type'],
  ['no id', auth0Event('user.created', auth0User(), { id: '' }), 'id'],
  ['no time', auth0Event('user.created', auth0User(), { time: undefined }), 'time'],
  ['a time that is no date', auth0Event('user.created', auth0User(), { time: 'soon' }), 'time'],
  ['no data', auth0Event('user.created', {}, { data: undefined }), 'data'],
  ['no object', auth0Event('user.created', undefined, { data: {} }), 'data.object.(whole)'],
  ['no time, in a message', { message: auth0Event('user.created', {}, { time: 7 }) }, 'message.time'],
  ['no user id, in a message', { message: auth0Event('user.created', {}) }, 'message.data.object.user_id'],
  ['no user id', auth0Event('user.created', {}), 'data.object.user_id'],
  [
    'no organization',
    auth0Event('organization.member.added', { organization: null, user }),
    'data.object.organization',
  ],
  [
    'a role without an id',
    auth0Event('organization.member.role.assigned', { organization, user, role: { name: 'editor' } }),
    'data.object.role.id',
  ],
  [
    'a group that is a text',
    auth0Event('group.member.added', { group: 'grp_1', member }),
    'data.object.group',
  ],
  [
    'a member of no known type',
    auth0Event('group.member.added', { group, member: { member_type: 'device', id: 'd' } }),
    'data.object.member.member_type',
  ],
  [
    'a connection without an id in a group',
    auth0Event('group.member.added', { group, member: { member_type: 'connection', type: 'connection' } }),
    'data.object.member.connection_id',
  ],
];
