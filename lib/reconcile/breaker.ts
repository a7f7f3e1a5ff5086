import type { DirectoryConfig } from '../config.ts';
import { limitOf } from '../directory/effect.ts';

/** What a complete list of a source came to. */
export interface Listed {
  /** People who were listed. */
  people: number;
  /** People listed by the last complete run, where there was one. */
  before?: number | undefined;
  /** People of this source of whom something is at Velt. */
  delivered: number;
  /** People who would lose something at Velt. */
  losing: number;
}

export type BreakerRules = DirectoryConfig['reconcile'];

/**
 * Why nobody may lose anything by a run, in words for an operator; undefined when they may. Webhook outages are short, so a
 * list in which many are missing is more likely wrong than right: a filter, a right taken from the credentials, a vendor's
 * bad day. `approved` is the list of a plan that an operator read: what was so there is no reason any more.
 */
export function refusalOf(
  listed: Listed,
  rules: BreakerRules,
  approved?: { listed: number },
): string | undefined {
  const { people, delivered, losing } = listed;
  const before = approved?.listed ?? listed.before;
  if (losing === 0) return undefined;
  const limit = limitOf(delivered, rules);
  const percent = (part: number, whole: number) => `${Math.round((100 * part) / whole)} %`;
  if (people === 0 && approved?.listed !== 0) return 'the directory listed nobody';
  if (before !== undefined && before - people > Math.max(rules.removalsAtLeast, before * rules.removalShare))
    return `the directory listed ${people} people, ${percent(before - people, before)} fewer than the ${before} of last time`;
  if (losing > limit)
    return `${losing} of ${delivered} people would lose something at Velt (${percent(losing, delivered)}), more than the limit of ${limit}`;
  return undefined;
}
