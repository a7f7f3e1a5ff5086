import { applyPlan } from '../../lib/reconcile/apply.ts';
import { makePlan, type Plan } from '../../lib/reconcile/plan.ts';
import type { RunDeps } from '../../lib/reconcile/work.ts';
import { everyone, idsOf, makeOktaRuns } from './okta-runs.ts';

/** The ids of the people with these numbers, first and last included. */
export function ids(from: number, to: number): string[] {
  return idsOf(everyone(from, to));
}

/** A directory that Velt is equal to, with plans of it and what becomes of them. */
export async function makePlannedDirectory(options: Parameters<typeof makeOktaRuns>[0] = {}) {
  const world = makeOktaRuns(options);
  await world.read();
  world.time.now += 60_000;
  const deleteAll = (from: number, to: number) => {
    for (const id of ids(from, to)) world.okta.deleteUser(id);
  };
  const plan = () => makePlan('okta', world.depsOf());
  const apply = async (of: Plan, over: Partial<RunDeps> = {}) => {
    world.time.now += 60_000;
    const run = await applyPlan(of, Number.MAX_SAFE_INTEGER, world.depsOf(over));
    await world.settle();
    return run;
  };
  /** How often Okta was asked for one person since. */
  const readsFrom = (from: number) =>
    world.okta.calls.slice(from).filter(({ path }) => /users\/00u\d+$/.test(path)).length;
  return { ...world, deleteAll, plan, apply, readsFrom };
}
