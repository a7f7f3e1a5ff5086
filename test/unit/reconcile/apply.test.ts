import { describe, expect, test } from 'vitest';
import { readConfig } from '../../../lib/config.ts';
import { ConfigError } from '../../../lib/errors.ts';
import { checkPlan, readPlan } from '../../../lib/reconcile/apply.ts';
import { configurationOf } from '../../../lib/reconcile/lease.ts';
import { allowanceOf, type Plan } from '../../../lib/reconcile/plan.ts';
import { gone, makePlanItem, makePlanOf } from '../../support/plans.ts';

const FILE = 'plan-okta.json';
const DAY_MS = 24 * 60 * 60_000;
const config = readConfig({ sources: { okta: { kind: 'okta', organization: 'acme' } } });
const configuration = configurationOf(config.sources.okta as never);
const made = Date.parse('2026-09-30T12:00:00.000Z');

/** What a reader is told of a file. */
function faultOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('nothing was wrong');
}

describe('a plan file', () => {
  test('is read as it was written', () => {
    const plan = makePlanOf({
      run: { reason: 'too many' },
      items: [gone('00u1', 'Ada'), makePlanItem('00u2')],
    });

    expect(readPlan(JSON.stringify(plan, null, 2), FILE)).toEqual(plan);
  });

  test.each([
    [
      'no JSON',
      '{',
      '(whole): this is not JSON, as npm run sync -- plan writes it; make a new one: npm run sync -- plan',
    ],
    ['nothing at all', 'null', '(whole): Invalid input: expected object, received null; make a new one'],
    ['something else', '{"name":"x"}', 'v: Invalid input: expected 2; make a new one: npm run sync -- plan'],
    [
      'a plan of an older version',
      '{"v":1}',
      'v: another version of this program made this plan; make a new one',
    ],
    [
      'a plan of a newer version',
      '{"v":3}',
      'v: another version of this program made this plan; make a new one',
    ],
  ])('that holds %s says so under its name, and what to do', (_what, text, message) => {
    const fault = faultOf(() => readPlan(text, FILE));

    expect(fault).toContain(`plan-okta.json is not valid:\n  ${message}`);
  });

  test('with a fault names the field and not what is in it, and no more than five of many', () => {
    const broken = (id: string) => ({ ...gone(id, 'Ada'), effect: { removes: 'Ada' } });
    const plan = { ...makePlanOf(), items: Array.from({ length: 50 }, (_, n) => broken(`00u${n}`)) };

    const fault = faultOf(() => readPlan(JSON.stringify(plan), FILE));

    expect(fault).toContain('items.0.effect.removes: ');
    expect(fault).not.toContain('Ada');
    expect(fault.split('\n')).toHaveLength(6);
  });

  test('of 100,000 people is read', () => {
    const items = Array.from({ length: 100_000 }, (_, n) => gone(`00u${n}`, `Person ${n}`));
    const text = JSON.stringify(makePlanOf({ items }), null, 2);

    const { people } = allowanceOf(readPlan(text, FILE));

    expect(people.size).toBe(100_000);
    expect([...(people.get('okta#person#00u99999') ?? [])]).toHaveLength(1);
  });
});

describe('a plan', () => {
  const check = (run: Partial<Plan['run']>, now = made) =>
    checkPlan(makePlanOf({ run: { configuration, ...run } }), FILE, { config, now });

  test('can be applied for 14 days', () => {
    expect(() => check({}, made + 14 * DAY_MS)).not.toThrow();
    expect(faultOf(() => check({}, made + 14 * DAY_MS + 1))).toContain(
      'run.startedAt: the plan is older than 14 days; make a new one: npm run sync -- plan --source okta',
    );
  });

  test('of another configuration cannot be applied', () => {
    expect(faultOf(() => check({ configuration: 'another' }))).toContain(
      'run.configuration: the configuration of okta changed since; make a new one: npm run sync -- plan --source okta',
    );
  });

  test.each(['ldap', 'constructor'])('of a source that is not configured cannot be applied: %s', (source) => {
    expect(faultOf(() => check({ source }))).toContain(
      `run.source: directory.config.json has no source ${source}; add it, or plan another one`,
    );
  });
});
