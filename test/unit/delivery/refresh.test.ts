import { describe, expect, test } from 'vitest';
import { factsOf } from '../../../lib/delivery/refresh.ts';
import type { ContainerRef, QueueItem } from '../../../lib/directory/change.ts';
import { newPerson, type PersonEntry } from '../../../lib/directory/entry.ts';
import { foldPerson } from '../../../lib/directory/fold.ts';
import { WorldFault } from '../../../lib/errors.ts';
import type { Directory, PersonRead } from '../../../lib/sources/source.ts';
import {
  groupChange,
  membershipChange,
  personChange,
  readAt,
  recheck,
  second,
} from '../../support/factories.ts';
import { ada, makeRefresh } from '../../support/refresh.ts';

const readsOnEvents = { api: {} };
const role = (organization: string) => ({ kind: 'role', id: 'editor', organization }) as const;

const readOf = (memberships: boolean, rolesIn: string[] = []) => [['ada', { memberships, rolesIn }]];
const readBefore = (at: number, whole = at): PersonEntry => ({
  ...newPerson('okta', 'ada'),
  ...{ readAt: second(at), membershipsReadAt: second(whole) },
});

describe('what is read in delivery', () => {
  test('is cleaned, and an odd item of it costs only itself', async () => {
    const { run, log } = makeRefresh({
      more: {
        readPerson: async () => ({
          changes: [
            personChange({ ...readAt(60), exists: true, profile: { name: 'Zoe\u0308\uFFFF', email: ' ' } }),
            membershipChange({ ...readAt(60), container: { kind: 'group', id: 'g\uD83D' } }),
          ],
          ...{ readAt: second(60), complete: [] },
        }),
      },
    });

    const [, ...read] = await run(recheck({ at: second(10), read: 'memberships' }));

    expect(read).toEqual([
      personChange({ ...readAt(60), exists: true, profile: { name: 'Zo\u00eb', email: null } }),
    ]);
    expect(log.lines).toContainEqual(
      expect.objectContaining({ message: 'Left out what no message can hold', fields: { count: 1 } }),
    );
  });
});

describe('a person is read', () => {
  const whole = recheck({ at: second(10), read: 'memberships' });
  const alone = recheck({ at: second(10), read: 'alone' });

  test.each<[string, PersonEntry | undefined, QueueItem[], unknown[]]>([
    ['whole for a recheck that asks for it', undefined, [whole], readOf(true)],
    ['once for several', undefined, [whole, whole, alone], readOf(true)],
    ['whole the first time, whatever is asked for', undefined, [alone], readOf(true)],
    ['alone where that is asked for', readBefore(1), [alone], readOf(false)],
    ['not for a recheck that asks for none', undefined, [recheck()], []],
    ['not for what was read meanwhile, two seconds later', readBefore(12), [whole, alone], []],
    ['again for what was read a moment later', readBefore(11), [alone], readOf(false)],
    ['again where that read told no memberships', readBefore(12, 1), [whole, alone], readOf(true)],
    ['where a read is owed', { ...readBefore(60), readDue: true }, [recheck()], readOf(true)],
    ['not for an event, where events are no hints', undefined, [membershipChange()], []],
  ])('%s', async (_how, entry, items, expected) => {
    const { run, reads } = makeRefresh({ ...(entry && { entry }) });

    await run(...items);

    expect(reads).toEqual(expected);
  });

  const known = foldPerson(readBefore(1), personChange({ exists: true }));

  test.each<[string, PersonEntry, QueueItem, unknown[]]>([
    ['who joins something and is not known', newPerson('okta', 'ada'), membershipChange(), readOf(true)],
    [
      'who left something after a read had them in it',
      foldPerson(known, membershipChange(readAt(5))),
      membershipChange({ at: second(4), member: false }),
      readOf(true),
    ],
    ['but not who is known', known, membershipChange(), []],
    ['nor who left', newPerson('okta', 'ada'), membershipChange({ member: false }), []],
    ['nor for what a list told', newPerson('okta', 'ada'), membershipChange(readAt(5)), []],
  ])('where events are hints: %s', async (_who, entry, item, expected) => {
    const { run, reads } = makeRefresh({ entry, source: readsOnEvents });

    await run(item);

    expect(reads).toEqual(expected);
  });

  test('with the organizations that a recheck names, and no others', async () => {
    const entry = foldPerson(readBefore(1), membershipChange({ container: role('org_1') }));
    const { run, reads } = makeRefresh({ entry });

    await run({ ...whole, rolesIn: ['org_2', 'org_3'] });

    expect(reads).toEqual(readOf(true, ['org_2', 'org_3']));
  });

  test('with the organizations of the roles that they have, where none is named', async () => {
    const entry = foldPerson(
      foldPerson(readBefore(1), membershipChange({ container: role('org_1') })),
      membershipChange({ container: role('org_2'), member: false }),
    );
    const { run, reads } = makeRefresh({ entry });

    await run(whole);

    expect(reads).toEqual(readOf(true, ['org_1']));
  });

  test('and what was read is added to the items', async () => {
    const { run } = makeRefresh();

    expect(await run(whole)).toEqual([
      whole,
      expect.objectContaining({ kind: 'person', askedAt: second(60) }),
    ]);
  });
});

describe('that somebody was read', () => {
  const owed: PersonEntry = { ...newPerson('okta', 'ada'), readDue: true };

  test('is noted, and owed no more', async () => {
    const { run, entry } = makeRefresh({ entry: owed });

    await run(recheck());

    expect(entry()).toMatchObject({ readAt: second(60), membershipsReadAt: second(60) });
    expect(entry()).not.toHaveProperty('readDue');
  });

  test('alone says nothing of memberships', async () => {
    const { run, entry } = makeRefresh({ entry: readBefore(1) });

    await run(recheck({ at: second(10), read: 'alone' }));

    expect(entry()).toMatchObject({ readAt: second(60), membershipsReadAt: second(1) });
  });

  test.each<[string, { fault?: WorldFault; late?: boolean }, string | undefined]>([
    ['their directory is out of reach', { fault: new WorldFault('unavailable', '503') }, 'unavailable'],
    ['there is no time left', { late: true }, 'out-of-time'],
    ['the answer cannot be read', { fault: new WorldFault('unreadable-answer', 'half') }, undefined],
    ['they may not be read', { fault: new WorldFault('forbidden', '403') }, undefined],
  ])('is owed where %s', async (_where, how, code) => {
    const { run, entry, work } = makeRefresh(how);

    await run(recheck({ read: 'memberships' }));

    expect(entry()).toMatchObject({ readDue: true });
    expect(entry()).not.toHaveProperty('readAt');
    expect(work.faults.get(ada)?.code).toBe(code);
  });
});

describe('a read that does not tell a membership', () => {
  const group: ContainerRef = { kind: 'group', id: 'engineers' };
  const organization: ContainerRef = { kind: 'organization', id: 'org_1' };
  const held = [group, organization, role('org_1')].reduce(
    (entry, container) => foldPerson(entry, membershipChange({ container, at: second(1) })),
    newPerson('okta', 'ada'),
  );
  const at = 600;
  const person = personChange({ ...readAt(at), exists: true });
  const isIn = (container: ContainerRef) => membershipChange({ ...readAt(at), container });
  const endsOf = (read: Partial<PersonRead>, entry = held) =>
    factsOf({ changes: [person], readAt: second(at), complete: [], ...read }, entry)
      .filter((change) => change.kind === 'membership' && !change.member)
      .map((change) => change.kind === 'membership' && change.container);

  test.each<[string, Partial<PersonRead>, ContainerRef[]]>([
    ['ends it where all of its kind were told', { complete: ['group'] }, [group]],
    ['ends nothing of a kind that was not told whole', { complete: ['application'] }, []],
    ['ends nothing that it tells', { complete: ['group'], changes: [person, isIn(group)] }, []],
    ['ends a role where the roles of its organization were told', { rolesIn: ['org_1'] }, [role('org_1')]],
    ['ends no role elsewhere', { rolesIn: ['org_2'] }, []],
    [
      'ends the roles of an organization that it ends',
      { complete: ['organization'] },
      [organization, role('org_1')],
    ],
    [
      'ends no role of an organization that it tells, and whose roles it does not',
      { complete: ['organization'], changes: [person, isIn(organization)] },
      [],
    ],
  ])('%s', (_what, read, expected) => {
    expect(endsOf(read)).toEqual(expected);
  });

  test('ends nothing that an event told a moment before', () => {
    const just = foldPerson(held, membershipChange({ container: group, at: second(at - 60) }));

    expect(endsOf({ complete: ['group'] }, just)).toEqual([]);
  });

  test('ends it as of that read, which a later event is newer than', () => {
    const [, end] = factsOf({ changes: [person], readAt: second(at), complete: ['group'] }, held);

    expect(end).toMatchObject({ at: second(at), askedAt: second(at), member: false });
  });
});

describe('a group is read', () => {
  const of = { kind: 'group', id: 'engineers' } as const;

  test.each<[string, { source?: Record<string, unknown>; more?: Partial<Directory> }, QueueItem, unknown[]]>([
    ['for a recheck that asks for it', {}, recheck({ of, read: 'alone' }), ['engineers']],
    ['not for one that does not', {}, recheck({ of }), []],
    ['for an event where events are hints', { source: readsOnEvents }, groupChange(), ['engineers']],
    ['not for an event where they are not', {}, groupChange(), []],
    [
      'not for an event that tells all',
      { source: readsOnEvents, more: { eventsTellGroups: true } },
      groupChange(),
      [],
    ],
    ['not for its end', { source: readsOnEvents }, groupChange({ exists: false }), []],
    ['not for what a list told', { source: readsOnEvents }, groupChange(readAt(5)), []],
  ])('%s', async (_when, how, item, expected) => {
    const { run, reads } = makeRefresh(how);

    await run(item);

    expect(reads).toEqual(expected);
  });

  test('and comes back where the directory is out of reach', async () => {
    const { run, work } = makeRefresh({ fault: new WorldFault('unavailable', '503') });

    await run(recheck({ of, read: 'alone' }));

    expect([...work.faults.keys()]).toEqual(['okta#group#engineers']);
  });
});

test('after a directory was out of reach once, nobody else of it is read', async () => {
  const { run, reads } = makeRefresh({ fault: new WorldFault('throttled', '429') });

  await run(
    recheck({ read: 'memberships' }),
    recheck({ of: { kind: 'group', id: 'engineers' }, read: 'alone' }),
  );

  expect(reads).toHaveLength(1);
});
