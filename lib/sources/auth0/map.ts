import type * as z from 'zod';
import { describeIssues } from '../../config.ts';
import { type Change, eventTime, type Profile } from '../../directory/change.ts';
import type { MapOptions, Mapped } from '../source.ts';
import { CloudEvent, OrganizationMemberObject, UserObject } from './schema.ts';

type Common = { v: 1; source: string; at: string; id: string };
type Handler = (common: Common, object: unknown) => z.ZodSafeParseResult<Change[]>;

/** What each event type means for the mirror. Auth0's user events are snapshots; its membership events carry ids only. */
const handlers: Record<string, Handler> = {
  'user.created': handle(UserObject, (common, user) => [
    // Blocked is absent until first set: someone new without it is not blocked.
    {
      ...common,
      kind: 'person',
      personId: user.user_id,
      exists: true,
      blocked: user.blocked === true,
      profile: profileOf(user),
    },
  ]),
  'user.updated': handle(UserObject, (common, user) => [
    {
      ...common,
      kind: 'person',
      personId: user.user_id,
      exists: true,
      ...(user.blocked !== undefined && { blocked: user.blocked === true }),
      profile: profileOf(user),
    },
  ]),
  'user.deleted': handle(UserObject, (common, user) => [
    { ...common, kind: 'person', personId: user.user_id, exists: false },
  ]),
  'organization.member.added': handle(OrganizationMemberObject, membership(true)),
  'organization.member.deleted': handle(OrganizationMemberObject, membership(false)),
};

/** The event types that an event stream should subscribe to. */
export const auth0EventTypes: readonly string[] = Object.keys(handlers);

/** Maps the body of an event stream delivery: one CloudEvent. */
export function mapAuth0(body: unknown, { source, latest }: MapOptions): Mapped {
  const event = CloudEvent.safeParse(body);
  if (!event.success) return unreadable(describeIssues(event.error));
  const { type, id, time, a0purpose, data } = event.data;
  const at = eventTime(time, latest);
  if (at === undefined) return unreadable([{ path: 'time', message: 'Invalid input: expected a date' }]);
  if (a0purpose) return ignored(type, 'it is a test event');
  const handler = Object.hasOwn(handlers, type) ? handlers[type] : undefined;
  if (!handler) return ignored(type, 'this event type is not mirrored');
  const changes = handler({ v: 1, source, at, id }, data.object);
  if (changes.success) return { changes: changes.data, ignored: [], unreadable: [] };
  return unreadable(
    describeIssues(changes.error).map((issue) => ({ ...issue, path: `data.object.${issue.path}` })),
  );
}

function handle<T extends z.ZodType>(
  schema: T,
  map: (common: Common, object: z.infer<T>) => Change[],
): Handler {
  const mapping = (common: Common) => schema.transform((object) => map(common, object as z.infer<T>));
  return (common, object) => mapping(common).safeParse(object) as z.ZodSafeParseResult<Change[]>;
}

function membership(member: boolean) {
  return (common: Common, { organization, user }: z.infer<typeof OrganizationMemberObject>): Change[] => {
    const { id, name } = organization;
    const container = { kind: 'organization' as const, id, ...(name && { name }) };
    return [{ ...common, kind: 'membership', personId: user.user_id, container, member }];
  };
}

/**
 * An absent key is unchanged, an explicit null is cleared: Auth0's own pages disagree on whether an update carries
 * everything (auth0.com/docs/customize/events, send-outbound-scim against correlate-identity-changes, 2026-08).
 */
function profileOf({ name, nickname, email, picture }: z.infer<typeof UserObject>): Profile {
  const shown = name === null ? (nickname ?? null) : name;
  return {
    ...(shown !== undefined && { name: shown }),
    ...(email !== undefined && { email }),
    ...(picture !== undefined && { photoUrl: picture }),
  };
}

function ignored(type: string, reason: string): Mapped {
  return { changes: [], ignored: [{ type, reason }], unreadable: [] };
}

function unreadable(issues: Mapped['unreadable']): Mapped {
  return { changes: [], ignored: [], unreadable: issues };
}
