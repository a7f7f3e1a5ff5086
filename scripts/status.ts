import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SQSClient,
  type SQSClientConfig,
} from '@aws-sdk/client-sqs';
import { everyoneOf } from '../lib/aws/around.ts';
import type { Mirror } from '../lib/aws/mirror.ts';
import type { Run, Runs } from '../lib/aws/runs.ts';
import { chunk } from '../lib/directory/chunk.ts';
import { confirmationsOf, type Entry, entryKey } from '../lib/directory/entry.ts';
import { whyNotAtVelt } from '../lib/directory/explain.ts';
import type { Policy } from '../lib/directory/policy.ts';
import type { StackPlace } from './place.ts';

/** What is in one queue. A FIFO queue's first message locks those behind it: they are visible all the same. */
export interface QueueStatus {
  name: 'changes' | 'changes-dead' | 'parked' | 'scheduler-dead' | 'partner-events-dead';
  visible: number;
  inFlight: number;
  delayed: number;
}

/**
 * Why somebody or something waits: what Velt refuses, what was not confirmed, what is to be read, whose members are to be looked at,
 * whose access expired, and what only a newer version can read.
 */
export type Why = 'refused' | 'unconfirmed' | 'unread' | 'members' | 'expired' | 'unreadable';

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

/** Somebody of a source who is not meant to be in Velt, and why. */
export interface Out {
  source: string;
  id: string;
  why: string;
}

/** The last run of a source; `unknown` where another version wrote of it. */
export interface RunStatus {
  source: string;
  run?:
    | Pick<Run, 'state' | 'phase' | 'reason' | 'startedAt' | 'savedAt' | 'endedAt' | 'people'>
    | 'unknown'
    | undefined;
}

export interface Status {
  at: number;
  queues: QueueStatus[];
  runs: RunStatus[];
  /** The first of those who wait, the refused before others, and how many there are; without `isAll` there may be more. */
  waiting: { first: Waiting[]; count: number; isAll: boolean };
  /** Everyone who is known and not meant to be in Velt; only where that was asked for. */
  out?: Out[] | undefined;
  /**
   * Whether nobody has to look: nothing is dead or parked, no run was stopped or stands still, Velt refuses nobody, and nothing that
   * waits is overdue.
   */
  isHealthy: boolean;
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
const HOUR_MS = 60 * 60_000;
/** What waits is looked at again within a day; whoever is due later only expires. */
const SOON_MS = 25 * HOUR_MS;
/** So many entries are looked at, and so many of those that wait are told. */
const MAX_DUE = 10_000;
const TOLD = 20;

/**
 * How a deployment is: what its queues hold, how the last run of each source ended, who waits and why, and with `people` who of
 * all that are known is not meant to be in Velt and why, for which the whole table is read once a source. Throws WorldFault.
 */
export async function statusOf({ people }: { people: boolean }, deps: StatusDeps): Promise<Status> {
  const { runs, policies, clock } = deps;
  const depths = await Promise.all(QUEUES.map(async (name) => ({ name, depth: await deps.depthOf(name) })));
  const found = {
    at: clock(),
    queues: depths.flatMap(({ name, depth }) => (depth ? { name, ...depth } : [])),
    runs: await Promise.all([...policies.keys()].map((source) => runOf(source, runs))),
    waiting: await waitingOf(deps),
  };
  return { ...found, ...(people && { out: await outOf(deps) }), isHealthy: isHealthy(found) };
}

async function runOf(source: string, runs: StatusDeps['runs']): Promise<RunStatus> {
  const current = await runs.current(source);
  return { source, ...(current && { run: current.run ?? 'unknown' }) };
}

function isHealthy({ at, queues, runs, waiting }: Omit<Status, 'isHealthy'>): boolean {
  const isLeft = ({ name, visible, inFlight, delayed }: QueueStatus) =>
    name !== 'changes' && visible + inFlight + delayed > 0;
  const isStuck = ({ run }: RunStatus) =>
    run === 'unknown' || (run !== undefined && (run.state === 'stopped' || standsStill(run, at)));
  const isLate = ({ why, dueAt }: Waiting) => why === 'refused' || dueAt < at - HOUR_MS;
  return !queues.some(isLeft) && !runs.some(isStuck) && waiting.isAll && !waiting.first.some(isLate);
}

/** A run that is not done is gone on with every five minutes. */
function standsStill(
  { state, startedAt, savedAt = startedAt }: Pick<Run, 'state' | 'startedAt' | 'savedAt'>,
  at: number,
): boolean {
  return state === 'running' && Date.parse(savedAt) < at - HOUR_MS;
}

async function waitingOf({ mirror, clock, policies }: StatusDeps): Promise<Status['waiting']> {
  const now = clock();
  const refs = await mirror.due(now + SOON_MS, MAX_DUE, (source) => policies.has(source));
  const waiting: Waiting[] = [];
  for (const some of chunk(refs, { count: 100 }))
    for (const { entry, dueAt = now } of (await mirror.read(some)).values()) {
      const why = whyDue(entry, dueAt, now);
      const { source, kind, id } = entry;
      if (why) waiting.push({ source, kind, id, dueAt, ...why });
    }
  const rank = ({ why }: Waiting) => (why === 'refused' ? 0 : 1);
  waiting.sort((one, other) => rank(one) - rank(other) || one.dueAt - other.dueAt);
  return { first: waiting.slice(0, TOLD), count: waiting.length, isAll: refs.length < MAX_DUE };
}

/** Why an entry is due; undefined where it only has a moment to come at which access expires. */
function whyDue(entry: Entry, dueAt: number, now: number): Pick<Waiting, 'why' | 'attempts'> | undefined {
  if (entry.unreadable) return { why: 'unreadable' };
  const known = entry.kind === 'person' ? confirmationsOf(entry) : Object.values(entry.delivered);
  const refusals = known.flatMap(({ refusal }) => refusal ?? []);
  if (refusals.length > 0)
    return { why: 'refused', attempts: Math.max(...refusals.map(({ attempts }) => attempts)) };
  if (entry.kind !== 'person') return { why: entry.membersDue ? 'members' : 'unconfirmed' };
  if (entry.readDue) return { why: 'unread' };
  const expiresAt = Date.parse(entry.profile.expiresAt?.value ?? '');
  if (expiresAt === dueAt && expiresAt > now) return undefined;
  return { why: expiresAt <= now ? 'expired' : 'unconfirmed' };
}

async function outOf({ mirror, policies, clock }: StatusDeps): Promise<Out[]> {
  const out: Out[] = [];
  for (const [source, policy] of policies)
    for await (const { people, containers } of everyoneOf(source, mirror))
      for (const entry of people) {
        const why = whyNotAtVelt(entry, containers, policy, clock());
        if (why !== undefined) out.push({ source, id: entry.id, why });
      }
  return out.sort((one, other) =>
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
      if (name === 'partner-events-dead' && error instanceof Error && error.name === 'QueueDoesNotExist')
        return undefined;
      throw error;
    }
  };
}
