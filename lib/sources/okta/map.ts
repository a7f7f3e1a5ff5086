import { describeIssues } from '../../config.ts';
import { type Change, eventTime, type PersonChange, type Profile } from '../../directory/change.ts';
import type { MapOptions, Mapped, Verdict } from '../source.ts';
import { Delivery, EventType, LogEvent, type LogTarget, type OktaUser } from './schema.ts';

type Common = { v: 1; source: string; at: string; id: string };
type Handler = (common: Common, target: (type: string) => LogTarget | undefined) => Verdict;

const NO_TARGET = { ignored: 'it names no target, as previews do' };

/**
 * What each event type means for the mirror. Targets are picked by type, never by position: both orders were seen
 * (developer.okta.com/docs/api/openapi, LogTarget, 2026-06). Events carry no profile beside login and display name.
 */
const handlers: Record<string, Handler> = {
  'user.lifecycle.create': user((person) => ({ exists: true, profile: profileOf(person) })),
  'user.lifecycle.activate': user((person) => ({ exists: true, blocked: false, profile: profileOf(person) })),
  'user.lifecycle.deactivate': user(() => ({ exists: false })),
  // Deactivated people can be edited too, so an edit says nothing of whether someone is there.
  'user.account.update_profile': user((person) => ({ profile: profileOf(person) })),
  'group.user_membership.add': membership(true),
  'group.user_membership.remove': membership(false),
};

/** The event types that a hook should subscribe to. */
export const oktaEventTypes: readonly string[] = Object.keys(handlers);

/** Maps the body of an event hook delivery: every event in it, in any order, each for itself. */
export function mapOkta(body: unknown, { source, latest }: MapOptions): Mapped {
  const mapped: Mapped = { changes: [], ignored: [], unreadable: [] };
  const delivery = Delivery.safeParse(body);
  if (!delivery.success) return { ...mapped, unreadable: describeIssues(delivery.error) };

  for (const [index, value] of delivery.data.data.events.entries()) {
    const path = `data.events.${index}`;
    const type = EventType.safeParse(value).data?.eventType;
    if (type !== undefined && !Object.hasOwn(handlers, type)) {
      mapped.ignored.push({ type, reason: 'this event type is not mirrored' });
      continue;
    }
    const event = LogEvent.safeParse(value);
    if (!event.success) {
      const issues = describeIssues(event.error);
      mapped.unreadable.push(...issues.map((issue) => ({ ...issue, path: `${path}.${issue.path}` })));
      continue;
    }
    const at = eventTime(event.data.published, latest);
    if (at === undefined) {
      mapped.unreadable.push({ path: `${path}.published`, message: 'Invalid input: expected a date' });
      continue;
    }
    const verdict = verdictOf(event.data, { v: 1, source, at, id: event.data.uuid });
    if (Array.isArray(verdict)) mapped.changes.push(...verdict);
    else mapped.ignored.push({ type: event.data.eventType, reason: verdict.ignored });
  }
  return mapped;
}

/** What a user as the API returns it says of a person: the read is the truth as of its `lastUpdated`. */
export function mapOktaUser(user: OktaUser, source: string, readAt: number): PersonChange {
  const { firstName, lastName, displayName, email } = user.profile;
  const status = user.transitioningToStatus ?? user.status;
  const name = displayName || [firstName, lastName].filter(Boolean).join(' ');
  // lastUpdated has whole seconds: the read is as new as the last event of that second.
  const updated = Date.parse(user.lastUpdated);
  const at = new Date(Number.isNaN(updated) ? readAt : updated + 999).toISOString();
  return {
    v: 1,
    kind: 'person',
    source,
    at,
    id: 'read',
    personId: user.id,
    exists: status !== 'DEPROVISIONED',
    blocked: status === 'SUSPENDED',
    profile: { name: name || null, email: email ?? null },
  };
}

function verdictOf({ eventType, outcome, target }: LogEvent, common: Common): Verdict {
  // Previews write "Success"; a failed attempt has the same event type as a success.
  if (outcome?.result && outcome.result.toUpperCase() !== 'SUCCESS')
    return { ignored: 'its outcome is not SUCCESS' };
  return (handlers[eventType] as Handler)(common, (type) =>
    target?.find((candidate) => candidate.type === type),
  );
}

function user(factsOf: (user: LogTarget) => Partial<PersonChange>): Handler {
  return (common, target) => {
    const person = target('User');
    return person ? [{ ...common, kind: 'person', personId: person.id, ...factsOf(person) }] : NO_TARGET;
  };
}

function membership(member: boolean): Handler {
  return (common, target): Change[] | { ignored: string } => {
    const person = target('User');
    const group = target('UserGroup');
    if (!person || !group) return NO_TARGET;
    const container = {
      kind: 'group' as const,
      id: group.id,
      ...(group.displayName && { name: group.displayName }),
    };
    return [{ ...common, kind: 'membership', personId: person.id, container, member }];
  };
}

/** All an event tells of a profile: the login, which is an e-mail address in most orgs, and "First Last". */
function profileOf({ alternateId, displayName }: LogTarget): Profile {
  const profile: Profile = {};
  if (displayName && displayName !== 'unknown') profile.name = displayName;
  if (alternateId && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(alternateId)) profile.email = alternateId;
  return profile;
}
