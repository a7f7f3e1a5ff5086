import type { Run } from '../../lib/aws/runs.ts';
import { NO_EFFECT } from '../../lib/directory/effect.ts';
import type { Plan, PlanItem } from '../../lib/reconcile/plan.ts';

/** The end of a run at its breaker, where a plan ends. */
export function makeRun(run: Partial<Run> = {}): Run {
  return {
    ...{ v: 2, runId: 'okta-1', source: 'okta', phase: 'breaker', state: 'done', configuration: 'c' },
    ...{ startedAt: '2026-09-30T12:00:00.000Z', endedAt: '2026-09-30T12:04:00.000Z' },
    ...{ pages: 31, people: 2_400, unreadable: 0, queued: 0, asked: 0, listedParts: 3, deferredParts: 0 },
    ...{ delivered: 2_410, losing: 0, toAsk: 0 },
    ...run,
  };
}

export function makePlanItem(
  id: string,
  { effect, ...item }: Partial<Omit<PlanItem, 'effect'>> & { effect?: Partial<PlanItem['effect']> } = {},
): PlanItem {
  return { key: `okta#person#${id}`, ...item, effect: { ...NO_EFFECT, ...effect } };
}

export function makePlanOf({
  run,
  effect,
  groups,
  items = [],
}: {
  run?: Partial<Run>;
  effect?: Partial<Plan['effect']>;
  groups?: Partial<Plan['groups']>;
  items?: PlanItem[];
} = {}): Plan {
  return {
    ...{ v: 2, run: makeRun(run), effect: { ...NO_EFFECT, ...effect } },
    ...{ groups: { added: 0, changed: 0, ended: 0, ...groups }, items },
  };
}

/** Somebody who was not listed. */
export function gone(id: string, name: string): PlanItem {
  const lost = [JSON.stringify([id, JSON.stringify(['acme'])])];
  return makePlanItem(id, { name, reason: 'not listed', effect: { removes: 1 }, lost });
}
