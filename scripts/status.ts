import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SQSClient,
  type SQSClientConfig,
} from '@aws-sdk/client-sqs';
import { containersAround } from '../lib/aws/around.ts';
import type { Mirror } from '../lib/aws/mirror.ts';
import type { Run, Runs } from '../lib/aws/runs.ts';
import { chunk } from '../lib/directory/chunk.ts';
import { lackOf, whyNotHere } from '../lib/directory/desired.ts';
import { confirmationsOf, type Entry, entryKey } from '../lib/directory/entry.ts';
import type { Policy } from '../lib/directory/policy.ts';
import { readCommandLine } from './command-line.ts';
import { connectStack, runCommand, STACK_FLAGS, type StackPlace } from './stack.ts';
import { statusText } from './status-text.ts';

/** What is in one queue. A FIFO queue's first message locks those behind it: they are visible all the same. */
export interface QueueStatus {
  name: 'changes' | 'changes-dead' | 'parked' | 'scheduler-dead' | 'partner-events-dead';
  visible: number;
  inFlight: number;
  delayed: number;
}

/** Why somebody or something waits: what Velt refuses, what was not confirmed, what is to be read, and whose members are to be looked at. */
export type Why = 'refused' | 'unconfirmed' | 'unread' | 'members';

export interface Waiting {
  source: string;
  kind: Entry['kind'];
  id: string;
  why: Why;
  /** When the sweep looks at it (ms since the epoch). */
  dueAt: number;
  /** How often Velt refused. */
  attempts?: number | undefined;
}

/** Somebody of a source who is not in Velt, and why. */
export interface Missing {
  source: string;
  id: string;
  why: string;
}

export interface Status {
  at: number;
  queues: QueueStatus[];
  /** The last run of each source that is configured; without one where none was heard of. */
  runs: {
    source: string;
    run: Pick<Run, 'state' | 'phase' | 'reason' | 'startedAt' | 'endedAt' | 'people'> | undefined;
  }[];
  /** The first of those who wait, the soonest first, and how many of them were looked at; `isAll` where there are no more. */
  waiting: { first: Waiting[]; count: number; isAll: boolean };
  /** Everyone who is known and not in Velt; only where that was asked for. */
  missing?: Missing[] | undefined;
}

export interface StatusDeps {
  mirror: Pick<Mirror, 'due' | 'read' | 'scan'>;
  runs: Pick<Runs, 'current'>;
  policies: ReadonlyMap<string, Policy>;
  clock: () => number;
  /** What a queue has; undefined where there is no such queue. */
  depthOf: (name: QueueStatus['name']) => Promise<Omit<QueueStatus, 'name'> | undefined>;
}

const QUEUES = ['changes', 'changes-dead', 'parked', 'scheduler-dead', 'partner-events-dead'] as const;
/** So many entries that wait are looked at, and so many of them are told. */
const MAX_DUE = 2_000;
const TOLD = 20;
const FAR_MS = 10 * 365 * 24 * 60 * 60_000;

/**
 * How a deployment is: what its queues hold, how the last run of each source ended, who waits and why, and with `people` who of
 * all that are known is not in Velt and why, for which the whole table is read. Throws WorldFault.
 */
export async function statusOf({ people }: { people: boolean }, deps: StatusDeps): Promise<Status> {
  const { runs, policies, clock } = deps;
  const queues = await Promise.all(QUEUES.map(async (name) => ({ name, depth: await deps.depthOf(name) })));
  const sources = [...policies.keys()];
  return {
    at: clock(),
    queues: queues.flatMap(({ name, depth }) => (depth ? { name, ...depth } : [])),
    runs: await Promise.all(
      sources.map(async (source) => ({ source, run: (await runs.current(source))?.run })),
    ),
    waiting: await waitingOf(deps),
    ...(people && { missing: await missingOf(deps) }),
  };
}

/** Whether nobody has to look: nothing dead or parked, no run stopped, and Velt refuses nothing. */
export function isHealthy({ queues, runs, waiting }: Status): boolean {
  const isLeft = ({ name, visible }: QueueStatus) => name !== 'changes' && visible > 0;
  return (
    !queues.some(isLeft) &&
    !runs.some(({ run }) => run?.state === 'stopped') &&
    !waiting.first.some(({ why }) => why === 'refused')
  );
}

async function waitingOf({ mirror, clock, policies }: StatusDeps): Promise<Status['waiting']> {
  const now = clock();
  const refs = await mirror.due(now + FAR_MS, MAX_DUE, (source) => policies.has(source));
  const waiting: Waiting[] = [];
  for (const some of chunk(refs, { count: 100 }))
    for (const { entry, dueAt = now } of (await mirror.read(some)).values()) {
      const why = whyDue(entry);
      const { source, kind, id } = entry;
      if (why) waiting.push({ source, kind, id, dueAt, ...why });
    }
  const rank = ({ why }: Waiting) => (why === 'refused' ? 0 : 1);
  waiting.sort((one, other) => rank(one) - rank(other) || one.dueAt - other.dueAt);
  return { first: waiting.slice(0, TOLD), count: waiting.length, isAll: refs.length < MAX_DUE };
}

/** Why an entry waits; undefined where it only has a moment at which access expires. */
function whyDue(entry: Entry): Pick<Waiting, 'why' | 'attempts'> | undefined {
  const known = entry.kind === 'person' ? confirmationsOf(entry) : Object.values(entry.delivered);
  const refusals = known.flatMap(({ refusal }) => refusal ?? []);
  if (refusals.length > 0)
    return { why: 'refused', attempts: Math.max(...refusals.map(({ attempts }) => attempts)) };
  if (entry.kind === 'person' ? entry.readDue : entry.membersDue)
    return { why: entry.kind === 'person' ? 'unread' : 'members' };
  return known.some(({ present }) => !present) ? { why: 'unconfirmed' } : undefined;
}

async function missingOf({ mirror, policies, clock }: StatusDeps): Promise<Missing[]> {
  const missing: Missing[] = [];
  for (const [source, policy] of policies) {
    let next: string | undefined;
    do {
      const page = await mirror.scan(source, next);
      const people = page.entries.flatMap(({ entry }) => (entry.kind === 'person' ? entry : []));
      const containers = await containersAround(people, [], mirror);
      for (const entry of people) {
        const why = whyNotHere(entry, policy, clock()) ?? lackOf(entry, containers, policy, clock())?.why;
        if (why !== undefined) missing.push({ source, id: entry.id, why });
      }
      next = page.next;
    } while (next !== undefined);
  }
  return missing.sort((one, other) =>
    entryKey({ ...one, kind: 'person' }) < entryKey({ ...other, kind: 'person' }) ? -1 : 1,
  );
}

/** The queues of a stage. */
export function createDepths({ stage, aws }: StackPlace): StatusDeps['depthOf'] {
  const sqs = new SQSClient(aws as SQSClientConfig);
  return async (name) => {
    const isFifo = name.startsWith('changes');
    const QueueName = `velt-directory-sync-${stage}-${name}${isFifo ? '.fifo' : ''}`;
    try {
      const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
      );
      const count = (state: '' | 'NotVisible' | 'Delayed') =>
        Number(Attributes[`ApproximateNumberOfMessages${state}`] ?? 0);
      return { visible: count(''), inFlight: count('NotVisible'), delayed: count('Delayed') };
    } catch (error) {
      // Only a stack with a partner's stream has all of them.
      if (error instanceof Error && error.name === 'QueueDoesNotExist') return undefined;
      throw error;
    }
  };
}

const USAGE = 'npm run status -- [--people] [--json] [--stage dev] [--region us-east-1]';

/** `npm run status`; AWS_ENDPOINT_URL as everywhere. Exits with 1 where somebody has to look. */
async function main(signal: AbortSignal): Promise<boolean> {
  const { values } = readCommandLine(USAGE, {
    options: {
      people: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      ...STACK_FLAGS,
    },
  });
  const { people, json, stage, region } = values;
  const place = { stage, aws: { region } };
  const stack = await connectStack(place, signal);
  const status = await statusOf({ people }, { ...stack, depthOf: createDepths(place) });
  console.log(json ? JSON.stringify(status, null, 2) : statusText(status, { flags: stack.flags }));
  return isHealthy(status);
}

if (process.argv[1] === import.meta.filename) await runCommand('status', main);
