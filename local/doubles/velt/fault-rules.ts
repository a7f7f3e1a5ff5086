import * as z from 'zod';
import { type HttpAnswer, json, type Misbehaviour } from '../http-server.ts';
import type { ItemKind } from './endpoint.ts';
import { HTTP_STATUS } from './refused.ts';

export const faultRule = z.strictObject({
  match: z
    .strictObject({
      path: z.string().optional(),
      userId: z.string().optional(),
      groupId: z.string().optional(),
      organizationId: z.string().optional(),
      attribute: z.string().optional(),
    })
    .default({}),
  times: z.number().int().positive().default(Number.MAX_SAFE_INTEGER),
  probability: z.number().min(0).max(1).default(1),
  applied: z.boolean().default(false),
  answer: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('status'),
      status: z.number().int(),
      errorStatus: z.string().optional(),
      message: z.string().optional(),
      retryAfterSeconds: z.number().optional(),
    }),
    z.strictObject({ kind: z.literal('refuse-item'), reason: z.string(), code: z.string().optional() }),
    z.strictObject({
      kind: z.literal('refuse-call'),
      status: z.number().int(),
      errorStatus: z.string(),
      message: z.string(),
    }),
    z.strictObject({ kind: z.literal('omit-item') }),
    z.strictObject({ kind: z.literal('hang') }),
    z.strictObject({ kind: z.literal('reset') }),
    z.strictObject({ kind: z.literal('slow'), ms: z.number(), each: z.boolean().default(false) }),
    z.strictObject({ kind: z.literal('garbage'), body: z.string() }),
  ]),
});

/**
 * One misbehaviour. `match` says which valid calls it meets (all given must hold; `path` is a prefix, an id must be named
 * in the call, and so must an `attribute`, such as `email`, of some user, or of the one with this `userId`), `times` how many of them, `probability` how likely. With `applied` the state changes although the answer is
 * a fault. `refuse-item` and `omit-item` touch the matching items only, and several of them add up; of the other kinds the
 * first matching rule decides. `slow` is the right answer, late by `ms`, or with `each` by that much for every item of
 * the call: always applied.
 */
export type FaultRule = z.input<typeof faultRule>;
export type ActiveFault = z.output<typeof faultRule>;

const ITEM_FAULTS = new Set<ActiveFault['answer']['kind']>(['refuse-item', 'omit-item']);

/** Picks the faults that meet a call and uses them up: those of single items, and at most one of the whole call. */
export function drawFaults(
  rules: ActiveFault[],
  path: string,
  data: unknown,
  random: () => number,
): { items: ActiveFault[]; call: ActiveFault | undefined } {
  const named = idsIn(data);
  const items: ActiveFault[] = [];
  for (const rule of rules) {
    const { path: prefix = '', attribute, ...ids } = rule.match;
    const meets =
      rule.times > 0 &&
      path.startsWith(prefix) &&
      carries(attribute, data, ids.userId) &&
      Object.entries(ids).every(([kind, wanted = '']) => named[kind as ItemKind].includes(wanted)) &&
      (rule.probability === 1 || random() < rule.probability);
    if (!meets) continue;
    rule.times -= 1;
    if (!ITEM_FAULTS.has(rule.answer.kind)) return { items, call: rule };
    items.push(rule);
  }
  return { items, call: undefined };
}

/** The answer of a fault that meets a whole call. */
export function faultAnswer(answer: ActiveFault['answer']): HttpAnswer | Misbehaviour {
  switch (answer.kind) {
    case 'hang':
    case 'reset':
      return { misbehaviour: answer.kind };
    case 'garbage':
      return { status: 200, headers: { 'content-type': 'text/html' }, body: answer.body };
    case 'refuse-call':
      return json(answer.status, { error: { message: answer.message, status: answer.errorStatus } });
    case 'status': {
      const { status, retryAfterSeconds } = answer;
      const byNumber = Object.entries(HTTP_STATUS).find(([, http]) => http === status)?.[0];
      const error = {
        message: answer.message ?? 'Fault.',
        status: answer.errorStatus ?? byNumber ?? 'UNKNOWN',
      };
      const wait = retryAfterSeconds === undefined ? undefined : { 'retry-after': String(retryAfterSeconds) };
      return json(status, { error }, wait);
    }
    default:
      throw new Error(`${answer.kind} is not an answer of its own`);
  }
}

/** How many items a call is about. */
export function countItems(data: unknown): number {
  const { userId, groupId } = idsIn(data);
  return userId.length || groupId.length;
}

/** Whether a call carries this attribute, if one is asked for, of this user, or of any. */
export function carries(attribute: string | undefined, data: unknown, userId: string | undefined): boolean {
  const { users = [] } = data as { users?: { userId: string }[] };
  return (
    attribute === undefined ||
    users.some((user) => attribute in user && (userId ?? user.userId) === user.userId)
  );
}

function idsIn(data: unknown): Record<ItemKind, string[]> {
  const call = data as {
    organizationId?: string;
    organizations?: { organizationId: string }[];
    users?: { userId: string }[];
    userIds?: string[];
    organizationUserGroupId?: string;
    organizationUserGroups?: { groupId: string }[];
  };
  return {
    userId: call.users?.map(({ userId }) => userId) ?? call.userIds ?? [],
    groupId:
      call.organizationUserGroups?.map(({ groupId }) => groupId) ??
      [call.organizationUserGroupId ?? []].flat(),
    organizationId:
      call.organizations?.map(({ organizationId }) => organizationId) ?? [call.organizationId ?? []].flat(),
  };
}
