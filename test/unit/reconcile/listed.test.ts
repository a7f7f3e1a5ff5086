import { describe, expect, test } from 'vitest';
import type { Change } from '../../../lib/directory/change.ts';
import { createHashSet } from '../../../lib/directory/hash-set.ts';
import {
  completeKey,
  deactivatedKey,
  losingKey,
  membershipKey,
  noteComplete,
  noteListed,
  unreadKey,
} from '../../../lib/reconcile/listed.ts';
import { groupChange, membershipChange, personChange, second } from '../../support/factories.ts';

const group = { kind: 'group', id: 'engineers' } as const;
const role = { kind: 'role', id: 'editor', organization: 'org_1' } as const;
const saml = { kind: 'connection', id: 'saml' } as const;
const nesting = (member: boolean): Change => ({
  ...{ kind: 'nesting', source: 'okta', child: saml, container: group, member, at: second(1) },
});
const ada = 'okta#person#ada';
const keys = {
  ada,
  group: 'okta#group#engineers',
  role: 'okta#role#editor',
  membership: membershipKey(ada, group),
  ofRole: membershipKey(ada, role),
  elsewhere: membershipKey(ada, { ...role, organization: 'org_2' }),
  nesting: membershipKey('okta#connection#saml', group),
  losing: losingKey(ada),
  deactivated: deactivatedKey(ada),
  allDeactivated: deactivatedKey('okta'),
  complete: completeKey('okta', group),
  unread: unreadKey('okta', group),
};

function heldAfter(note: (listed: ReturnType<typeof createHashSet>) => void): string[] {
  const listed = createHashSet();
  note(listed);
  return Object.entries(keys).flatMap(([name, key]) => (listed.has(key) ? [name] : []));
}

describe('what was listed by', () => {
  test.each<[string, Change, string[]]>([
    ['a person is that person', personChange(), ['ada']],
    ['a group is that group', groupChange(), ['group']],
    [
      'a membership is the membership and the group, and not the person',
      membershipChange(),
      ['group', 'membership'],
    ],
    ['somebody who is no member is nothing', membershipChange({ member: false }), []],
    [
      'a role that somebody has is no list of roles, and stands for that organization only',
      membershipChange({ container: role }),
      ['ofRole'],
    ],
    ['what a connection is in is that', nesting(true), ['nesting']],
    ['what a connection is not in is nothing', nesting(false), []],
  ])('%s', (_what, change, expected) => {
    expect(heldAfter((listed) => noteListed(change, listed))).toEqual(expected);
  });
});

describe('a page is told to be complete', () => {
  test.each<[string, Parameters<typeof noteComplete>[0], string[]]>([
    ['of the members of a group', page({ complete: [group] }), ['complete']],
    ['not to be, of a group', page({ unread: [group] }), ['unread']],
    [
      'of nothing, with some who are deactivated',
      page({ deactivated: { personIds: ['ada'], complete: false } }),
      ['deactivated'],
    ],
    [
      'of those who are deactivated',
      page({ deactivated: { personIds: ['ada'], complete: true } }),
      ['deactivated', 'allDeactivated'],
    ],
  ])('%s', (_what, told, expected) => {
    expect(heldAfter((listed) => noteComplete(told, 'okta', listed))).toEqual(expected);
  });
});

function page(over: Partial<Parameters<typeof noteComplete>[0]>) {
  return { changes: [], complete: [], unreadable: 0, next: undefined, ...over };
}

test('the roles of one organization are complete without those of another', () => {
  expect(completeKey('okta', role)).not.toBe(completeKey('okta', { ...role, organization: 'org_2' }));
});
