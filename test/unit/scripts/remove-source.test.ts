import { describe, expect, test } from 'vitest';
import { removalText, removedText } from '../../../scripts/removal-text.ts';
import { removeThrough } from '../../../scripts/remove-source.ts';
import type { Stack } from '../../../scripts/stack.ts';
import { makePlanItem } from '../../support/plans.ts';
import { mail, makeRemoval } from '../../support/removal.ts';

const leaving = (id: string, name: string) => makePlanItem(id, { name, effect: { removes: 1, leaves: 2 } });

describe('a removal as text', () => {
  test('tells counts, who leaves, who stays and for which source, and that groups stay', () => {
    const losing = [
      makePlanItem('00u2', { name: 'Grace Example', effect: { leaves: 1 } }),
      leaving('00u1', 'Ada Example'),
    ];
    const staying = [makePlanItem('00u3', { name: 'Alan Example', reason: 'also of partners' })];

    expect(removalText('okta', { losing, staying, groups: 4 })).toBe(
      `
okta: 3 people at Velt.

                remove   stay
  people             1      2
  memberships        3
  groups                    4

Velt has no call that takes a group away: they stay there, without these members.

Removed
  Ada Example     00u1   leaves Velt
  Grace Example   00u2   loses 1 membership

Stay
  Alan Example   00u3   also of partners
`.trim(),
    );
  });

  test('of nobody says just that', () => {
    expect(removalText('okta', { losing: [], staying: [], groups: 0 })).toBe(
      'okta: 0 people at Velt. Nobody would leave; what the table holds of it would be forgotten.',
    );
  });

  test('of 10,000 people is as short as any, and lets no name steer the terminal', () => {
    const losing = Array.from({ length: 10_000 }, (_, n) => leaving(`00u${n}`, `\u001b[2J\nAda ${n}`));

    const text = removalText('okta', { losing, staying: losing, groups: 0 });

    expect(text.split('\n').length).toBeLessThan(30);
    expect(text).not.toMatch(/[^\P{C}\n]/u);
  });
});

describe('the end of a removal', () => {
  test.each([
    ['done', { left: 0, refused: 0, forgotten: 12 }, 'okta: done. Nobody is at Velt by it'],
    ['refused by Velt', { left: 2, refused: 2, forgotten: 0 }, 'Velt refuses to delete them'],
    ['given up', { left: 2, refused: 1, forgotten: 0 }, 'is the configuration without okta deployed'],
  ])('that is %s says so, and how to go on', (_how, removed, words) => {
    const text = removedText('okta', removed, ' --stage prod');

    expect(text).toContain(words);
    expect(text.includes('npm run sync -- remove-source okta --stage prod')).toBe(removed.left > 0);
  });
});

/** The command against a world in memory, with what it printed. */
async function makeCommand(signal = new AbortController().signal) {
  const world = await makeRemoval();
  const printed: string[] = [];
  const lines: string[] = [];
  const terminal = {
    print: (text: string) => void printed.push(text),
    progress: (line: string) => void lines.push(line),
  };
  const run = (confirm: () => Promise<boolean>, over: object = {}) => {
    const stack = { ...world.depsOf(), flags: ' --stage prod', ...over } as Stack;
    return removeThrough('okta', confirm, { stack, terminal, signal });
  };
  return { ...world, printed, lines, run };
}

describe('the command', () => {
  const never = async () => {
    throw new Error('was asked');
  };

  test('shows whom a configured source would lose, says what comes first, and does nothing', async () => {
    const { run, printed, queued } = await makeCommand();

    const done = await run(never);

    expect(done).toBe(false);
    expect(printed[0]).toContain('okta: 3 people at Velt.');
    expect(printed.at(-1)).toContain(
      'Set "removed": true on it, or take it out; deploy; then call this again',
    );
    expect(queued).toEqual([]);
  });

  test('takes nobody out without a yes', async () => {
    const { run, printed, queued, takeOut } = await makeCommand();
    takeOut();

    const done = await run(async () => false);

    expect([done, printed.at(-1), queued]).toEqual([false, 'okta: nobody was taken out.', []]);
  });

  test('takes them out behind a yes, shows how far it is, and says that it is done', async () => {
    const { run, printed, lines, takeOut, users, leftOf } = await makeCommand();
    takeOut();

    const done = await run(async () => true);

    expect(done).toBe(true);
    expect(lines).toContain('okta: 2 people still at Velt');
    expect(printed.at(-1)).toContain('okta: done.');
    expect([users().sort(), leftOf('okta')]).toEqual([mail('grace', 'tony'), []]);
  });

  test('interrupted says how to go on, and goes on from there', async () => {
    const interruption = new AbortController();
    const { run, printed, takeOut, leftOf } = await makeCommand(interruption.signal);
    takeOut();

    const first = await run(async () => {
      interruption.abort();
      return true;
    });

    expect(first).toBe(false);
    expect(printed.at(-1)).toBe(
      'okta: not done: interrupted. npm run sync -- remove-source okta --stage prod goes on from there.',
    );
    expect(leftOf('okta')).not.toEqual([]);
  });
});
