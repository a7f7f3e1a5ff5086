import { createQueue } from '../../lib/aws/queue.ts';
import { sweep } from '../../lib/delivery/sweep.ts';
import type { Change } from '../../lib/directory/change.ts';
import { WorldFault } from '../../lib/errors.ts';
import type { FaultRule, Velt, VeltState } from '../../local/doubles/velt/velt.ts';
import { DEDUPLICATION_MS } from '../support/memory-queue.ts';
import { mirrorFor, sqsFor } from './clients.ts';
import { configurationOf, deliveriesOf, type History, inNoOrder, userIdOf } from './history.ts';
import { createProcess } from './process.ts';
import { type Reached, rolesChanged } from './search.ts';
import { createStage, type Stage, type Stats, silent } from './stage.ts';
import { startWorker } from './worker.ts';

/** Longer than what is unconfirmed waits, and longer than any back-off. */
const SOON_MS = 16 * 60_000;
const LATER_MS = 25 * 60 * 60_000;
const MAX_SWEEPS = 12;
/** More than any history needs: a world that goes on for longer goes round in circles. */
const MAX_MOMENTS = 100_000;
/** The message group of a run, as `backfill` names it. */
const LANE = 'backfill-okta';

export interface Ending {
  state: VeltState;
  roles: ReturnType<Velt['roles']>;
  /** The roles that changed meanwhile. */
  changed: Reached;
  /** Whether the sweep came to an end: nothing due any more, or only what Velt never accepts. */
  quiet: boolean;
  /** Entries that the sweep has looked at and would look at again at once. */
  overdue: number;
  /** Entries that the sweep would look at some day, though no call is owed. */
  stillDue: number;
  /** Calls of Velt while the whole history was delivered once more. */
  repeated: string[];
  stats: Stats;
  trace: string[];
}

/**
 * Lives a history through: deliveries reach the queue, workers deliver them one step at a time and between each other's,
 * faults strike. Then the faults end, the dead letters are put back, the sweep runs until it is quiet, and everything is
 * delivered once more. The same history always lives the same life.
 */
export async function live(history: History, { traced = false } = {}): Promise<Ending> {
  const refusals = refusalsOf(history);
  const stage = createStage(history, traced);
  const { velt, stats, simulation, table } = stage;
  for (const rule of refusals) velt.faults.add(rule);
  await arrive(history, stage);

  stats.turbulent = stats.steps;
  stage.calm = true;
  velt.faults.clear();
  for (const rule of refusals) velt.faults.add(rule);
  // What died while a lease lasted is put back too.
  for (let dead = stage.messages.redrive(); dead > 0; dead = stage.messages.redrive()) {
    stats.dead += dead;
    await run(stage);
  }
  await run(stage);
  // A look at Velt's list only follows a call that is counted itself.
  const isHopeful = ({ path, body }: { path: string; body: unknown }) =>
    path !== '/v2/users/get' && !isHopeless(body, refusals);
  let quiet = false;
  for (let sweeps = 1; !quiet && sweeps <= MAX_SWEEPS; sweeps += 1) {
    const before = velt.calls.length;
    await sweepAfter(SOON_MS, stage);
    await sweepAfter(LATER_MS, stage);
    quiet = !velt.calls.slice(before).some(isHopeful);
  }
  await sweepAfter(SOON_MS, stage);
  const [state, roles] = [velt.state(), velt.roles()];
  const made = velt.calls.length;
  const now = simulation.clock();
  const overdue = table.due(now, 1000).length;
  const stillDue = table.due(now + LATER_MS, 1000).length;

  const before = velt.calls.length;
  simulation.moveTo(now + DEDUPLICATION_MS);
  await enqueue(inNoOrder(history.events), stage);
  await run(stage);
  const repeated = velt.calls
    .slice(before)
    .filter(isHopeful)
    .map(({ path, body }) => `${path} ${JSON.stringify(body)}`);
  Object.assign(stats, { calls: velt.calls.length, messages: stage.messages.counts().sent });
  const changed = rolesChanged(velt.calls.slice(0, made));
  return { state, roles, changed, quiet, overdue, stillDue, repeated, stats, trace: stage.trace };
}

/** Everything reaches the queue when it does, and is delivered as far as it can be. */
async function arrive(history: History, stage: Stage): Promise<void> {
  const deliveries = deliveriesOf(history);
  for (const [index, { after, events, lane }] of deliveries.entries()) {
    await run(stage, stage.simulation.clock() + after);
    for (const { from, rule } of history.velt)
      if (from % deliveries.length === index) stage.velt.faults.add(rule);
    if (!events) startSweep(stage);
    else if (events.length > 0) await enqueue(events, stage, lane ? LANE : undefined);
  }
  await run(stage);
}

/** Lets everything happen that is due until `limit` (ms since the epoch), or until nothing is left to happen. */
async function run(stage: Stage, limit?: number): Promise<void> {
  const { simulation, messages, history } = stage;
  const { clock } = simulation;
  for (let moments = 0; ; moments += 1) {
    if (stage.problem !== undefined) throw stage.problem;
    if (moments > MAX_MOMENTS) throw new Error('the world goes round in circles');
    const visible = messages.nextVisible();
    while (stage.running < history.setup.workers && visible === clock() && startWorker(stage))
      // What a worker does first may be a promise away: nothing scheduled would look like nothing left to happen.
      await simulation.settle();
    const due = [simulation.next(), messages.nextVisible()].filter((at) => at !== undefined && at > clock());
    const now = simulation.next() === clock();
    const next = now ? clock() : Math.min(...(due as number[]));
    if (next === Number.POSITIVE_INFINITY || (limit !== undefined && next > limit)) break;
    await simulation.step(next);
  }
  if (limit !== undefined) simulation.moveTo(limit);
}

async function enqueue(changes: Change[], stage: Stage, lane?: string): Promise<void> {
  // A webhook that cannot reach the queue is answered 5xx and sent again: from here on it is there.
  const client = sqsFor(undefined, stage);
  const { shards } = stage.history.setup;
  await createQueue({ client, queueUrl: 'changes', shards }).send(changes, lane);
  stage.note(
    { name: 'vendor' },
    `sends ${changes.map(({ id }) => id).join(' ')}${lane ? ` to ${lane}` : ''}`,
  );
}

async function sweepAfter(ms: number, stage: Stage): Promise<void> {
  stage.simulation.moveTo(stage.simulation.clock() + ms);
  startSweep(stage);
  await run(stage);
}

function startSweep(stage: Stage): void {
  const process = createProcess('sweep');
  const { clock } = stage.simulation;
  const client = sqsFor(process, stage);
  const queue = createQueue({ client, queueUrl: 'changes', shards: stage.history.setup.shards });
  sweep({ config: stage.config, mirror: mirrorFor(process, stage), queue, clock, ...silent }).catch(
    (error) => {
      // Only a fault of the world may come out of a function.
      if (!(error instanceof WorldFault)) stage.problem ??= error;
    },
  );
}

/** What Velt never accepts, whatever else goes wrong. */
function refusalsOf({ refused: { answer, people, groups }, setup }: History): FaultRule[] {
  const path = `/${configurationOf(setup).velt.usersAdd ?? 'v2'}/users/add`;
  return [
    ...people.map((id) => ({ match: { path, userId: userIdOf(id, setup) }, answer })),
    ...groups.map((groupId) => ({ match: { path: '/v2/organizations/usergroups/add', groupId }, answer })),
  ];
}

/** Whether a call names someone or something that Velt never accepts. */
function isHopeless(body: unknown, refusals: FaultRule[]): boolean {
  return refusals.some(({ match }) =>
    JSON.stringify(body).includes(JSON.stringify(match?.userId ?? match?.groupId)),
  );
}
