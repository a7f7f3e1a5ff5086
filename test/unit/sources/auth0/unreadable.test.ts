import { describe, expect, test } from 'vitest';
import { connection, map, unreadable } from '../../../support/auth0-mapping.ts';
import { auth0Action, auth0Event, auth0LogRecord, auth0User } from '../../../support/factories.ts';

describe('a list', () => {
  test('is read item by item, whatever the kind of each', () => {
    const items = [
      auth0Event('user.created', auth0User(), { id: 'first' }),
      null,
      auth0Event('connection.created', connection),
      auth0Event('user.created', {}),
      auth0Action(),
    ];

    const { changes, ignored, unreadable } = map(items);

    expect(changes.map((change) => 'id' in change && change.id)).toEqual(['first', 'action']);
    expect(ignored.map(({ type }) => type)).toEqual(['connection.created']);
    expect(unreadable.map(({ path }) => path)).toEqual(['1.(whole)', '3.data.object.user_id']);
  });

  test('of nothing comes to nothing', () => {
    expect(map([])).toEqual({ changes: [], events: [], ignored: [], unreadable: [] });
  });
});

test.each(unreadable)('is unreadable by its path: %s', (_what, body, path) => {
  const { changes, ignored, unreadable: faults } = map(body, { api: true });

  expect([changes, ignored]).toEqual([[], []]);
  expect(faults.map((issue) => issue.path)).toContain(path);
});

describe('what cannot be read is named by what it was meant to be', () => {
  const { date: _, ...undated } = auth0LogRecord('ss').data as Record<string, unknown>;

  test.each([
    ['an Action with a number for an id', { user: { user_id: 7 } }, 'user.user_id'],
    ['a log record without a date', { log_id: '1', data: undated }, 'data.date'],
    ['a list that no log stream sends', Array.from({ length: 10_001 }, () => ({})), '(whole)'],
  ])('%s', (_what, body, path) => {
    expect(map(body).unreadable.map((issue) => issue.path)).toEqual([path]);
  });
});
