import { describe, expect, test } from 'vitest';
import type { Membership } from '../../../lib/aws/mirror.ts';
import { loadContainers } from '../../../lib/delivery/containers.ts';
import {
  departuresOf,
  joinsOf,
  nestingsOf,
  newsAbout,
  recheckMembers,
} from '../../../lib/delivery/members.ts';
import { loadPeople } from '../../../lib/delivery/workset.ts';
import type {
  MembershipChange,
  NestingChange,
  PersonChange,
  QueueItem,
} from '../../../lib/directory/change.ts';
import { newContainer, newPerson } from '../../../lib/directory/entry.ts';
import { foldContainer, foldPerson } from '../../../lib/directory/fold.ts';
import {
  groupChange,
  makeQueue,
  membershipChange,
  NOW,
  personChange,
  second,
} from '../../support/factories.ts';
import { makeTable } from '../../support/workset.ts';

const role = (organization: string) => ({ kind: 'role', id: 'editor', organization }) as const;
const group = { kind: 'group', id: 'engineers' } as const;
const saml = { kind: 'connection', id: 'saml' } as const;
const row = (container: Membership['container'], personId = 'ada') => ({
  source: 'okta',
  container,
  personId,
});
const entryOf = (...changes: (MembershipChange | PersonChange)[]) =>
  changes.reduce(foldPerson, newPerson('okta', 'ada'));
const nesting = (child: NestingChange['child'], change: Partial<NestingChange> = {}): NestingChange => ({
  ...{ kind: 'nesting', source: 'okta', child, container: group, member: true, at: second(1), id: 'event-1' },
  ...change,
});

describe('the rows of somebody', () => {
  async function rowsOf(before: (MembershipChange | PersonChange)[], ...items: QueueItem[]) {
    const table = makeTable();
    table.put(entryOf(...before));
    const work = await loadPeople(
      items,
      { owner: 'me', deadline: NOW + 60_000, now: NOW, receives: 1 },
      table.deps,
    );
    return { joins: joinsOf(work, table.deps), departures: departuresOf(work, table.deps) };
  }

  test.each<[string, (MembershipChange | PersonChange)[], QueueItem[], unknown]>([
    ['who joins are written', [], [membershipChange()], { joins: [row(group)], departures: [] }],
    [
      'who leaves are deleted',
      [membershipChange()],
      [membershipChange({ at: second(2), member: false })],
      { joins: [], departures: [row(group)] },
    ],
    [
      'who has a role in another organization too stay one',
      [membershipChange({ container: role('org_1') })],
      [
        membershipChange({ container: role('org_2') }),
        membershipChange({ container: role('org_1'), at: second(2), member: false }),
      ],
      { joins: [], departures: [] },
    ],
    [
      'who gets a connection are written',
      [],
      [personChange({ connections: ['saml'] })],
      { joins: [row(saml)], departures: [] },
    ],
    [
      'who is deleted are deleted',
      [membershipChange()],
      [personChange({ at: second(2), exists: false })],
      { joins: [], departures: [row(group)] },
    ],
    [
      'who is deactivated are deleted',
      [membershipChange()],
      [personChange({ at: second(2), active: false })],
      { joins: [], departures: [row(group)] },
    ],
    [
      'who is activated again are written again',
      [membershipChange(), personChange({ at: second(2), active: false })],
      [personChange({ at: second(3), active: true })],
      { joins: [row(group)], departures: [] },
    ],
    [
      'of whom nothing is new stay',
      [membershipChange()],
      [membershipChange()],
      { joins: [], departures: [] },
    ],
  ])('%s', async (_who, before, items, expected) => {
    expect(await rowsOf(before, ...items)).toEqual(expected);
  });
});

test('what is nested in something is found through it, and not through what it left', () => {
  expect(nestingsOf([nesting(saml), nesting(saml, { member: false }), membershipChange()])).toEqual([
    { source: 'okta', container: { kind: 'nest', id: 'group:engineers' }, personId: 'okta#connection#saml' },
  ]);
});

describe('everyone in a container', () => {
  /** Ada is in the group, Grace in a connection of it, and the two are in each other. */
  async function makeMembers(
    item: QueueItem,
    { lease, membersDue }: { lease?: { owner: string; until: number }; membersDue?: true } = {},
  ) {
    const table = makeTable();
    const engineers = foldContainer(
      newContainer({ source: 'okta', ...group }),
      groupChange({ exists: true }),
    );
    table.put({ ...engineers, ...(membersDue && { membersDue }) }, { lease });
    table.deps.mirror.join([row(group), row(saml, 'grace')]);
    table.deps.mirror.join(nestingsOf([nesting(saml), nesting({ ...group }, { container: saml as never })]));
    const queue = makeQueue();
    const deps = { ...table.deps, queue };
    const work = await loadPeople(
      [item],
      { owner: 'me', deadline: NOW + 60_000, now: NOW, receives: 1 },
      deps,
    );
    await loadContainers([item], work, deps);
    await recheckMembers(newsAbout([item]), work, deps);
    const key = 'okta#group#engineers';
    return { rechecked: queue.sent.flat(), entry: table.stored(key)?.entry, fault: work.faults.get(key) };
  }

  test('that ended is looked at again once, also through what is nested in it', async () => {
    const { rechecked, entry } = await makeMembers(groupChange({ at: second(9), exists: false }));

    const of = (id: string) => ({ kind: 'recheck', reason: 'members', of: { kind: 'person', id } });
    expect(rechecked).toMatchObject([of('ada'), of('grace')]);
    expect(rechecked.every((item) => !('read' in item))).toBe(true);
    expect(entry).not.toHaveProperty('membersDue');
  });

  test.each<[string, QueueItem]>([
    ['of which nothing is new', groupChange({ exists: true })],
    ['that somebody joins', membershipChange({ personId: 'grace', at: second(9) })],
  ])('%s is left alone', async (_which, item) => {
    expect((await makeMembers(item)).rechecked).toEqual([]);
  });

  test('of which was not noted that they were looked at is looked at by its own news, not by whoever joins', async () => {
    const joins = membershipChange({ personId: 'grace', at: second(9) });
    const again = groupChange({ exists: true });

    const [joined, told] = [
      await makeMembers(joins, { membersDue: true }),
      await makeMembers(again, { membersDue: true }),
    ];

    expect([joined.rechecked.length, told.rechecked.length]).toEqual([0, 2]);
    expect([joined.entry, told.entry].map((entry) => entry && 'membersDue' in entry)).toEqual([true, false]);
  });

  test.each<[string, boolean, QueueItem]>([
    ['that ended: the end is not on record yet', false, groupChange({ at: second(9), exists: false })],
    ['that ended, though something else is on record', true, groupChange({ at: second(9), exists: false })],
    ['whose news is on record', true, groupChange({ exists: true })],
  ])('under the lease of another delivery is not looked at: one %s', async (_which, isDue, news) => {
    const lease = { owner: 'another', until: NOW + 40_000 };

    const { rechecked, entry, fault } = await makeMembers(news, {
      lease,
      ...(isDue && { membersDue: true }),
    });

    expect(rechecked).toEqual([]);
    expect([entry?.exists?.value, entry && 'membersDue' in entry]).toEqual([true, isDue]);
    expect(fault?.code).toBe('leased');
  });
});
