import fc from 'fast-check';
import { type DeliverDeps, deliver } from '../../lib/delivery/deliver.ts';
import type { RunDeps } from '../../lib/reconcile/work.ts';
import { message } from '../support/factories.ts';
import type { Reached } from './search.ts';

/** The n-th step of what a run's lane delivers, and what happens meanwhile: its webhook is delivered whole, by another worker. */
export interface Meeting<Action> {
  /** The first run, or one after more has happened. */
  run: 1 | 2;
  at: number;
  when: 'before' | 'after';
  action: Action;
}

/** None, or up to four within the first steps of the lane's deliveries. */
export function anyMeetings<Action>(
  action: fc.Arbitrary<Action>,
  steps: number,
): fc.Arbitrary<Meeting<Action>[]> {
  const meeting: fc.Arbitrary<Meeting<Action>> = fc.record({
    run: fc.constantFrom(1, 1, 2 as const),
    at: fc.integer({ min: 1, max: steps }),
    when: fc.constantFrom('before', 'after' as const),
    action,
  }) as fc.Arbitrary<Meeting<Action>>;
  return fc.oneof(fc.constant<Meeting<Action>[]>([]), fc.array(meeting, { minLength: 1, maxLength: 4 }));
}

type Changes = Parameters<RunDeps['queue']['send']>[0];

/** What a directory and everything behind it in memory has for a run that others meet. */
interface World {
  time: { now: number };
  deps: DeliverDeps;
  queued: Changes[];
  readOnly: (over: Partial<RunDeps>) => Promise<unknown>;
}

/** What happened in a directory, as messages: those that are on the queue at once, and those that come when all is over. */
export interface Heard {
  now: Changes[];
  later: Changes[];
}

/** After how long a message comes back (ms), and how often before it is taken for one that never gets through. */
const BACK_MS = 5_000;
const MAX_TRIES = 100;

/**
 * A run whose messages go through a lane of their own, while what `happens` meanwhile comes through the shards: the lane's
 * deliveries are stopped at their steps that the meetings name, until the other delivery has ended. With `fast` the lane
 * delivers what the run queues before its next step. Messages that come back do so until they are through.
 */
export async function readAmong<Action>(
  world: World,
  {
    meetings,
    fast,
    happens,
  }: { meetings: Meeting<Action>[]; fast: boolean; happens: (action: Action) => Heard },
): Promise<Reached> {
  const open = [...meetings];
  const waiting: Changes[] = [];
  const reached = {
    'an event beside a run': 0,
    'a message that came back': 0,
    'an entry leased by another': 0,
  };
  let steps = 0;
  const lanes: DeliverDeps = {
    ...world.deps,
    mirror: interrupted(world.deps.mirror, meet),
    velt: interrupted(world.deps.velt, meet),
  };

  // Where nothing happens, what is queued waits for the end of the run.
  const atOnce = fast && meetings.length > 0;
  const unsent: Changes[] = [];
  const send = async (changes: Changes) => (atOnce ? deliverInLane(changes) : void unsent.push(changes));
  await world.readOnly({ queue: { send } });
  for (const changes of unsent) await deliverInLane(changes);
  for (const { action } of open.splice(0)) {
    const { now, later } = happens(action);
    waiting.push(...now, ...later);
  }
  await empty();
  return reached;

  async function meet(when: 'before' | 'after'): Promise<void> {
    if (when === 'before') steps += 1;
    for (const meeting of open.filter((one) => one.at === steps && one.when === when)) {
      open.splice(open.indexOf(meeting), 1);
      reached['an event beside a run'] += 1;
      const { now, later } = happens(meeting.action);
      for (const changes of now) await deliverOnce(changes, world.deps);
      waiting.push(...later);
    }
  }

  /** A lane is one message group: the next message waits until this one is through. */
  async function deliverInLane(changes: Changes): Promise<void> {
    await deliverOnce(changes, lanes);
    await empty();
  }

  async function deliverOnce(changes: Changes, deps: DeliverDeps): Promise<void> {
    if (changes.length === 0) return;
    const fault = (await deliver([message(changes)], world.time.now + 60_000, deps)).get('m');
    if (!fault) return;
    reached['a message that came back'] += 1;
    if (fault.code === 'leased') reached['an entry leased by another'] += 1;
    waiting.push(changes);
  }

  async function empty(): Promise<void> {
    waiting.push(...world.queued.splice(0));
    for (let tries = 1; waiting.length > 0; tries += 1) {
      if (tries > MAX_TRIES) throw new Error('a message never got through');
      for (const changes of waiting.splice(0)) await deliverOnce(changes, world.deps);
      waiting.push(...world.queued.splice(0));
      world.time.now += BACK_MS;
    }
  }
}

/** The same object, told before and after each of its calls that is answered once. */
function interrupted<T extends object>(target: T, meet: (when: 'before' | 'after') => Promise<void>): T {
  return new Proxy(target, {
    get: (object, name) => {
      const value = Reflect.get(object, name);
      if (typeof value !== 'function' || name === 'members') return value;
      return async (...args: unknown[]) => {
        await meet('before');
        const result = await value.apply(object, args);
        await meet('after');
        return result;
      };
    },
  });
}
