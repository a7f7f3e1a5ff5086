import {
  type ContainerChange,
  type PersonChange,
  type Profile,
  type QueueItem,
  recheckOf,
} from '../../directory/change.ts';
import { eventTime } from '../../directory/version.ts';
import { HttpError } from '../../errors.ts';
import { describeIssues } from '../../parse.ts';
import { leftOut } from '../attributes.ts';
import { type Mapped, mappedBy, merged, undated, unreadable, type Verdict } from '../mapped.ts';
import { type Mappable, type Mapping, mappedProfile } from '../mapping.ts';
import type { Delivered, Inbound } from '../source.ts';
import { applicationOf, mappingOf, OktaConfig, policyOf } from './config.ts';
import { Delivery, EventType, LogEvent, type LogTarget } from './schema.ts';

/**
 * What an event needs of the configuration: whether there is an API, the application that decides who is mirrored, and what is
 * made of people's attributes.
 */
type Context = Delivered<Pick<OktaConfig, 'api' | 'users'> & Mappable>;
type Common = { source: string; at: string; id: string };
type Targets = Partial<Record<TargetKind, LogTarget | undefined>>;
type Handler = (common: Common, targets: Targets, mapping: Mapping | undefined) => Verdict;

/** How Okta calls the targets of its events. */
const TARGETS = { user: 'User', group: 'UserGroup', application: 'AppInstance' } as const;
type TargetKind = keyof typeof TARGETS;

/** What Okta writes of a target where there is nothing to write. */
const UNKNOWN = 'unknown';

const NO_TARGET = 'it names no target, as previews do';

/**
 * What each event type means for the mirror. Targets are picked by type, never by position: both orders were seen
 * (developer.okta.com/docs/api/openapi, LogTarget, 2026-06). Events carry no profile beside login and display name.
 */
const hookHandlers: Record<string, Handler> = {
  'user.lifecycle.create': user({ exists: true }, profileOf),
  'user.lifecycle.activate': user({ exists: true, active: true, blocked: false }, profileOf),
  // Starts the activation of somebody over again; leaving DEPROVISIONED is `activate`.
  'user.lifecycle.reactivate': user({}, profileOf),
  'user.lifecycle.deactivate': user({ active: false }),
  'user.lifecycle.suspend': user({ blocked: true }),
  'user.lifecycle.unsuspend': user({ blocked: false }, profileOf),
  'user.lifecycle.delete.initiated': user({ exists: false }),
  // Deactivated people can be edited too, so an edit says nothing of whether someone is there.
  'user.account.update_profile': user({}, profileOf),
  'group.user_membership.add': membership('group', true),
  'group.user_membership.remove': membership('group', false),
  'group.lifecycle.create': container('group', { exists: true }),
  'group.lifecycle.delete': container('group', { exists: false }),
  'group.profile.update': container('group', {}),
  'system.import.group.create': container('group', { exists: true }),
  'system.import.group.delete': container('group', { exists: false }),
  'application.user_membership.add': membership('application', true),
  'application.user_membership.remove': membership('application', false),
  'application.lifecycle.activate': container('application', { active: true }),
  'application.lifecycle.deactivate': container('application', { active: false }),
  'application.lifecycle.delete': container('application', { exists: false }),
};

/** What hooks cannot subscribe to and only the log stream carries (Okta's event type catalogue, release 2026.08.1). */
const streamHandlers: Record<string, Handler> = {
  'user.lifecycle.delete.completed': user({ exists: false }),
  'user.account.update_primary_email': user({}, profileOf),
  'system.import.group.update': container('group', {}),
};

const handlers = { ...hookHandlers, ...streamHandlers };

/** Every event type that is mirrored. */
export const EVENT_TYPES: readonly string[] = Object.keys(handlers);

export const okta: Inbound<OktaConfig> = {
  config: OktaConfig,
  policyOf,
  usual: {
    userId: 'id',
    name: 'profile.displayName, or profile.firstName and profile.lastName',
    email: 'profile.email',
  },
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
  const { eventType: type, uuid } = EventType.safeParse(value).data ?? {};
  if (type !== undefined && !Object.hasOwn(handlers, type))
    return mappedBy('this event type is not mirrored', { type, id: uuid });
  const { data: event, error } = LogEvent.safeParse(value);
  if (error) return unreadable(describeIssues(error), path);
  const at = eventTime(event.published, latest);
  if (at === undefined) return undated(`${path}published`);
  const verdict = verdictOf(event, { source, at, id: event.uuid }, config);
  const isRead = config.api !== undefined && typeof verdict !== 'string';
  const name = { type: event.eventType, id: event.uuid };
  const mapped = mappedBy(isRead ? verdict.flatMap(withoutProfile) : verdict, name);
  return { ...mapped, leftOut: leftOut(value, event) || undefined };
}

function verdictOf(
  { eventType, outcome, target }: LogEvent,
  common: Common,
  config: Context['config'],
): Verdict {
  // Previews write "Success"; a failed attempt has the same event type as a success.
  if (outcome?.result && outcome.result.toUpperCase() !== 'SUCCESS') return 'its outcome is not SUCCESS';
  const find = (kind: TargetKind) => target?.find(({ type }) => type === TARGETS[kind]);
  const [user, group, application] = [find('user'), find('group'), find('application')];
  if (eventType.startsWith('application.') && application && application.id !== applicationOf(config))
    return 'it is about an application that decides on nobody';
  return (handlers[eventType] as Handler)(common, { user, group, application }, mappingOf(config));
}

function user(
  facts: Partial<PersonChange>,
  profileOf?: (user: LogTarget, mapping?: Mapping) => Profile,
): Handler {
  return (common, { user }, mapping) => {
    if (!user) return NO_TARGET;
    const profile = profileOf && { profile: profileOf(user, mapping) };
    return [{ ...common, kind: 'person', personId: user.id, ...facts, ...profile }];
  };
}

function membership(kind: 'group' | 'application', member: boolean): Handler {
  return (common, { user, [kind]: container }) => {
    if (!user || !container) return NO_TARGET;
    const ref = { kind, id: container.id, ...nameOf(container) };
    return [{ ...common, kind: 'membership', personId: user.id, container: ref, member }];
  };
}

/** At an end the name does not count, because it may be an old one. */
function container(
  kind: 'group' | 'application',
  facts: Pick<ContainerChange, 'exists' | 'active'>,
): Handler {
  return (common, { [kind]: container }) => {
    if (!container) return NO_TARGET;
    const name = facts.exists === false ? {} : nameOf(container);
    return [{ ...common, kind, containerId: container.id, ...name, ...facts }];
  };
}

function nameOf({ displayName }: LogTarget): { name?: string } {
  return displayName ? { name: displayName } : {};
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
  const recheck = recheckOf({ source, kind: 'person', id: personId }, at, {
    ...{ reason: 'event', read: 'alone', id },
  });
  return Object.keys(ends).length > 0 ? [fact, recheck] : [recheck];
}

/** All that an event has of a profile: the login, which is an e-mail address in most orgs, and "First Last". */
function profileOf({ id, alternateId, displayName }: LogTarget, mapping?: Mapping): Profile {
  const profile: Profile = {};
  if (displayName && displayName !== UNKNOWN) profile.name = displayName;
  if (alternateId && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(alternateId)) profile.email = alternateId;
  const login = alternateId === UNKNOWN ? undefined : alternateId;
  const shown = { id, ...(login && { profile: { login } }) };
  return mappedProfile(profile, mapping?.read({ user: shown, isWhole: false }), false);
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
