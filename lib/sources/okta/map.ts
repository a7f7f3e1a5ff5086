import { describeIssues } from '../../config.ts';
import type {
  Change,
  ContainerChange,
  ContainerRef,
  MembershipChange,
  PersonChange,
  Profile,
  QueueItem,
} from '../../directory/change.ts';
import { eventTime } from '../../directory/version.ts';
import type { MapOptions, Mapped, Verdict } from '../source.ts';
import { Delivery, EventType, LogEvent, type LogTarget, type OktaGroup, type OktaUser } from './schema.ts';

type Common = { source: string; at: string; id: string };
type Handler = (
  common: Common,
  target: (type: string) => LogTarget | undefined,
  application: string | undefined,
) => Verdict;

const NO_TARGET = { ignored: 'it names no target, as previews do' };
const OTHER_APPLICATION = { ignored: 'it is about an application that decides on nobody' };

/**
 * What each event type means for the mirror. Targets are picked by type, never by position: both orders were seen
 * (developer.okta.com/docs/api/openapi, LogTarget, 2026-06). Events carry no profile beside login and display name.
 */
const hookHandlers: Record<string, Handler> = {
  'user.lifecycle.create': user((person) => ({ exists: true, profile: profileOf(person) })),
  'user.lifecycle.activate': user((person) => ({
    exists: true,
    active: true,
    blocked: false,
    profile: profileOf(person),
  })),
  // Starts the activation of somebody over again; leaving DEPROVISIONED is `activate`.
  'user.lifecycle.reactivate': user((person) => ({ profile: profileOf(person) })),
  'user.lifecycle.deactivate': user(() => ({ active: false })),
  'user.lifecycle.suspend': user(() => ({ blocked: true })),
  'user.lifecycle.unsuspend': user((person) => ({ blocked: false, profile: profileOf(person) })),
  'user.lifecycle.delete.initiated': user(() => ({ exists: false })),
  // Deactivated people can be edited too, so an edit says nothing of whether someone is there.
  'user.account.update_profile': user((person) => ({ profile: profileOf(person) })),
  'group.user_membership.add': membership('group', true),
  'group.user_membership.remove': membership('group', false),
  'group.lifecycle.create': container('group', true),
  'group.lifecycle.delete': container('group', false),
  'group.profile.update': container('group', undefined),
  'system.import.group.create': container('group', true),
  'system.import.group.delete': container('group', false),
  'application.user_membership.add': membership('application', true),
  'application.user_membership.remove': membership('application', false),
  'application.lifecycle.deactivate': container('application', false),
  'application.lifecycle.delete': container('application', false),
};

/** What hooks cannot subscribe to and only the log stream carries (Okta's event type catalogue, release 2026.08.1). */
const streamHandlers: Record<string, Handler> = {
  'user.lifecycle.delete.completed': user(() => ({ exists: false })),
  'user.account.update_primary_email': user((person) => ({ profile: profileOf(person) })),
  'system.import.group.update': container('group', undefined),
};

const handlers = { ...hookHandlers, ...streamHandlers };

/** The event types that a hook should subscribe to; those of applications only where one decides who is mirrored. */
export function oktaEventTypes(application: string | undefined): string[] {
  return Object.keys(hookHandlers).filter(
    (type) => application !== undefined || !type.startsWith('application.'),
  );
}

/** The event types to look for in the log; those of applications only where one decides who is mirrored. */
export function oktaLogEventTypes(application: string | undefined): string[] {
  return [...oktaEventTypes(application), ...Object.keys(streamHandlers)];
}

/** The event types that a rule on the log stream should let through: everything that is mirrored. */
export function oktaStreamEventTypes(): string[] {
  return Object.keys(handlers);
}

/** Maps the body of an event hook delivery: every event in it, in any order, each for itself. */
export function mapOkta(body: unknown, options: MapOptions): Mapped {
  const delivery = Delivery.safeParse(body);
  if (!delivery.success) return { changes: [], ignored: [], unreadable: describeIssues(delivery.error) };
  const mapped = delivery.data.data.events.map((event, index) =>
    mapLogEvent(event, `data.events.${index}`, options),
  );
  return {
    changes: mapped.flatMap(({ changes }) => changes),
    ignored: mapped.flatMap(({ ignored }) => ignored),
    unreadable: mapped.flatMap(({ unreadable }) => unreadable),
  };
}

/** Maps one event of Okta's System Log, by whatever way it came; `path` is where it stood in what was delivered. */
export function mapLogEvent(
  value: unknown,
  path: string,
  { source, latest, application, api = false }: MapOptions,
): Mapped {
  const nothing: Mapped = { changes: [], ignored: [], unreadable: [] };
  const type = EventType.safeParse(value).data?.eventType;
  if (type !== undefined && !Object.hasOwn(handlers, type)) {
    return { ...nothing, ignored: [{ type, reason: 'this event type is not mirrored' }] };
  }
  const event = LogEvent.safeParse(value);
  if (!event.success) {
    const issues = describeIssues(event.error);
    return { ...nothing, unreadable: issues.map((issue) => ({ ...issue, path: `${path}.${issue.path}` })) };
  }
  const at = eventTime(event.data.published, latest);
  if (at === undefined) {
    const message = 'Invalid input: expected a date';
    return { ...nothing, unreadable: [{ path: `${path}.published`, message }] };
  }
  const verdict = verdictOf(event.data, { source, at, id: event.data.uuid }, application);
  return Array.isArray(verdict)
    ? { ...nothing, changes: api ? verdict.flatMap(pingOf) : verdict }
    : { ...nothing, ignored: [{ type: event.data.eventType, reason: verdict.ignored }] };
}

/** What a user as the API returns it says of a person: the read is the truth as of its `lastUpdated`. */
export function mapOktaUser(user: OktaUser, source: string, readAt: number): PersonChange {
  const { firstName, lastName, displayName, email } = user.profile;
  const status = user.transitioningToStatus ?? user.status;
  const name = displayName || [firstName, lastName].filter(Boolean).join(' ');
  // Both have whole seconds: the read is as new as the last event of that second.
  const updated = Math.max(
    ...[user.lastUpdated, user.statusChanged ?? ''].map((text) => Date.parse(text) || 0),
  );
  const at = new Date(updated === 0 ? readAt : updated + 999).toISOString();
  return {
    kind: 'person',
    source,
    at,
    askedAt: timeText(readAt),
    personId: user.id,
    exists: true,
    active: status !== 'DEPROVISIONED',
    blocked: status === 'SUSPENDED',
    profile: { name: name || null, email: email ?? null },
  };
}

/** What the groups of a person as the API lists them say: memberships as of the moment before the request. */
export function mapOktaGroups(
  groups: OktaGroup[],
  personId: string,
  source: string,
  readAt: number,
): Change[] {
  return groups.map(({ id, profile }) => {
    const container = { kind: 'group' as const, id, ...(profile?.name && { name: profile.name }) };
    return mapOktaMembership(personId, container, true, source, readAt);
  });
}

/** Whether somebody was in a container's list of members, as of the moment before the request: Okta tells no time of it. */
export function mapOktaMembership(
  personId: string,
  container: ContainerRef,
  member: boolean,
  source: string,
  readAt: number,
): MembershipChange {
  const at = timeText(readAt);
  return { kind: 'membership', source, at, askedAt: at, personId, container, member };
}

/** What a group as the API returns it says, or that the API does not know it. */
export function mapOktaGroup(
  id: string,
  group: OktaGroup | undefined,
  source: string,
  readAt: number,
): ContainerChange {
  const common = { kind: 'group', source, containerId: id, askedAt: timeText(readAt) } as const;
  if (!group) return { ...common, at: timeText(readAt), exists: false };
  const updated = Date.parse(group.lastUpdated ?? '');
  const at = new Date(Number.isNaN(updated) ? readAt : updated + 999).toISOString();
  return { ...common, at, exists: true, ...(group.profile?.name && { name: group.profile.name }) };
}

/** What it means that the API does not know somebody: they were deleted. */
export function mapMissingOktaUser(personId: string, source: string, readAt: number): PersonChange {
  const at = timeText(readAt);
  return { kind: 'person', source, personId, at, askedAt: at, exists: false };
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

function verdictOf(
  { eventType, outcome, target }: LogEvent,
  common: Common,
  application: string | undefined,
): Verdict {
  // Previews write "Success"; a failed attempt has the same event type as a success.
  if (outcome?.result && outcome.result.toUpperCase() !== 'SUCCESS')
    return { ignored: 'its outcome is not SUCCESS' };
  return (handlers[eventType] as Handler)(
    common,
    (type) => target?.find((candidate) => candidate.type === type),
    application,
  );
}

function user(factsOf: (user: LogTarget) => Partial<PersonChange>): Handler {
  return (common, target) => {
    const person = target('User');
    return person ? [{ ...common, kind: 'person', personId: person.id, ...factsOf(person) }] : NO_TARGET;
  };
}

/** How Okta calls the targets that are containers. */
const TARGETS = { group: 'UserGroup', application: 'AppInstance' } as const;

function membership(kind: keyof typeof TARGETS, member: boolean): Handler {
  return (common, target, application) => {
    const person = target('User');
    const place = target(TARGETS[kind]);
    if (!person || !place) return NO_TARGET;
    if (kind === 'application' && place.id !== application) return OTHER_APPLICATION;
    return [
      {
        ...common,
        kind: 'membership',
        personId: person.id,
        container: { kind, id: place.id, ...nameOf(place) },
        member,
      },
    ];
  };
}

/** `exists` undefined tells the name only; an end tells no name, for it may be an old one. */
function container(kind: keyof typeof TARGETS, exists: boolean | undefined): Handler {
  return (common, target, application) => {
    const place = target(TARGETS[kind]);
    if (!place) return NO_TARGET;
    if (kind === 'application' && place.id !== application) return OTHER_APPLICATION;
    const facts = exists === false ? { exists } : { ...(exists && { exists }), ...nameOf(place) };
    return [{ ...common, kind, containerId: place.id, ...facts }];
  };
}

function nameOf({ displayName }: LogTarget): { name?: string } {
  return displayName ? { name: displayName } : {};
}

/**
 * An event about people who are read: it says whom to read. What it guesses of a profile must not compete with what was
 * read, nor must it say that somebody is there; that somebody left holds, for a read may not show it yet.
 */
function pingOf(change: QueueItem): QueueItem[] {
  if (change.kind !== 'person') return [change];
  const { source, at, id, personId, exists, active, blocked } = change;
  const ends = {
    ...(exists === false && { exists }),
    ...(active === false && { active }),
    ...(blocked === true && { blocked }),
  };
  const fact: Change = { kind: 'person', source, at, id, personId, ...ends };
  const of = { kind: 'person', id: personId } as const;
  return [
    ...(Object.keys(ends).length > 0 ? [fact] : []),
    { kind: 'recheck', source, at, of, reason: 'event', read: 'alone' },
  ];
}

/** All an event tells of a profile: the login, which is an e-mail address in most orgs, and "First Last". */
function profileOf({ alternateId, displayName }: LogTarget): Profile {
  const profile: Profile = {};
  if (displayName && displayName !== 'unknown') profile.name = displayName;
  if (alternateId && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(alternateId)) profile.email = alternateId;
  return profile;
}
