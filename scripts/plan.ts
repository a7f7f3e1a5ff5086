import { WorldFault } from '../lib/errors.ts';
import { makePlan, type Plan } from '../lib/reconcile/plan.ts';
import { showProgress } from './backfill.ts';
import { writePlanFile } from './plan-file.ts';
import { planText } from './plan-text.ts';
import type { Session } from './stack.ts';

/**
 * Makes the plan of a source, writes it to `file` and prints it. Returns nothing where it could not be made by now, which is
 * printed. Throws ConfigError when there is no such source.
 */
export async function planThrough(source: string, file: string, session: Session): Promise<Plan | undefined> {
  const { stack, terminal } = session;
  try {
    const plan = await makePlan(source, { ...stack, onProgress: showProgress(session) });
    writePlanFile(plan, file);
    terminal.print(planText(plan, { file, flags: stack.flags }));
    return plan;
  } catch (error) {
    if (!(error instanceof WorldFault)) throw error;
    terminal.print(`${source}: no plan was made: ${error.message}`);
    return undefined;
  }
}
