import type { SQSRecord } from 'aws-lambda';
import type { Mirror } from '../../lib/aws/mirror.ts';
import { createDelay, createQueue, type QueueDeps } from '../../lib/aws/queue.ts';
import { policiesOf, readConfig } from '../../lib/config.ts';
import { deliverBatch } from '../../lib/delivery/batch.ts';
import { sweep } from '../../lib/delivery/sweep.ts';
import type { Change } from '../../lib/directory/change.ts';
import { Conflict, WorldFault } from '../../lib/errors.ts';
import type { Http } from '../../lib/http/client.ts';
import { createVelt as createVeltClient } from '../../lib/velt/client.ts';
import { createVelt, type FaultRule, type VeltState } from '../../local/doubles/velt/velt.ts';
import { createMemoryMirror } from '../support/memory-mirror.ts';
import { createMemoryQueue, DEDUPLICATION_MS, type QueuedMessage } from '../support/memory-queue.ts';
import {
  configurationOf,
  deliveriesOf,
  type History,
  inNoOrder,
  type StepFault,
  second,
  userIdOf,
} from './history.ts';
import { createSimulation } from './simulation.ts';

/** As deployed (serverless.yml), in ms. */
const TIMEOUT_MS = 60_000;
const VISIBILITY_MS = 360_000;
/** Fewer than deployed, so that messages do die. */
const MAX_RECEIVES = 5;
/** Longer than what is unconfirmed waits, and longer than any back-off. */
const SOON_MS = 16 * 60_000;
const LATER_MS = 25 * 60 * 60_000;
const MAX_SWEEPS = 12;
/** More than any history needs: a world that goes on for longer goes round in circles. */
const MAX_MOMENTS = 100_000;

export interface Ending {
  state: VeltState;
  /** Whether the sweep came to an end: nothing due any more, or only what Velt never accepts. */
  quiet: boolean;
  /** Entries that the sweep has looked at and would look at again at once. */
  overdue: number;
  /** Entries that the sweep would look at some day, though no call is owed. */
  stillDue: number;
  /** Calls of Velt while the whole history was delivered once more. */
  repeated: string[];
  stats: { calls: number; steps: number; messages: number; dead: number; crashes: number; turbulent: number };
  trace: string[];
}

/** A running Lambda function: once dead, nothing it asked for is done and nothing it waits for arrives. */
interface Process {
  name: string;
  dead: boolean;
  died: Promise<'died'>;
  kill: () => void;
}

/**
 * Lives a history through: deliveries reach the queue, workers deliver them one step at a time and between each other's,
 * faults strike. Then the faults end, the dead letters are put back, the sweep runs until it is quiet, and everything is
 * delivered once more. The same history always lives the same life.
 */
export async function live(history: History, { traced = false } = {}): Promise<Ending> {
  const { setup, seed } = history;
  const config = readConfig(configurationOf(setup));
  const policies = policiesOf(config);
  const simulation = createSimulation(Date.parse(second(3600)), seed);
  const { clock, random, after } = simulation;
  const table = createMemoryMirror();
  const messages = createMemoryQueue({ clock, maxReceives: MAX_RECEIVES, batch: setup.batch });
  const velt = createVelt({ apiKey: 'key', authToken: 'token', ...setup.velt, clock, random });
  const faults = new Map(history.steps.map((fault) => [fault.step, fault.kind]));
  const stats = { calls: 0, steps: 0, messages: 0, dead: 0, crashes: 0, turbulent: 0 };
  const trace: string[] = [];
  let [running, invocations, calm] = [0, 0, false];
  let problem: unknown;

  const { answer, people, groups } = history.refused;
  const usersAdd = `/${setup.usersAdd}/users/add`;
  const never: FaultRule[] = [
    ...people.map((id) => ({ match: { path: usersAdd, userId: userIdOf(id, setup) }, answer })),
    ...groups.map((groupId) => ({ match: { path: '/v2/organizations/usergroups/add', groupId }, answer })),
  ];
  for (const rule of never) velt.faults.add(rule);

  const vendor = createProcess('vendor');
  const queueFor = (process: Process) =>
    createQueue({ client: sqsFor(process), queueUrl: 'changes', shards: setup.shards });

  const deliveries = deliveriesOf(history);
  for (const [index, { after, events }] of deliveries.entries()) {
    await run(clock() + after);
    for (const { from, rule } of history.velt) if (from % deliveries.length === index) velt.faults.add(rule);
    if (!events) runSweep();
    else if (events.length > 0) await enqueue(events);
  }
  await run();

  stats.turbulent = stats.steps;
  calm = true;
  faults.clear();
  velt.faults.clear();
  for (const rule of never) velt.faults.add(rule);
  // What died while a lease lasted is put back too.
  for (let dead = messages.redrive(); dead > 0; dead = messages.redrive()) {
    stats.dead += dead;
    await run();
  }
  await run();
  let quiet = false;
  for (let sweeps = 1; !quiet && sweeps <= MAX_SWEEPS; sweeps += 1) {
    const before = velt.calls.length;
    for (const wait of [SOON_MS, LATER_MS]) {
      simulation.moveTo(clock() + wait);
      runSweep();
      await run();
    }
    quiet = velt.calls.slice(before).every(({ body }) => isHopeless(body));
  }
  simulation.moveTo(clock() + SOON_MS);
  runSweep();
  await run();
  const state = velt.state();
  const overdue = table.due(clock(), 1000).length;
  const stillDue = table.due(clock() + LATER_MS, 1000).length;

  const before = velt.calls.length;
  await repeat();
  const repeated = velt.calls
    .slice(before)
    .filter(({ body }) => !isHopeless(body))
    .map(({ path, body }) => `${path} ${JSON.stringify(body)}`);
  Object.assign(stats, { calls: velt.calls.length, messages: messages.counts().sent });
  return { state, quiet, overdue, stillDue, repeated, stats, trace };

  /** Lets everything happen that is due until `limit` (ms since the epoch), or until nothing is left to happen. */
  async function run(limit?: number): Promise<void> {
    for (let moments = 0; ; moments += 1) {
      if (problem !== undefined) throw problem;
      if (moments > MAX_MOMENTS) throw new Error('the world goes round in circles');
      const visible = messages.nextVisible();
      while (running < setup.workers && visible === clock() && startWorker());
      const due = [simulation.next(), messages.nextVisible()].filter(
        (at) => at !== undefined && at > clock(),
      );
      const now = simulation.next() === clock();
      const next = now ? clock() : Math.min(...(due as number[]));
      if (next === Number.POSITIVE_INFINITY || (limit !== undefined && next > limit)) break;
      await simulation.step(next);
    }
    if (limit !== undefined) simulation.moveTo(limit);
  }

  async function repeat(): Promise<void> {
    simulation.moveTo(clock() + DEDUPLICATION_MS);
    await enqueue(inNoOrder(history.events));
    await run();
  }

  async function enqueue(changes: Change[]): Promise<void> {
    // A webhook that cannot reach the queue is answered 5xx and sent again: from here on it is there.
    const byHand = createQueue({ client: sqsFor(undefined), queueUrl: 'changes', shards: setup.shards });
    await byHand.send(changes);
    note(vendor, `sends ${changes.map(({ id }) => id).join(' ')}`);
  }

  function startWorker(): boolean {
    const overlapping = !calm && history.overlaps.includes(invocations + 1);
    const batch = messages.receive(overlapping ? 1 + Math.floor(random() * 300) : VISIBILITY_MS);
    if (batch.length === 0) return false;
    invocations += 1;
    running += 1;
    const process = createProcess(`worker ${invocations}`);
    note(process, `takes ${batch.map(({ messageId, receives }) => `${messageId}×${receives}`).join(' ')}`);
    work(process, batch)
      .catch(broke)
      .finally(() => {
        running -= 1;
      });
    return true;
  }

  async function work(process: Process, batch: QueuedMessage[]): Promise<void> {
    const queue = queueFor(process);
    const done = deliverBatch({ Records: batch.map(recordOf) }, clock() + TIMEOUT_MS, {
      config,
      policies,
      queue,
      mirror: mirrorFor(process),
      delay: createDelay({ client: sqsFor(process), queueUrl: 'changes' }),
      velt: createVeltClient({
        http: httpFor(process),
        credentials: async () => ({ apiKey: 'key', authToken: 'token' }),
        baseUrl: 'https://velt.example',
        usersAdd: setup.usersAdd,
        ...{ clock, random },
        sleep: (ms) => alive(process, after(ms)),
      }),
      ...{ clock, random, log: silent, meter },
    });
    const result = await Promise.race([done, process.died]);
    if (result === 'died') return;
    const failed = new Set(result.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    note(process, `ends${failed.size > 0 ? `, gives back ${[...failed].join(' ')}` : ''}`);
    process.dead = true;
    for (const { messageId, receiptHandle } of batch) {
      if (!failed.has(messageId)) messages.remove(receiptHandle);
    }
  }

  /** Only a fault of the world may come out of a function. */
  function broke(error: unknown): void {
    problem ??= error;
  }

  function runSweep(): void {
    const process = createProcess('sweep');
    const [mirror, queue] = [mirrorFor(process), queueFor(process)];
    sweep({ mirror, queue, clock, log: silent, meter }).catch((error) => {
      if (!(error instanceof WorldFault)) broke(error);
    });
  }

  /** One call of a process to the world: on its way, done, on its way back; each of these can go wrong. */
  async function step<T>(process: Process, what: string, act: () => T, half?: () => void): Promise<T> {
    await alive(process, after(1 + Math.floor(random() * 40)));
    const fault = strike(process, what);
    if (fault === 'crash') return await never_();
    if (fault !== undefined) {
      // Of a batch, a part may have been done.
      half?.();
      throw new WorldFault('mirror', 'a fault of the simulation');
    }
    const result = act();
    note(process, what);
    await alive(process, after(1 + Math.floor(random() * 40)));
    const late = strike(process, what);
    if (late === 'crash') return await never_();
    if (late === 'conflict' && what.startsWith('mirror.write'))
      throw new Conflict('written twice by the SDK');
    if (late !== undefined) throw new WorldFault('mirror', 'a fault of the simulation');
    return result;
  }

  function strike(process: Process, what: string): StepFault['kind'] | undefined {
    stats.steps += 1;
    const fault = faults.get(stats.steps);
    if (fault === undefined) return undefined;
    note(process, `${what} meets step ${stats.steps}: ${fault}`);
    if (fault !== 'crash') return fault;
    stats.crashes += 1;
    process.kill();
    return fault;
  }

  function mirrorFor(process: Process): Mirror {
    const some = <T>(items: T[]) => items.slice(0, Math.floor(items.length / 2));
    return {
      read: (refs) =>
        step(process, `mirror.read ${refs.map(({ id }) => id).join(' ')}`, () => table.read(refs)),
      write: (stored, times) => {
        const what = () => `mirror.write ${stored.entry.id} on ${stored.revision}`;
        return step(process, traced ? `${what()} ${JSON.stringify(stored.entry)}` : what(), () =>
          table.write(stored, times),
        );
      },
      join: (members) =>
        step(
          process,
          `mirror.join ${members.map(({ personId, container }) => `${personId}→${container.id}`).join(' ')}`,
          () => table.join(members),
          () => table.join(some(members)),
        ),
      leave: (members) =>
        step(
          process,
          `mirror.leave ${members.map(({ personId, container }) => `${personId}→${container.id}`).join(' ')}`,
          () => table.leave(members),
          () => table.leave(some(members)),
        ),
      async *members(source, container) {
        // Pages of one, read one after the other.
        const all = await step(process, `mirror.members ${container.id}`, () =>
          table.members(source, container),
        );
        for (const id of all) yield await step(process, `mirror.members page ${id}`, () => [id]);
      },
      due: (now, limit) => step(process, 'mirror.due', () => table.due(now, limit)),
      scan: (source) => step(process, 'mirror.scan', () => table.scan(source)),
    };
  }

  /** Takes the place of the SDK's client; without a process nothing goes wrong. */
  function sqsFor(process: Process | undefined): QueueDeps['client'] {
    const send = async ({ input }: { input: object }) => {
      if ('Entries' in input && Array.isArray(input.Entries)) {
        const entries: SqsEntry[] = input.Entries;
        const act = (some: SqsEntry[]) => {
          for (const {
            MessageGroupId,
            MessageBody,
            MessageDeduplicationId,
            ReceiptHandle,
            ...entry
          } of some) {
            if (ReceiptHandle !== undefined) messages.delay(ReceiptHandle, entry.VisibilityTimeout ?? 0);
            else messages.send(MessageGroupId, MessageBody, MessageDeduplicationId);
          }
          return {};
        };
        const half = () => void act(entries.slice(0, Math.floor(entries.length / 2)));
        return process ? step(process, `queue ${entries.length}`, () => act(entries), half) : act(entries);
      }
      throw new Error('not a command of the queue');
    };
    return { send } as QueueDeps['client'];
  }

  function httpFor(process: Process): Http {
    return async ({ method, url, headers, body = '', timeoutMs }) => {
      const path = new URL(url).pathname;
      const reply = await step(process, `Velt ${path}`, () => {
        const answer = velt.handle({ method, path, headers, body });
        if (traced) note(process, `Velt ${path} ${body} → ${JSON.stringify(answer)}`);
        return answer;
      });
      if (!('misbehaviour' in reply)) return { ...reply, body: reordered(reply.body) };
      if (reply.misbehaviour === 'reset') throw new WorldFault('connection', 'reset');
      await alive(process, after(timeoutMs));
      throw new WorldFault('timeout', `no answer within ${timeoutMs} ms`);
    };
  }

  function note(process: Process, what: string): void {
    if (traced) trace.push(`${new Date(clock()).toISOString().slice(8, 23)} ${process.name} ${what}`);
  }

  /** Whether a call names someone or something that Velt never accepts. */
  function isHopeless(body: unknown): boolean {
    return never.some(({ match }) =>
      JSON.stringify(body).includes(JSON.stringify(match?.userId ?? match?.groupId)),
    );
  }
}

/** The same answer with the items in another order: in JSON they have none. */
function reordered(body: string): string {
  try {
    return JSON.stringify(
      JSON.parse(body, (_, value) =>
        value instanceof Object && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).reverse())
          : value,
      ),
    );
  } catch {
    return body;
  }
}

interface SqsEntry {
  MessageGroupId: string;
  MessageBody: string;
  MessageDeduplicationId: string;
  ReceiptHandle?: string;
  VisibilityTimeout?: number;
}

function createProcess(name: string): Process {
  const { promise: died, resolve } = Promise.withResolvers<'died'>();
  const process = { name, dead: false, died, kill };
  return process;

  function kill() {
    process.dead = true;
    resolve('died');
  }
}

async function alive<T>(process: Process, promise: Promise<T>): Promise<T> {
  const value = await promise;
  return process.dead ? await never_<T>() : value;
}

function never_<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

function recordOf({ messageId, receiptHandle, body, receives, group }: QueuedMessage): SQSRecord {
  return {
    messageId,
    receiptHandle,
    body,
    attributes: {
      ApproximateReceiveCount: String(receives),
      SentTimestamp: '0',
      SenderId: 'webhook',
      ApproximateFirstReceiveTimestamp: '0',
      MessageGroupId: group,
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-west-1:000000000000:changes.fifo',
    awsRegion: 'eu-west-1',
  };
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const meter = { record: () => undefined };
