import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EVENT_TYPES } from '../../../../lib/sources/auth0/inbound.ts';
import { withEventTable } from '../../../../scripts/event-table.ts';

const START = '<!-- npm run docs:auth0 writes from here -->';
const END = '<!-- to here -->';
const guide = readFileSync(new URL('../../../../docs/auth0.md', import.meta.url), 'utf8');

test('the guide has the table of today (npm run docs:auth0 writes it)', () => {
  expect(guide).toBe(withEventTable('auth0', guide));
});

test('the table has a row for every type of the catalogue, and says what it does or why nothing', () => {
  const written = withEventTable('auth0', `before ${START} stale ${END} after`);

  const rows = new Map(
    [...written.matchAll(/^\| `(.*)` \| (.*) \|$/gm)].map(([, type, effect]) => [type, effect]),
  );
  expect([...rows.keys()]).toEqual(EVENT_TYPES);
  expect(rows.get('user.deleted')).toBe('removes the person (policy `deleted`)');
  expect(rows.get('user.updated')).toContain('if blocked, removes the person until they are unblocked');
  expect(rows.get('group.member.added')).toMatch(/^adds the person to the group; of a connection, adds/);
  expect(rows.get('group.role.assigned')).toMatch(/^nothing: roles of the tenant are not mirrored/);
  expect(written).toMatch(/^before .* after$/s);
  expect(written).not.toContain('stale');
});

test('a text without the marks is refused', () => {
  expect(() => withEventTable('auth0', `${START} only`)).toThrow(END);
});
