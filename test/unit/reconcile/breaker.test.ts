import { describe, expect, test } from 'vitest';
import { type Listed, refusalOf } from '../../../lib/reconcile/breaker.ts';

const rules = { removalShare: 0.1, removalsAtLeast: 5 };

/** The list of a run: a thousand people, of whom some would lose something. */
function listedBy(over: Partial<Listed> = {}): Listed {
  return { people: 1_000, before: 1_000, delivered: 1_000, losing: 10, ...over };
}

describe('removals are allowed', () => {
  test.each([
    ['up to the share of the people at Velt', { losing: 100 }],
    [
      'for as few as are allowed in any case, though they are all but one',
      { people: 1, before: 6, delivered: 6, losing: 5 },
    ],
    ['when no run was complete before', { before: undefined, people: 10, delivered: 1_000 }],
    ['when the listing shrank by no more than the share', { people: 900 }],
    ['when the listing grew', { people: 5_000 }],
    ['when nobody loses anything, whatever the list was like', { losing: 0, people: 0 }],
  ])('%s', (_when, over) => {
    expect(refusalOf(listedBy(over), rules)).toBeUndefined();
  });
});

describe('nobody may be removed', () => {
  test.each([
    [
      'beyond the share',
      { losing: 101 },
      '101 of 1000 people would lose something at Velt (10 %), more than the limit of 100',
    ],
    [
      'beyond the few that are allowed in any case',
      { people: 20, before: 20, delivered: 20, losing: 6 },
      '6 of 20 people would lose something at Velt (30 %), more than the limit of 5',
    ],
    [
      'when the directory listed nobody, not even few',
      { people: 0, before: 3, delivered: 3, losing: 3 },
      'the directory listed nobody',
    ],
    [
      'when the listing shrank by more than the share, though few of them are at Velt',
      { people: 899, losing: 1 },
      'the directory listed 899 people, 10 % fewer than the 1000 of last time',
    ],
  ])('%s', (_when, over, reason) => {
    expect(refusalOf(listedBy(over), rules)).toBe(reason);
  });

  test('at all beyond none, with a share of 0', () => {
    expect(refusalOf(listedBy({ losing: 1 }), { removalShare: 0, removalsAtLeast: 0 })).toBe(
      '1 of 1000 people would lose something at Velt (0 %), more than the limit of 0',
    );
  });
});
