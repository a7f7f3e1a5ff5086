import * as z from 'zod';
import { type ContainerRef, type PersonChange, recheckOf } from '../../directory/change.ts';
import { DAWN, eventTime } from '../../directory/version.ts';
import { describeIssues } from '../../parse.ts';
import { leftOut } from '../attributes.ts';
import { type Mapped, mappedBy, merged, undated, unreadable, type Verdict } from '../mapped.ts';
import { type Mappable, once } from '../mapping.ts';
import type { Delivered, Inbound } from '../source.ts';
import { Auth0Config, mappingOf, policyOf } from './config.ts';
import { groupRef, organizationRef, personFacts, roleRef, withDoubt } from './facts.ts';
import { mapLogRecord } from './log-records.ts';
import * as Auth0 from './schema.ts';

export const auth0: Inbound<Auth0Config> = {
  config: Auth0Config,
  policyOf,
  usual: { userId: 'user_id', name: 'name, or nickname', email: 'email', photoUrl: 'picture' },
  credential: ({ header, scheme }) => ({ header, scheme }),
  eventTypes,
  // Log streams may send them so.
  lines: true,
  map: mapBody,
  mapEvent: (event, delivered) => mapBody(event, delivered, 'detail.'),
  bus: { prefix: 'aws.partner/auth0.com/' },
};

type Common = { source: string; at: string; id: string };
type Handled = { verdict: Verdict; leftOut: number | undefined };
/** Whether there is an API to read from, and how users are read. */
type Means = { api: boolean; users: Auth0.Users };
type Handler = (common: Common, object: unknown, means: Means) => Handled | z.ZodError;
/** Of the configuration an event needs whether there is an API, and what is made of people's attributes. */
type Context = Delivered<Pick<Auth0Config, 'api'> & Mappable>;

const usersOf = once((config: Mappable) => Auth0.usersBy(mappingOf(config)));

const TENANT_ROLES = 'roles of the tenant are not mirrored, only those in an organization';
const CONNECTIONS = 'people of a connection have events of their own';
const MEMBERSHIPS = 'who becomes a member by a connection has an event organization.member.added';

/** What each event type means for the mirror, or why it means nothing. Auth0's user events are snapshots; its membership events carry ids only. */
const handlers: Record<string, Handler | string> = {
  'user.created': handle(newUser, person(newPersonFacts)),
  'user.updated': handle(anyUser, person(personFacts)),
  'user.deleted': handle(Auth0.DeletedUserObject, person(gone)),
  'organization.created': handle(Auth0.Organization, container(organizationRef, true)),
  'organization.updated': handle(Auth0.Organization, container(organizationRef, undefined)),
  'organization.deleted': handle(Auth0.Organization, container(organizationRef, false)),
  'organization.member.added': handle(Auth0.OrganizationMember, membership(organizationOf, true)),
  'organization.member.deleted': handle(Auth0.OrganizationMember, membership(organizationOf, false)),
  'organization.member.role.assigned': handle(Auth0.OrganizationMemberRole, membership(roleIn, true)),
  'organization.member.role.deleted': handle(Auth0.OrganizationMemberRole, membership(roleIn, false)),
  'organization.group.role.assigned': handle(Auth0.OrganizationGroupRole, groupRole(true)),
  'organization.group.role.deleted': handle(Auth0.OrganizationGroupRole, groupRole(false)),
  'organization.connection.added': MEMBERSHIPS,
  'organization.connection.updated': MEMBERSHIPS,
  'organization.connection.removed': MEMBERSHIPS,
  'group.created': handle(Auth0.Group, container(groupRef, true)),
  'group.updated': handle(Auth0.Group, container(groupRef, undefined)),
  'group.deleted': handle(Auth0.Group, container(groupRef, false)),
  'group.member.added': handle(Auth0.EventGroupMember, groupMembership(true)),
  'group.member.deleted': handle(Auth0.EventGroupMember, groupMembership(false)),
  'group.role.assigned': TENANT_ROLES,
  'group.role.deleted': TENANT_ROLES,
  'connection.created': CONNECTIONS,
  'connection.updated': CONNECTIONS,
  // People know their connections by name.
  'connection.deleted': handle(Auth0.Connection, container(connectionRef, false)),
};

/** Every event type that Auth0 knows of (catalogue 0.7.2 and the Management API's enum, 2026-08-20). */
export const EVENT_TYPES: readonly string[] = Object.keys(handlers);

/** The event types that an event stream should subscribe to under a configuration: those that can change something. */
export function eventTypes(config: Auth0Config): string[] {
  const policy = policyOf(config);
  const [groups, roles] = [policy.mayCount('group'), policy.mayCount('role')];
  return EVENT_TYPES.filter((type) => {
    if (type.startsWith('organization.connection') || type.startsWith('group.role')) return false;
    if (type.startsWith('organization.group')) return groups && roles;
    if (type.startsWith('organization.member.role')) return roles;
    if (type.startsWith('group.')) return groups;
    if (type.startsWith('connection.'))
      return type === 'connection.deleted' && groups && config.api !== undefined;
    return true;
  });
}

/** More than fit into the largest body as Auth0 writes them: what claims to be more is no log (and costs too much to read). */
const MAX_ITEMS = 10_000;

/**
 * Maps what reached the webhook of an Auth0 source: one CloudEvent of an event stream, as it is or as an Action forwards it;
 * the event of an Action; or records of a log stream, one or many. EventBridge's `detail` holds the same.
 */
export function mapBody(body: unknown, context: Context, path = ''): Mapped {
  if (!Array.isArray(body)) return mapItem(body, path, context);
  if (body.length > MAX_ITEMS)
    return unreadable([{ path: '(whole)', message: `a list of more than ${MAX_ITEMS}` }], path);
  return merged(body.map((item, index) => mapItem(item, `${path}${index}.`, context)));
}

function mapItem(item: unknown, path: string, context: Context): Mapped {
  if (has(item, 'log_id') && has(item, 'data')) {
    const { data: record, error } = Auth0.LogRecord.safeParse(item);
    return record ? mapLogRecord(record, path, context) : unreadable(describeIssues(error), path);
  }
  const { value, inside } = unwrapped(item);
  if (has(value, 'user') && !has(value, 'type')) {
    const { data: action, error } = usersOf(context.config).ActionEvent.safeParse(value);
    if (action)
      return {
        ...mappedBy(mapAction(action, context), { type: 'action' }),
        leftOut: leftOut(value, action) || undefined,
      };
    return unreadable(describeIssues(error), `${path}${inside}`);
  }
  return mapCloudEvent(value, `${path}${inside}`, context);
}

function has(value: unknown, key: string): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key);
}

/** Where the event is: a forwarding Action may have wrapped it, and where EventBridge puts it is not documented. */
function unwrapped(item: unknown): { value: unknown; inside: string } {
  if (typeof item !== 'object' || item === null || 'type' in item) return { value: item, inside: '' };
  for (const [key, value] of Object.entries(item)) {
    const wrapper = key === 'message' || key === 'data' || key === 'detail';
    if (wrapper && typeof value === 'object' && value !== null && 'type' in value)
      return { value, inside: `${key}.` };
  }
  // An Action that forwards no more than `event.message.data`: what became of the user is lost, not who it was.
  const user = 'object' in item ? Auth0.UserObject.safeParse(item.object) : undefined;
  return { value: user?.success ? { user: (item as { object: unknown }).object } : item, inside: '' };
}

function mapCloudEvent(value: unknown, path: string, { source, latest, config }: Context): Mapped {
  const event = Auth0.CloudEvent.safeParse(value);
  if (!event.success) return unreadable(describeIssues(event.error), path);
  const { type, id, time, a0purpose, data } = event.data;
  const at = eventTime(time, latest);
  if (at === undefined) return undated(`${path}time`);
  if (a0purpose) return mappedBy('it is a test event', { type, id });
  const handler = (Object.hasOwn(handlers, type) && handlers[type]) || 'this event type is not mirrored';
  if (typeof handler === 'string') return mappedBy(handler, { type, id });
  const means = { api: config.api !== undefined, users: usersOf(config) };
  const handled = handler({ source, at, id }, data.object, means);
  if (handled instanceof z.ZodError) return unreadable(describeIssues(handled), `${path}data.object.`);
  return { ...mappedBy(handled.verdict, { type, id }), leftOut: handled.leftOut };
}

/**
 * Maps the event of an Action: its user as of their last update, or without a time as of 1970, which loses to every other
 * fact. It says that somebody is there, and never that somebody left, because Actions see nobody leave. `deleted_at` comes
 * from an Action that forwards only the user of an event: then only a read can be believed.
 */
function mapAction(event: z.infer<typeof Auth0.ActionEvent>, { source, latest, config }: Context): Verdict {
  const { user, stats } = event;
  const { user_id: personId, updated_at, created_at, deleted_at } = user;
  if (personId === undefined) return 'the user has no id before registration';
  const at = eventTime(deleted_at || (updated_at ?? created_at ?? ''), latest) ?? DAWN;
  const recheck = recheckOf({ source, kind: 'person', id: personId }, at, {
    reason: 'event',
    read: 'memberships',
  });
  if (deleted_at)
    return config.api ? [recheck] : 'a deletion needs the whole event, and no api is configured';
  const { blocked: _, ...facts } = personFacts({ ...user, user_id: personId });
  // A user who logs in again is known.
  const asks = config.api && (stats?.logins_count ?? 1) <= 1;
  const change = { kind: 'person' as const, source, at, id: 'action', personId, ...facts };
  return asks ? [change, recheck] : [change];
}

/** Maps what an event is about, by a schema, which of users is the configuration's. */
function handle<T extends z.ZodType>(
  schema: T | ((users: Auth0.Users) => T),
  map: (common: Common, object: z.infer<T>, api: boolean) => Verdict,
): Handler {
  return (common, object, { api, users }) => {
    const { data, error } = (typeof schema === 'function' ? schema(users) : schema).safeParse(object);
    if (error) return error;
    return { verdict: map(common, data, api), leftOut: leftOut(object, data) || undefined };
  };
}

function anyUser({ UserObject }: Auth0.Users) {
  return UserObject;
}

function newUser({ NewUserObject }: Auth0.Users) {
  return NewUserObject;
}

/** Blocked is absent until first set: someone new without it is not blocked. */
function newPersonFacts(user: Auth0.UserObject) {
  return personFacts({ ...user, blocked: user.blocked ?? false });
}

function gone() {
  return { exists: false };
}

function person<T extends Pick<Auth0.UserObject, 'user_id' | 'blocked'>>(
  factsOf: (user: T) => Partial<PersonChange>,
) {
  return (common: Common, user: T): Verdict =>
    withDoubt({ ...common, kind: 'person', personId: user.user_id, ...factsOf(user) }, user);
}

/** With `exists` undefined only the name counts; at an end it does not, because it may be an old one. */
function container<T>(refOf: (object: T) => ContainerRef, exists: boolean | undefined) {
  return (common: Common, object: T): Verdict => {
    const { kind, id: containerId, ...named } = refOf(object);
    const facts = exists === false ? { exists } : { ...(exists && { exists }), ...named };
    return [{ ...common, kind, containerId, ...facts }];
  };
}

function membership<T>(refOf: (object: T) => ContainerRef, member: boolean) {
  return (common: Common, object: T & { user: { user_id: string } }): Verdict => {
    const { user_id: personId } = object.user;
    return [{ ...common, kind: 'membership', personId, container: refOf(object), member }];
  };
}

function groupRole(member: boolean) {
  return (common: Common, object: z.infer<typeof Auth0.OrganizationGroupRole>): Verdict => {
    const child = { kind: 'group' as const, id: object.group.id };
    return [{ ...common, kind: 'nesting', child, container: roleIn(object), member }];
  };
}

function groupMembership(member: boolean) {
  return (common: Common, object: z.infer<typeof Auth0.EventGroupMember>, api: boolean): Verdict => {
    const { group, member: who } = object;
    const container = groupRef(group);
    if (who.member_type === 'user')
      return [{ ...common, kind: 'membership', personId: who.id, container, member }];
    if (who.member_type === 'group') return 'a group in a group is not mirrored';
    if (!api) return 'a whole connection in a group can only be read, and no api is configured';
    const child = { kind: 'connection' as const, id: who.connection_id || who.id || '', read: true as const };
    return [{ ...common, kind: 'nesting', child, container, member }];
  };
}

function connectionRef({ name }: { name: string }) {
  return { kind: 'connection' as const, id: name };
}

function organizationOf({ organization }: { organization: Auth0.Organization }) {
  return organizationRef(organization);
}

function roleIn({ organization, role }: Record<'organization' | 'role', Auth0.Organization>) {
  return roleRef(organization.id, role);
}
