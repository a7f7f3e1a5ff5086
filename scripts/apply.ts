import type { Run } from '../lib/aws/runs.ts';
import { applyPlan, checkPlan } from '../lib/reconcile/apply.ts';
import type { Plan } from '../lib/reconcile/plan.ts';
import { runThrough } from './backfill.ts';
import type { Session } from './stack.ts';

/**
 * Applies a plan in this terminal up to its end or to Ctrl-C, and prints how the run ended. Returns the run that ended, if it
 * did. Throws ConfigError, with what to do, when the plan cannot be applied any more.
 */
export function applyThrough(plan: Plan, file: string, session: Session): Promise<Run | undefined> {
  const { config, clock } = session.stack;
  checkPlan(plan, file, { config, now: clock() });
  return runThrough(plan.run.source, session, (deps) => applyPlan(plan, Number.MAX_SAFE_INTEGER, deps));
}
