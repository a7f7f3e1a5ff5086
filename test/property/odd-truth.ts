import { deliver } from '../../lib/delivery/deliver.ts';
import type { QueueItem } from '../../lib/directory/change.ts';
import type { makeDelivery } from '../support/delivery.ts';
import { message } from '../support/factories.ts';
import type { Oddity } from './odd-answers.ts';

/** One thing that Velt holds, its name if it has one, and the vendor's ids of everything that it rests on. */
export interface Fact {
  what: string;
  value: string;
  on: string[];
  /** Set where it is there for as long as somebody is in it: whether anybody should be, others tell. */
  isInhabited?: true;
}

/** What Velt held before the vendor answered oddly, what it holds now, and what it should, were the vendor not odd. */
export interface Compared {
  before: Fact[];
  now: Fact[];
  truth: Fact[];
  /** What was to be there all the while, for one and the same reason. */
  steady: Set<string>;
}

/**
 * What is wrong: whatever rests on nothing odd has to be right, and of what does nothing may be gone that was there and should
 * be all the while. What ended and came back, or should be there for another reason by now, could be known from the odd alone.
 */
export function wrongsOf({ steady, ...compared }: Compared, odd: Oddity[]): string[] {
  const ids = new Set(odd.map(({ of }) => of));
  const facts = Map.groupBy(Object.values<Fact[]>({ ...compared }).flat(), ({ what }) => what);
  const [before, now, truth] = [compared.before, compared.now, compared.truth].map(
    (held) => new Map(held.map(({ what, value }) => [what, value])),
  ) as [Map<string, string>, Map<string, string>, Map<string, string>];
  return [...facts].flatMap(([what, same]) => {
    const restsOn = (some: Set<string>) => same.some(({ on }) => on.some((id) => some.has(id)));
    if (restsOn(ids) && same.some(({ isInhabited }) => isInhabited)) return [];
    if (restsOn(ids))
      return before.has(what) && steady.has(what) && !now.has(what) ? [`${what}: is gone`] : [];
    const [is, should] = [now.get(what), truth.get(what)];
    return is === should ? [] : [`${what}: is ${is}, should be ${should}`];
  });
}

/**
 * Of what should be there at one time after the other: what should be throughout, for one of the same reasons. `reasonsOf` says
 * for which it should be now.
 */
export function makeSteady(reasonsOf: (what: string) => string[]): {
  add(facts: Fact[]): void;
  whats(): Set<string>;
} {
  let kept: Map<string, string[]> | undefined;
  return {
    add(facts) {
      const now = new Map(facts.map(({ what }) => [what, reasonsOf(what)]));
      kept = new Map(
        [...(kept ?? now)].flatMap(([what, reasons]) => {
          const same = reasons.filter((one) => now.get(what)?.includes(one));
          return same.length > 0 ? [[what, same]] : [];
        }),
      );
    },
    whats: () => new Set(kept?.keys()),
  };
}

/**
 * The most who may count for the breaker while some answers are odd: those who were to have something at one time and not now,
 * those who got something, for a run counts whoever moves as long as what it added is on its way, those who `left` without ever
 * having had anything, and everybody who is odd. Nobody else.
 */
export function mostLosing(
  { before, ever, truth }: Record<'before' | 'ever' | 'truth', Fact[]>,
  odd: Oddity[],
  people: string[],
  left: string[] = [],
) {
  const missingIn = (some: Fact[], others: Fact[]) => {
    const whats = new Set(others.map(({ what }) => what));
    return some.filter(({ what, isInhabited }) => !isInhabited && !whats.has(what));
  };
  const changed = [...missingIn(ever, truth), ...missingIn(truth, before)];
  const ids = odd.map(({ of }) => of).filter((id) => people.includes(id));
  return new Set([...changed.map(({ what }) => what.split(' in ')[0]), ...ids, ...left]).size;
}
/** A message that waits for a read of one person comes back this often. */
const TRIES = 5;

/** Delivers messages, and what those queue, until there is none left, or those that are have come back too often. */
export async function settle(
  { deps, queued, time }: Pick<ReturnType<typeof makeDelivery>, 'deps' | 'queued' | 'time'>,
  messages: QueueItem[][] = [],
): Promise<void> {
  let open = [...messages];
  for (let tries = 1; tries <= TRIES && open.length + queued.length > 0; tries += 1) {
    const back: QueueItem[][] = [];
    const attributes = { MessageGroupId: 'waiting-m', ApproximateReceiveCount: String(tries) };
    for (const changes of [...open, ...queued.splice(0)]) {
      const faults = await deliver([{ ...message(changes), attributes }], time.now + 60_000, deps);
      if (faults.size > 0) back.push(changes);
    }
    open = back;
    time.now += 5_000;
  }
}
