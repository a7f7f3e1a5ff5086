import { expect, test } from 'vitest';
import type { Preview } from '../../../lib/reconcile/preview.ts';
import { previewText } from '../../../scripts/preview-text.ts';

const nobody: Preview = { id: '00uada', fields: [], memberships: [], places: [] };
const textOf = (person: Partial<Preview>, more: object = {}) =>
  previewText({ source: 'okta', people: [{ ...nobody, ...person }], notes: [], isWhole: true, ...more });

test('who is not in Velt has the reason for it, and no empty table', () => {
  expect(textOf({ why: 'they are deactivated' })).toBe(
    '00uada of okta is not in Velt: they are deactivated.',
  );
});

test('what was given beside people is noted, and that what they are in was not read', () => {
  const text = textOf({ why: 'they are deactivated' }, { notes: ['x tells Velt nothing'], isWhole: false });

  expect(text.split('\n\n').slice(1)).toEqual([
    'Note: x tells Velt nothing.',
    'Not read: all that they are in. --person reads it.',
  ]);
});

test('of nobody it says that there is nobody', () => {
  expect(textOf({}, { people: [], isWhole: false })).toBe('It tells nothing of a person.');
});

test('what others wrote does not steer the terminal, and does not fill it', () => {
  const field = {
    field: 'name' as const,
    value: `\x1b[2J${'x'.repeat(100)}`,
    rule: 'path' as const,
    from: 'name',
  };
  const memberships = [{ kind: 'group' as const, id: '\x1b[1m', name: '\x07', outcomes: [] }];

  const text = textOf({ id: '\x1b[3m', fields: [field], memberships });

  expect(text).not.toMatch(/[^\P{C}\n]/u);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(120);
});

test('what only an exclusion keeps from being a group, and a role that no rule gives, are told so', () => {
  const text = textOf({
    user: { userId: 'E-1', name: 'Ada' },
    memberships: [
      {
        ...{ kind: 'role' as const, id: 'rol_1', organization: 'org_1' },
        outcomes: [{ becomes: 'excluded', setting: 'roles', pattern: 'rol_*' }],
      },
    ],
    places: [{ scope: { organizationId: 'acme' }, role: 'editor', causes: [] }],
  });

  expect(text).toMatch(/role rol_1 in org_1 +no group +roles "rol_\*"/);
  expect(text).toMatch(/organization acme +editor +no rule: Velt's own/);
});
