import { describe, expect, test } from 'vitest';
import { planText } from '../../../scripts/plan-text.ts';
import { endText, progressText } from '../../../scripts/run-text.ts';
import { gone, makePlanItem, makePlanOf, makeRun } from '../../support/plans.ts';

const where = { file: 'plan-okta.json', flags: ' --stage prod' };

describe('a plan as text', () => {
  test('tells counts, removals first and with their reasons, updates, and what to do', () => {
    const items = [
      makePlanItem('00u1', { name: 'Ada Renamed', effect: { updates: 1 } }),
      makePlanItem('00u2', {
        name: 'Grace Example',
        reason: 'not listed in 2 of their groups',
        effect: { leaves: 2 },
      }),
      gone('00u3', 'Alan Example'),
      makePlanItem('00u4', {
        name: 'Edsger Example',
        reason: 'deactivated',
        effect: { removes: 1, leaves: 1 },
      }),
      makePlanItem('00u5', { name: 'Joiner', effect: { adds: 1, joins: 2 } }),
    ];
    const effect = { adds: 1, updates: 1, joins: 2, removes: 2, leaves: 3 };
    const groups = { added: 1, changed: 0, ended: 1 };

    const text = planText(makePlanOf({ effect, groups, items }), where);

    expect(text).toBe(
      `
Plan of okta: what a run would do, as of 2026-09-30 12:04 UTC; 2,400 people listed.

                add   update   remove
  people          1        1        2
  memberships     2                 3
  groups          1        0        1

Removed
  Alan Example     00u3   leaves Velt           not listed
  Edsger Example   00u4   leaves Velt           deactivated
  Grace Example    00u2   loses 2 memberships   not listed in 2 of their groups

Updated, by the new name
  Ada Renamed   00u1

All of it: plan-okta.json
Apply it:  npm run sync -- apply plan-okta.json --stage prod
`.trim(),
    );
  });

  test('says that the breaker would stop it, and names no more than ten of the many', () => {
    const items = Array.from({ length: 1_012 }, (_, n) => gone(`00u${n}`, `Person ${n}`));
    const reason = '1012 of 2410 people would lose something at Velt (42 %), more than the limit of 241';

    const text = planText(makePlanOf({ run: { reason }, items }), where);

    expect(text).toContain(`The breaker would stop it: ${reason}.\nIf this is intended, apply the plan.\n`);
    expect(text.match(/leaves Velt/g)).toHaveLength(10);
    expect(text).toContain('… and 1,002 more');
  });

  test('of nothing to do says just that', () => {
    const text = planText(makePlanOf({}), where);

    expect(text.split('\n')).toEqual([expect.any(String), 'Nothing: Velt is as okta says.']);
  });

  test('of groups only tells of them', () => {
    const text = planText(makePlanOf({ groups: { changed: 1 } }), where);

    expect(text).toMatch(/^ {2}groups +0 +1 +0$/m);
    expect(text).not.toContain('Nothing');
  });

  test('of 100,000 people is as short as any', () => {
    const items = Array.from({ length: 100_000 }, (_, n) => gone(`00u${n}`, `Person ${n}`));

    const text = planText(makePlanOf({ items }), where);

    expect(text.split('\n').length).toBeLessThan(25);
  });

  test('lets no name steer the terminal or break its line', () => {
    const text = planText(
      makePlanOf({ items: [gone('00u1', `\u001b[2J\nAda\u202e ${'x'.repeat(99)}`)] }),
      where,
    );

    expect(text).not.toMatch(/[^\P{C}\n]/u);
    expect(text).toMatch(/^ {3}\[2J Ada {2}x+… {3}00u1 {3}leaves Velt {3}not listed$/m);
  });
});

describe('the progress of a run', () => {
  const begun = { at: 0, people: 400 };

  test('has a rate of what this process read, and the time that is left by the last run', () => {
    const run = makeRun({ phase: 'list', state: 'running', before: 5_400 });

    expect(progressText(run, begun, 10_000)).toBe(
      'okta: listing, 31 pages, 2,400 people, 200/s, about 15 s left',
    );
  });

  test.each([
    ['without an earlier run', { phase: 'list' }, 'okta: listing, 31 pages, 2,400 people, 200/s'],
    [
      'with more people than then',
      { phase: 'list', before: 9 },
      'okta: listing, 31 pages, 2,400 people, 200/s',
    ],
    [
      'after the list',
      { phase: 'absences', before: 5_400 },
      'okta: finding absences, 31 pages, 2,400 people',
    ],
  ] as const)('promises no time %s', (_when, run, text) => {
    expect(progressText(makeRun(run), begun, 10_000)).toBe(text);
  });
});

describe('the end of a run', () => {
  test('tells how many changes were queued, and how many people and groups were asked again', () => {
    const run = makeRun({ phase: 'ask', queued: 1_017, asked: 5 });

    expect(endText(run, where)).toBe(
      'okta: done. 2,400 people on 31 pages, 1,012 changes queued, 5 people and groups asked again.',
    );
  });

  test('that was stopped says why, and how to make the plan of it and apply it', () => {
    const run = makeRun({
      state: 'stopped',
      reason: 'the directory listed nobody',
      losing: 2_410,
      people: 0,
    });

    expect(endText(run, where)).toBe(
      `
okta: stopped by the breaker: the directory listed nobody.
  0 people on 31 pages, 0 changes queued; 2,410 people would lose something, and nobody did.
  If this is intended, apply the plan.
  Make it:   npm run sync -- plan --source okta --stage prod
  Apply it:  npm run sync -- apply plan-okta.json --stage prod
`.trim(),
    );
  });

  test('that did not begin for want of credentials is not the breaker', () => {
    const reason = 'the directory secret has no credentials of okta';
    const run = makeRun({ phase: 'list', state: 'stopped', pages: 0, reason });

    expect(endText(run, where)).toBe(`okta: ${reason}.`);
  });

  test.each([
    ['interrupted', 'interrupted.'],
    ['Auth0 gave no token (401): check clientId.', 'Auth0 gave no token (401): check clientId.'],
    ['are they revoked?', 'are they revoked?'],
  ])('that is not there yet says why, as a sentence, and that it goes on: %s', (reason, sentence) => {
    const run = makeRun({ state: 'running', reason });

    expect(endText(run, where)).toBe(
      `okta: ${sentence} 2,400 people on 31 pages so far; npm run sync -- backfill --source okta --stage prod goes on from there.`,
    );
  });
});
