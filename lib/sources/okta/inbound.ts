import type { ContainerRef, PersonChange, Profile, QueueItem } from '../../directory/change.ts';
import { eventTime } from '../../directory/version.ts';
import { HttpError } from '../../errors.ts';
import { describeIssues } from '../../parse.ts';
import {
  ignored,
  type Mapped,
  mappedBy,
  merged,
  recheckOf,
  undated,
  unreadable,
  type Verdict,
} from '../mapped.ts';
import type { Delivered, Inbound } from '../source.ts';
import { applicationOf, OktaConfig, policyOf } from './config.ts';
import { Delivery, EventType, LogEvent, type LogTarget } from './schema.ts';

/** What an event needs of the configuration: whether there is an API, and the application that decides who is mirrored. */
type Context = Delivered<Pick<OktaConfig, 'api' | 'users'>>;
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

/** Every event type that is mirrored. */
export const EVENT_TYPES: readonly string[] = Object.keys(handlers);

export const okta: Inbound<OktaConfig> = {
  config: OktaConfig,
  policyOf,
  credential: ({ header }) => ({ header, scheme: 'none' }),
  eventTypes: (config) => hookEventTypes(applicationOf(config)),
  answer: answerChallenge,
  map: mapBody,
  mapEvent: (event, delivered) => mapEvent(event, 'detail.', delivered),
  bus: { prefix: 'aws.partner/okta.com/', eventTypes: [...EVENT_TYPES] },
};

/** The event types that a hook should subscribe to; those of applications only where one decides who is mirrored. */
export function hookEventTypes(application: string | undefined): string[] {
  return Object.keys(hookHandlers).filter(
    (type) => application !== undefined || !type.startsWith('application.'),
  );
}

/** The event types to look for in the log; those of applications only where one decides who is mirrored. */
export function logEventTypes(application: string | undefined): string[] {
  return [...hookEventTypes(application), ...Object.keys(streamHandlers)];
}

/** Maps the body of an event hook delivery: every event in it, in any order, each for itself. */
export function mapBody(body: unknown, context: Context): Mapped {
  const delivery = Delivery.safeParse(body);
  if (!delivery.success) return unreadable(describeIssues(delivery.error));
  const { events } = delivery.data.data;
  return merged(events.map((event, index) => mapEvent(event, `data.events.${index}.`, context)));
}

/** Maps one event of Okta's System Log, by whatever way it came; `path` is where it stood in what was delivered. */
function mapEvent(value: unknown, path: string, { source, latest, config }: Context): Mapped {
  const type = EventType.safeParse(value).data?.eventType;
  if (type !== undefined && !Object.hasOwn(handlers, type))
    return ignored(type, 'this event type is not mirrored');
  const event = LogEvent.safeParse(value);
  if (!event.success) return unreadable(describeIssues(event.error), path);
  const at = eventTime(event.data.published, latest);
  if (at === undefined) return undated(`${path}published`);
  const { eventType, uuid } = event.data;
  const verdict = verdictOf(event.data, { source, at, id: uuid }, applicationOf(config));
  return mappedBy(
    config.api && Array.isArray(verdict) ? verdict.flatMap(withoutProfile) : verdict,
    eventType,
  );
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
type Kind = keyof typeof TARGETS;

/** The container of this kind that an event names; the verdict where there is none, or none that counts. */
function containerIn(
  kind: Kind,
  target: (type: string) => LogTarget | undefined,
  application: string | undefined,
): (ContainerRef & { kind: Kind }) | { ignored: string } {
  const found = target(TARGETS[kind]);
  if (!found) return NO_TARGET;
  if (kind === 'application' && found.id !== application) return OTHER_APPLICATION;
  return { kind, id: found.id, ...(found.displayName && { name: found.displayName }) };
}

function membership(kind: Kind, member: boolean): Handler {
  return (common, target, application) => {
    const person = target('User');
    if (!person) return NO_TARGET;
    const container = containerIn(kind, target, application);
    if ('ignored' in container) return container;
    return [{ ...common, kind: 'membership', personId: person.id, container, member }];
  };
}

/** With `exists` undefined only the name counts; at an end it does not, because it may be an old one. */
function container(kind: Kind, exists: boolean | undefined): Handler {
  return (common, target, application) => {
    const ref = containerIn(kind, target, application);
    if ('ignored' in ref) return ref;
    const { id: containerId, ...named } = ref;
    return [
      {
        ...common,
        ...(exists === false ? { kind } : named),
        containerId,
        ...(exists !== undefined && { exists }),
      },
    ];
  };
}

/**
 * An event about people who are read: it says whom to read. What it guesses of a profile must not compete with what was
 * read, nor must it say that somebody is there; that somebody left holds, for a read may not show it yet.
 */
function withoutProfile(change: QueueItem): QueueItem[] {
  if (change.kind !== 'person') return [change];
  const { source, at, id, personId, exists, active, blocked } = change;
  const ends = {
    ...(exists === false && { exists }),
    ...(active === false && { active }),
    ...(blocked === true && { blocked }),
  };
  const fact: PersonChange = { kind: 'person', source, at, id, personId, ...ends };
  const recheck = recheckOf(source, personId, at, 'alone');
  return Object.keys(ends).length > 0 ? [fact, recheck] : [recheck];
}

/** All that an event has of a profile: the login, which is an e-mail address in most orgs, and "First Last". */
function profileOf({ alternateId, displayName }: LogTarget): Profile {
  const profile: Profile = {};
  if (displayName && displayName !== 'unknown') profile.name = displayName;
  if (alternateId && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(alternateId)) profile.email = alternateId;
  return profile;
}

/**
 * Answers Okta's one-time verification of a hook: the value of the challenge header comes back as JSON
 * (developer.okta.com/docs/concepts/event-hooks, 2026-08-21).
 */
export function answerChallenge(headers: Record<string, string | undefined>): { verification: string } {
  const challenge = headers['x-okta-verification-challenge'];
  if (challenge) return { verification: challenge };
  const message = 'A GET verifies an Okta event hook: header x-okta-verification-challenge is missing.';
  throw new HttpError(400, message);
}
