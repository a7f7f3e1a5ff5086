import { describe, expect, it } from 'vitest';
import { failedIds } from '../../../local/event-source.ts';

const IDS = ['a', 'b'];
const reporting = (...itemIdentifiers: unknown[]) => ({
  payload: { batchItemFailures: itemIdentifiers.map((itemIdentifier) => ({ itemIdentifier })) },
});

describe('failedIds', () => {
  it.each([
    ['null', { payload: null }],
    ['an empty object', { payload: {} }],
    ['an empty list', reporting()],
    ['a null list', { payload: { batchItemFailures: null } }],
  ])('keeps nothing when the answer is %s', (_, result) => {
    expect(failedIds(result, IDS, true)).toEqual(new Set());
  });

  it('keeps exactly the reported messages', () => {
    expect(failedIds(reporting('b'), IDS, true)).toEqual(new Set(['b']));
  });

  it.each([
    ['the function failed', { error: { type: 'Error', message: '', trace: [] } }],
    ['the answer is a string', { payload: 'done' }],
    ['the list is no list', { payload: { batchItemFailures: 'a' } }],
    ['an id is not in the batch', reporting('a', 'c')],
    ['an id is empty', reporting('')],
    ['an id is null', reporting(null)],
    ['an item has another key', { payload: { batchItemFailures: [{ messageId: 'a' }] } }],
  ])('keeps the whole batch when %s', (_, result) => {
    expect(failedIds(result, IDS, true)).toEqual(new Set(IDS));
  });

  it('ignores the answer when the mapping does not ask for reports', () => {
    expect(failedIds(reporting('a'), IDS, false)).toEqual(new Set());
  });
});
