import * as z from 'zod';
import { QueueItem, type Recheck } from './change.ts';

const FACTS = ['exists', 'active', 'blocked', 'profile', 'connections'] as const;

/** A change as version 1 wrote it: what was read had an id that began with "read ", and commands were persons. */
const ChangeV1 = z.looseObject({ kind: z.string(), source: z.string(), at: z.string(), id: z.string() });
const Envelope = z.object({ v: z.literal(2), changes: z.array(z.unknown()).min(1) });
const MessageV1 = z.object({ v: z.literal(1), changes: z.array(ChangeV1) });

/**
 * What a message on the queue says, in this version's words. Messages of version 1 are understood for as long as a queue
 * can hold them (14 days). `unknown` are the items that a newer version wrote in words that this one does not have. Throws
 * ZodError when it is of neither version.
 */
export function readMessage(body: unknown): { items: QueueItem[]; unknown: unknown[] } {
  const old = MessageV1.safeParse(body);
  const message = old.success ? { v: 2, changes: old.data.changes.flatMap(upgraded) } : body;
  const { changes } = Envelope.parse(message);
  const read = changes.map((change) => ({ change, item: QueueItem.safeParse(change).data }));
  return {
    items: read.flatMap(({ item }) => item ?? []),
    unknown: read.flatMap(({ change, item }) => (item ? [] : [change])),
  };
}

function upgraded({ v: _, id, ...change }: z.infer<typeof ChangeV1> & Record<string, unknown>): unknown[] {
  const origin = id.startsWith('read ') ? { askedAt: id.slice('read '.length) } : { id };
  const { read, doubted, adopted, ...facts } = change;
  const isPerson = change.kind === 'person';
  const hasFacts = !isPerson || FACTS.some((fact) => facts[fact] !== undefined);
  const hasContainerFacts =
    !('containerId' in facts) || ['exists', 'name', 'organization'].some((fact) => fact in facts);
  const recheck = (over: object) => ({
    ...{ kind: 'recheck', source: change.source, at: change.at },
    of: { kind: change.kind, id: facts.personId ?? facts.containerId },
    ...over,
  });
  const reads: Record<string, Recheck['read']> = { person: 'alone', memberships: 'memberships' };
  // A group that was named without facts was read wherever there was an API.
  const bare = recheck({ reason: 'sweep', ...(change.kind === 'group' && { read: 'alone' }) });
  return [
    ...(hasFacts && hasContainerFacts ? [{ ...facts, ...origin }] : []),
    ...(typeof read === 'string' ? [recheck({ reason: 'event', read: reads[read] })] : []),
    ...(doubted === undefined ? [] : [recheck({ reason: 'shared-user', userId: doubted })]),
    ...(adopted === undefined ? [] : [recheck({ reason: 'stranger', organizationId: adopted })]),
    ...((hasFacts && hasContainerFacts) || read || doubted || adopted ? [] : [bare]),
  ];
}
