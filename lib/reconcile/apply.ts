import type { Run } from '../aws/runs.ts';
import type { DirectoryConfig } from '../config.ts';
import { ConfigError } from '../errors.ts';
import { describeIssues } from '../parse.ts';
import { configurationOf } from './lease.ts';
import { allowanceOf, Plan } from './plan.ts';
import { runSource } from './run.ts';
import type { RunDeps } from './work.ts';

/** How long a plan can be applied: as long as the lists of a run stay (ms). */
const VALID_MS = 14 * 24 * 60 * 60_000;
/** So many faults of a file are named. */
const FAULTS = 5;

/** Reads the text of a plan file; `file` is its name. Throws a ConfigError that says how to mend it. */
export function readPlan(text: string, file: string): Plan {
  const faulty = (
    issues: { path: string; message: string }[],
    mend = 'make a new one: npm run sync -- plan',
  ) =>
    new ConfigError(
      file,
      issues.map(({ path, message }) => ({ path, message: `${message}; ${mend}` })),
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw faulty([{ path: '(whole)', message: 'this is not JSON, as npm run sync -- plan writes it' }]);
  }
  const { v } = (value ?? {}) as { v?: unknown };
  if (typeof v === 'number' && v !== Plan.shape.v.value)
    throw faulty([{ path: 'v', message: 'another version of this program made this plan' }]);
  const { data, error } = Plan.safeParse(value);
  if (error) throw faulty(describeIssues(error).slice(0, FAULTS));
  return data;
}

/**
 * Checks that a plan can be applied at `now` (ms since the epoch) under this configuration. Throws a ConfigError that says
 * which field forbids it, and what to do.
 */
export function checkPlan(
  { run }: Plan,
  file: string,
  { config, now }: { config: Pick<DirectoryConfig, 'sources'>; now: number },
): void {
  const { source, configuration, startedAt } = run;
  const refuse = (path: string, message: string) => new ConfigError(file, [{ path: `run.${path}`, message }]);
  const anew = `make a new one: npm run sync -- plan --source ${source}`;
  const configured = Object.hasOwn(config.sources, source) ? config.sources[source] : undefined;
  if (!configured)
    throw refuse('source', `directory.config.json has no source ${source}; add it, or plan another one`);
  if (configuration !== configurationOf(configured))
    throw refuse('configuration', `the configuration of ${source} changed since; ${anew}`);
  if (now - Date.parse(startedAt) > VALID_MS)
    throw refuse('startedAt', `the plan is older than 14 days; ${anew}`);
}

/**
 * Applies a plan: runs from the start, and lets through the breaker what the plan has people losing, with the usual share for
 * what is new since. Returns and throws as `runSource` does.
 */
export function applyPlan(plan: Plan, deadline: number, deps: RunDeps): Promise<Run | 'busy' | 'nothing'> {
  const allowance = allowanceOf(plan);
  return runSource({ source: plan.run.source, anew: true }, deadline, { ...deps, allowance });
}
