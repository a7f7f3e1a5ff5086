import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EVENT_TYPES } from '../../../../lib/sources/okta/inbound.ts';
import { withEventTable } from '../../../../scripts/event-table.ts';

const START = '<!-- npm run docs:okta writes from here -->';
const END = '<!-- to here -->';
const guide = readFileSync(new URL('../../../../docs/okta.md', import.meta.url), 'utf8');

test('the guide has the table of today (npm run docs:okta writes it)', () => {
  expect(guide).toBe(withEventTable('okta', guide));
});

test('the table has a row for every type a hook can subscribe to, and says what it does', () => {
  const written = withEventTable('okta', `before ${START} old ${END} after`);

  const rows = new Map(
    [...written.matchAll(/^\| `(.*)` \| (.*) \|$/gm)].map(([, type, effect]) => [type, effect]),
  );
  expect([...rows.keys()]).toEqual(EVENT_TYPES);
  expect(rows.get('user.lifecycle.deactivate')).toBe('removes the person (policy `deactivated`)');
  expect(rows.get('group.user_membership.add')).toBe('adds the person to the group');
  expect(written).toMatch(/^before .* after$/s);
  expect(written).not.toContain('old');
});

test('a text without the marks is refused', () => {
  expect(() => withEventTable('okta', `${START} only`)).toThrow(END);
});
