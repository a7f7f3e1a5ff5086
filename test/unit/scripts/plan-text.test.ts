import { describe, expect, test } from 'vitest';
import type { Run, RunItem } from '../../../lib/aws/runs.ts';
import type { Plan } from '../../../lib/reconcile/planned.ts';
import { planText } from '../../../scripts/plan-text.ts';
import { appliedText, endText, progressText } from '../../../scripts/run-text.ts';
import { groupChange, personChange } from '../../support/factories.ts';

const NOTHING = { adds: 0, updates: 0, joins: 0, removes: 0, leaves: 0 };
const where = { file: 'plan-okta-1.json', flags: ' --stage prod' };

function makeRun(run: Partial<Run> = {}): Run {
  return {
    ...{ v: 1, runId: 'okta-1', source: 'okta', mode: 'plan', phase: 'compare', state: 'planned' },
    ...{ startedAt: '2026-09-30T12:00:00.000Z', endedAt: '2026-09-30T12:04:00.000Z', configuration: 'c' },
    ...{ pages: 31, people: 2_400, unreadable: 0, queued: 0, listedParts: 3, itemParts: 1, doneParts: 0 },
    ...{ effect: NOTHING, delivered: 2_410, losing: 0, kept: 0 },
    ...run,
  };
}

function makeItem(
  id: string,
  { effect, ...item }: Partial<Omit<RunItem, 'effect'>> & { effect?: object },
): RunItem {
  const key = id.startsWith('00g') ? `okta#group#${id}` : `okta#person#${id}`;
  return {
    key,
    revision: 3,
    reason: 'the directory says so',
    changes: [],
    effect: { ...NOTHING, ...effect },
    ...item,
  };
}

function makePlan({
  run,
  effect,
  items = [],
}: {
  run?: Partial<Run>;
  effect?: object;
  items?: RunItem[];
}): Plan {
  return { v: 1, run: makeRun(run), effect: { ...NOTHING, ...effect }, items };
}

const gone = (id: string, name: string) =>
  makeItem(id, { name, reason: 'not listed', confirm: 'person', effect: { removes: 1 } });

describe('a plan as text', () => {
  test('tells counts, removals first and with their reasons, updates, and what to do', () => {
    const items = [
      makeItem('00u1', { name: 'Ada Renamed', effect: { updates: 1 } }),
      makeItem('00g1', { name: 'New Group', revision: 0, changes: [groupChange({ containerId: '00g1' })] }),
      makeItem('00u2', {
        name: 'Grace Example',
        reason: 'not listed in 2 of their groups',
        confirm: 'person',
        effect: { leaves: 2 },
      }),
      makeItem('00g2', { name: 'Old Group', reason: 'not listed any more', confirm: 'group' }),
      gone('00u3', 'Alan Example'),
      makeItem('00u4', {
        name: 'Edsger Example',
        changes: [personChange({ personId: '00u4', active: false })],
        effect: { removes: 1, leaves: 1 },
      }),
      makeItem('00u5', { name: 'Joiner', effect: { adds: 1, joins: 2 } }),
    ];
    const effect = { adds: 1, updates: 1, joins: 2, removes: 2, leaves: 3 };

    const text = planText(makePlan({ effect, items }), where);

    expect(text).toBe(
      `
Plan okta-1: what a reading of okta would do, as of 2026-09-30 12:04 UTC; 2,400 people read.

                add   update   remove
  people          1        1        2
  memberships     2                 3
  groups          1        0        1

Removed
  Alan Example     00u3   leaves Velt       not listed
  Edsger Example   00u4   leaves Velt       deactivated
  Old Group        00g2   the group ends    not listed any more
  Grace Example    00u2   leaves 2 places   not listed in 2 of their groups

Updated, by the new name
  Ada Renamed   00u1

All of it: plan-okta-1.json
Apply it:  npm run apply -- okta-1 --stage prod
`.trim(),
    );
  });

  test('says that the breaker would stop it, and names no more than ten of the many', () => {
    const items = Array.from({ length: 1_012 }, (_, n) => gone(`00u${n}`, `Person ${n}`));
    const reason = '1012 of 2410 people would lose something at Velt (42 %), more than the limit of 241';

    const text = planText(makePlan({ run: { reason }, items }), where);

    expect(text).toContain(`The breaker stops it: ${reason}.`);
    expect(text.match(/leaves Velt/g)).toHaveLength(10);
    expect(text).toContain('… and 1,002 more');
  });

  test('of nothing to do says just that', () => {
    const text = planText(makePlan({}), where);

    expect(text.split('\n')).toEqual([expect.any(String), 'Nothing: Velt is as okta says.']);
  });

  test('lets no name steer the terminal or break its line', () => {
    const text = planText(
      makePlan({ items: [gone('00u1', `\u001b[2J\nAda\u202e ${'x'.repeat(99)}`)] }),
      where,
    );

    expect(text).not.toMatch(/[^\P{C}\n]/u);
    expect(text).toMatch(/^ {3}\[2J Ada {2}x+… {3}00u1 {3}leaves Velt {3}not listed$/m);
  });
});

describe('the progress of a run', () => {
  const begun = { at: 0, people: 400 };

  test('has a rate of what this process read, and the time that is left by the last reading', () => {
    const run = makeRun({ phase: 'read', state: 'running', before: 5_400 });

    expect(progressText(run, begun, 10_000)).toBe(
      'okta: reading, 31 pages, 2,400 people, 200/s, about 15 s left',
    );
  });

  test.each([
    ['without an earlier reading', { phase: 'read' }, 'okta: reading, 31 pages, 2,400 people, 200/s'],
    [
      'with more people than then',
      { phase: 'read', before: 9 },
      'okta: reading, 31 pages, 2,400 people, 200/s',
    ],
    ['after the reading', { before: 5_400 }, 'okta: comparing with Velt, 31 pages, 2,400 people'],
  ] as const)('promises no time %s', (_when, run, text) => {
    expect(progressText(makeRun(run), begun, 10_000)).toBe(text);
  });
});

describe('the end of a run', () => {
  test('that was stopped says why, and how to look at it and approve it', () => {
    const run = makeRun({
      state: 'stopped',
      reason: 'the directory listed nobody',
      losing: 2_410,
      people: 0,
    });

    expect(endText(run, where)).toBe(
      `
okta: stopped, and nobody was removed: the directory listed nobody.
  0 people on 31 pages, 0 changes queued; 2,410 people would lose something.
  Look at it:  npm run plan -- okta-1 --stage prod
  Approve it:  npm run apply -- okta-1 --stage prod
`.trim(),
    );
  });

  test.each([
    ['interrupted', 'interrupted.'],
    ['Auth0 gave no token (401): check clientId.', 'Auth0 gave no token (401): check clientId.'],
    ['are they revoked?', 'are they revoked?'],
  ])('that is not there yet says why, as a sentence, and that it goes on: %s', (reason, sentence) => {
    const run = makeRun({ state: 'running', reason });

    expect(endText(run, where)).toBe(
      `okta: ${sentence} 2,400 people on 31 pages so far; the same command goes on from there.`,
    );
  });

  test('of a plan that was carried out before says that nothing was done', () => {
    const text = appliedText({ kind: 'repeated', run: makeRun({ state: 'done' }) });

    expect(text).toContain('okta-1 was carried out already');
    expect(text).toContain('nothing was done now');
  });
});
