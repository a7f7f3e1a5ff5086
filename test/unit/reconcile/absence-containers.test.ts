import { describe, expect, test } from 'vitest';
import type { Change, NestingChange } from '../../../lib/directory/change.ts';
import { type ContainerEntry, newContainer } from '../../../lib/directory/entry.ts';
import { foldContainer } from '../../../lib/directory/fold.ts';
import { createHashSet } from '../../../lib/directory/hash-set.ts';
import {
  absentNestings,
  endOfGroup,
  isAbsentGroup,
  type ListedDirectory,
} from '../../../lib/reconcile/absence.ts';
import { noteComplete, noteListed } from '../../../lib/reconcile/listed.ts';
import { GROUP_ROLES, type Page } from '../../../lib/sources/source.ts';
import { groupChange, makePolicy, membershipChange, NOW, second } from '../../support/factories.ts';

const startedAt = new Date(NOW).toISOString();
const later = new Date(NOW + 1_000).toISOString();

function makeListing(
  listed: Change[] = [],
  complete: Page['complete'] = [],
  covers = ['group'] as const,
  unread: Page['complete'] = [],
) {
  const hashes = createHashSet();
  for (const change of listed) noteListed(change, hashes);
  noteComplete({ complete, unread } as Page, 'okta', hashes);
  const listing: ListedDirectory = {
    run: { source: 'okta', startedAt },
    listed: hashes,
    directory: { covers: [...covers] },
    policy: makePolicy(),
  };
  return listing;
}

const engineers = newContainer({ source: 'okta', kind: 'group', id: 'engineers' });
const there = foldContainer(engineers, groupChange({ exists: true }));

describe('a group that was there and was not listed', () => {
  test('is absent, and ends as of the start of the run', () => {
    const listing = makeListing([groupChange({ containerId: 'others', exists: true })]);

    expect(isAbsentGroup(there, listing)).toBe(true);
    expect(endOfGroup(there, listing)).toEqual([
      {
        source: 'okta',
        kind: 'group',
        containerId: 'engineers',
        exists: false,
        at: startedAt,
        askedAt: startedAt,
      },
    ]);
  });

  test.each<[string, ContainerEntry, ListedDirectory]>([
    ['was listed', there, makeListing([groupChange({ exists: true })])],
    ['was listed as what somebody is in', there, makeListing([membershipChange()])],
    ['ended before', foldContainer(there, groupChange({ at: second(2), exists: false })), makeListing()],
    [
      'was told by an event since the run began',
      foldContainer(there, groupChange({ at: later, exists: true })),
      makeListing(),
    ],
    ['of which nobody knows that it is there', engineers, makeListing()],
    ['of a directory that does not list groups', there, makeListing([], [], [] as never)],
    [
      'is an organization',
      { ...there, kind: 'organization' },
      makeListing([groupChange({ containerId: 'others' })]),
    ],
  ])('is not absent where it %s', (_what, entry, listing) => {
    expect(isAbsentGroup(entry, listing)).toBe(false);
    expect(endOfGroup(entry, listing)).toEqual([]);
  });
});

describe('what a container is in as a member, and was not listed in,', () => {
  const child = { kind: 'connection', id: 'saml' } as const;
  const group = { kind: 'group', id: 'engineers' } as const;
  const nesting = (change: Partial<NestingChange> = {}): NestingChange => ({
    ...{
      kind: 'nesting',
      source: 'okta',
      child,
      container: group,
      member: true,
      at: second(1),
      id: 'event-1',
    },
    ...change,
  });
  const saml = foldContainer(newContainer({ source: 'okta', ...child }), nesting());
  const role = { kind: 'role', id: 'editor', organization: 'org_1' } as const;
  const ofGroup = { kind: 'group', id: 'engineers' } as const;
  const withRole = foldContainer(engineers, nesting({ child: ofGroup, container: role }));
  const all = { kind: 'role', id: GROUP_ROLES, organization: 'org_1' } as const;

  test('ends as of the start of the run where a group was listed to its end', () => {
    expect(absentNestings(saml, makeListing([], [group]))).toEqual([
      { ...nesting({ member: false, at: startedAt }), id: undefined, askedAt: startedAt },
    ]);
  });

  test('ends where the roles of all groups in an organization were listed', () => {
    expect(absentNestings(withRole, makeListing([], [all]))).toMatchObject([
      { child: ofGroup, container: role, member: false, at: startedAt },
    ]);
  });

  test.each<[string, ContainerEntry, ListedDirectory]>([
    ['it was listed there', saml, makeListing([nesting()], [group])],
    ['the list of the group was cut short', saml, makeListing([nesting({ child: { ...child, id: 'x' } })])],
    [
      'an event told it since the run began',
      foldContainer(saml, nesting({ at: later })),
      makeListing([], [group]),
    ],
    [
      'it ended before',
      foldContainer(saml, nesting({ at: second(2), member: false })),
      makeListing([], [group]),
    ],
    ['the roles of one group could not be read', withRole, makeListing([], [all], ['group'], [all])],
    ['an item of the group could not be read', saml, makeListing([], [group], ['group'], [group])],
    ['nobody listed the roles of groups', withRole, makeListing([], [])],
    [
      'the roles of another organization were listed',
      withRole,
      makeListing([], [{ ...all, organization: 'org_2' }]),
    ],
  ])('stays where %s', (_where, entry, listing) => {
    expect(absentNestings(entry, listing)).toEqual([]);
  });
});
