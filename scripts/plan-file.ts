import { closeSync, fchmodSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { ConfigError } from '../lib/errors.ts';
import { readPlan } from '../lib/reconcile/apply.ts';
import type { Plan } from '../lib/reconcile/plan.ts';

/** Where the plan of a source is written, unless it is told otherwise. */
export function planFileOf(source: string): string {
  return `plan-${source}.json`;
}

/** Writes a plan, for its owner only: it names people. A file that others could read before is closed to them first. */
export function writePlanFile(plan: Plan, file: string): void {
  const descriptor = openSync(file, 'w', 0o600);
  try {
    fchmodSync(descriptor, 0o600);
    writeFileSync(descriptor, `${JSON.stringify(plan, null, 2)}\n`);
  } finally {
    closeSync(descriptor);
  }
}

/** Throws a ConfigError that says how to mend it when the file is not there or holds no plan. */
export function readPlanFile(file: string): Plan {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const message = `${error instanceof Error ? error.message : error}; npm run sync -- plan writes one`;
    throw new ConfigError(file, [{ path: '(whole)', message }]);
  }
  return readPlan(text, file);
}
