import { describe, expect, it } from 'vitest';
import { nextDue } from '../../../../local/cloud/eventbridge/schedule-expression.ts';

const NOW = Date.UTC(2026, 0, 31, 23, 58, 30);

describe('nextDue', () => {
  it.each([
    ['rate(1 minute)', '2026-01-31T23:59:30.000Z'],
    ['rate(5 minutes)', '2026-02-01T00:03:30.000Z'],
    ['rate(1 day)', '2026-02-01T23:58:30.000Z'],
    ['cron(* * * * ? *)', '2026-01-31T23:59:00.000Z'],
    ['cron(0/15 * * * ? *)', '2026-02-01T00:00:00.000Z'],
    ['cron(30 3,15 * * ? *)', '2026-02-01T03:30:00.000Z'],
  ])('follows %s', (expression, expected) => {
    const due = nextDue(expression, NOW);

    expect(new Date(due).toISOString()).toBe(expected);
  });

  it.each(['rate(5 weeks)', 'at(2026-01-01T00:00:00)', 'cron(0 3 ? * MON *)', 'cron(61 * * * ? *)'])(
    'refuses %s',
    (expression) => {
      expect(() => nextDue(expression, NOW)).toThrow(/not a (schedule expression|cron field)/);
    },
  );
});
