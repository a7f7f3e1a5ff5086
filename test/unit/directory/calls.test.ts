import { describe, expect, test } from 'vitest';
import { type Call, type Item, plan, stageOf } from '../../../lib/directory/calls.ts';
import { type Change, containersOf } from '../../../lib/directory/change.ts';
import { type ItemOutcome, recordGroup, recordPerson } from '../../../lib/directory/confirmations.ts';
import { desired } from '../../../lib/directory/desired.ts';
import {
  type ContainerEntry,
  entryKey,
  newContainer,
  newPerson,
  type PersonEntry,
} from '../../../lib/directory/entry.ts';
import { foldContainer, foldPerson } from '../../../lib/directory/fold.ts';
import { makePolicy, membershipChange, NOW, personChange, second } from '../../support/factories.ts';

/** A directory and what Velt was told of it: changes go in, a plan comes out, and is carried out as `outcomeOf` says. */
function makeDirectory(source: Record<string, unknown> = {}, batchSize = 50) {
  const config = makePolicy(source);
  const people = new Map<string, PersonEntry>();
  const groups = new Map<string, ContainerEntry>();
  const directory = {
    now: NOW,
    people,
    groups,
    take(changes: Change[]) {
      for (const change of changes) {
        if ('personId' in change) {
          const entry = people.get(change.personId) ?? newPerson('okta', change.personId);
          people.set(change.personId, foldPerson(entry, change));
        }
        if (change.kind === 'person') continue;
        for (const ref of containersOf(change)) {
          const group = groups.get(entryKey(ref)) ?? newContainer(ref);
          groups.set(entryKey(ref), foldContainer(group, change));
        }
      }
      return directory;
    },
    plan(): Call[] {
      const candidates = [...people.values()].map((entry) => ({
        entry,
        desired: desired(entry, groups, config, NOW),
      }));
      return plan(candidates, [], groups, { batchSize, now: directory.now });
    },
    deliver(outcomeOf: (call: Call, item: Item) => ItemOutcome = () => ({ kind: 'done' })) {
      for (const call of directory.plan()) {
        for (const item of call.items) {
          const outcome = outcomeOf(call, item);
          for (const owner of item.owners) {
            const group = groups.get(owner);
            if (group)
              groups.set(owner, recordGroup(group, call.scope.organizationId, item, outcome, directory.now));
            const [, , id = ''] = owner.split('#');
            const person = people.get(id);
            if (person && !group)
              people.set(id, recordPerson(person, [{ call, item, outcome }], directory.now));
          }
        }
      }
      return directory;
    },
  };
  return directory;
}

const arrival = (personId: string, email = `${personId}@example.com`) =>
  personChange({ personId, exists: true, profile: { name: personId, email } });
const joins = (personId: string, groupId: string) =>
  membershipChange({ personId, container: { kind: 'group', id: groupId } });
const everyone = (count: number) => Array.from({ length: count }, (_, n) => `p${n}`);

const told = (calls: Call[]) =>
  calls.map(
    ({ kind, scope, items }) => `${kind} ${Object.values(scope).join('/')}: ${items.map(({ id }) => id)}`,
  );
const refuse = (): ItemOutcome => ({ kind: 'refused', reason: 'no' });

describe('a plan', () => {
  test('brings people into the organization, then into its groups, folders and documents', () => {
    const directory = makeDirectory({ grants: [{ folderId: 'deals' }, { documentId: 'handbook' }] });

    directory.take([joins('ada', 'eng'), arrival('ada'), arrival('bob')]);

    expect(told(directory.plan())).toEqual([
      'groups.add acme: eng',
      'users.add acme: ada,bob',
      'users.add acme/deals: ada,bob',
      'users.add acme/handbook: ada,bob',
      'group.users.add acme/eng: ada',
    ]);
  });

  test('takes people out of groups, folders and documents, then out of the organization', () => {
    const directory = makeDirectory({ grants: [{ folderId: 'deals' }] });
    directory.take([arrival('ada'), joins('ada', 'eng')]).deliver();

    directory.take([personChange({ personId: 'ada', at: second(2), exists: false })]);

    expect(told(directory.plan())).toEqual([
      'group.users.delete acme/eng: ada',
      'users.delete acme/deals: ada',
      'users.delete acme: ada',
    ]);
    expect(directory.deliver().people.get('ada')?.delivered).toEqual({});
    expect(directory.plan()).toEqual([]);
  });

  test.each([
    ['a block', { blocked: true }, { blocked: false }],
    ['a departure', { exists: false }, { exists: true }],
  ])('undoes %s and does it again', (_what, away, back) => {
    const directory = makeDirectory();
    directory.take([arrival('ada')]).deliver();

    directory.take([personChange({ personId: 'ada', at: second(2), ...away })]);
    const leaving = told(directory.plan());
    directory.deliver().take([personChange({ personId: 'ada', at: second(3), ...back })]);

    expect([leaving, told(directory.plan())]).toEqual([['users.delete acme: ada'], ['users.add acme: ada']]);
  });

  test('makes a changed profile one call, and a changed profile that was told already none', () => {
    const directory = makeDirectory();
    directory.take([arrival('ada'), joins('ada', 'eng')]).deliver();

    directory.take([personChange({ personId: 'ada', at: second(2), profile: { name: 'Countess Ada' } })]);

    expect(directory.plan()).toMatchObject([
      { kind: 'users.add', items: [{ user: { userId: 'ada', name: 'Countess Ada' } }] },
    ]);
    expect(directory.deliver().plan()).toEqual([]);
  });

  test('adds a new Velt user id in full before it removes the old one', () => {
    const directory = makeDirectory({ userId: 'email' });
    directory.take([arrival('ada', 'old@example.com'), joins('ada', 'eng')]).deliver();

    directory.take([personChange({ personId: 'ada', at: second(2), profile: { email: 'new@example.com' } })]);

    expect(told(directory.plan())).toEqual([
      'users.add acme: new@example.com',
      'group.users.add acme/eng: new@example.com',
      'group.users.delete acme/eng: old@example.com',
      'users.delete acme: old@example.com',
    ]);
    expect(Object.keys(directory.deliver().people.get('ada')?.delivered ?? {})).toEqual(['new@example.com']);
  });

  test('leaves groups and people out that wait for a person who is not known yet', () => {
    const directory = makeDirectory();

    directory.take([joins('ada', 'eng')]);

    expect(directory.plan()).toEqual([]);
  });

  test('is in the order of its stages', () => {
    const directory = makeDirectory({ grants: [{ folderId: 'deals' }] });
    directory.take([arrival('ada'), joins('ada', 'eng')]).deliver();

    directory.take([
      personChange({ personId: 'ada', at: second(2), exists: false }),
      arrival('bob'),
      joins('bob', 'sales'),
    ]);

    const stages = directory.plan().map(stageOf);
    expect(stages).toEqual(stages.toSorted((a, b) => a - b));
    expect(new Set(stages).size).toBe(7);
  });
});

describe('the number of calls', () => {
  test.each([
    [1, 50, [1]],
    [50, 50, [50]],
    [51, 50, [51, 1]],
    [120, 50, [120, 51, 50, 7]],
    [7, 3, [7, 4, 3]],
  ])('for %s new people is that of their batches of %s, with groups of %j', (users, batch, groupSizes) => {
    const directory = makeDirectory({}, batch);
    const members = groupSizes.flatMap((size, group) => everyone(size).map((id) => joins(id, `g${group}`)));

    directory.take([...everyone(users).map((id) => arrival(id)), ...members]);

    const ofGroups = groupSizes.map((size) => Math.ceil(size / batch)).reduce((sum, calls) => sum + calls, 0);
    expect(directory.plan()).toHaveLength(Math.ceil(users / batch) + ofGroups + 1);
    expect(Math.max(...directory.plan().map(({ items }) => items.length))).toBeLessThanOrEqual(batch);
    expect(directory.deliver().plan()).toEqual([]);
  });

  test('is one where two persons are the same Velt user', () => {
    const directory = makeDirectory({ userId: 'email' });

    directory.take([arrival('ada', 'same@example.com'), arrival('bob', 'same@example.com')]);

    expect(directory.plan()).toMatchObject([
      { items: [{ id: 'same@example.com', owners: ['okta#person#ada', 'okta#person#bob'] }] },
    ]);
  });
});

describe('what Velt refused', () => {
  const minutes = (count: number) => count * 60_000;

  test('is tried again when its time has come, and not before', () => {
    const directory = makeDirectory();
    directory.take([arrival('ada')]).deliver(refuse);

    const calls = [0, minutes(5) - 1, minutes(5)].map((later) => {
      directory.now = NOW + later;
      return directory.plan().length;
    });

    expect(calls).toEqual([0, 0, 1]);
  });

  test('is tried at once when its content has changed', () => {
    const directory = makeDirectory();
    directory.take([arrival('ada')]).deliver(refuse);

    directory.take([personChange({ personId: 'ada', at: second(2), profile: { name: 'Ada' } })]);

    expect(told(directory.plan())).toEqual(['users.add acme: ada']);
  });

  test('holds up what stands on it, and nobody else', () => {
    const directory = makeDirectory({ grants: [{ folderId: 'deals' }] });
    directory.take([arrival('ada')]).deliver(refuse);

    directory.take([joins('ada', 'eng'), arrival('bob'), joins('bob', 'eng')]);

    expect(told(directory.plan())).toEqual([
      'groups.add acme: eng',
      'users.add acme: bob',
      'users.add acme/deals: bob',
      'group.users.add acme/eng: bob',
    ]);
  });

  test('of a group holds up its members and lets them into the organization', () => {
    const directory = makeDirectory();
    directory.take([arrival('ada'), joins('ada', 'eng')]);
    directory.deliver(({ kind }) => (kind === 'groups.add' ? refuse() : { kind: 'done' }));

    directory.take([arrival('bob'), joins('bob', 'eng')]);

    expect(told(directory.plan())).toEqual(['users.add acme: bob']);
  });

  test('of an add does not hold up the removal of someone who left', () => {
    const directory = makeDirectory();
    directory.take([arrival('ada')]).deliver(refuse);

    directory.take([personChange({ personId: 'ada', at: second(2), exists: false })]);

    expect(told(directory.plan())).toEqual(['users.delete acme: ada']);
  });
});

test('whom an answer did not name is planned again in a call of their own, as are groups, members and leavers', () => {
  const silent = (): ItemOutcome => ({ kind: 'unproven' });
  const directory = makeDirectory().take(
    everyone(2).flatMap((id) => [arrival(id), joins(id, 'g1'), joins(id, 'g2')]),
  );
  const leaves = (personId: string) => personChange({ personId, at: second(9), id: 'l', exists: false });

  const first = told(directory.plan());
  const again = told(directory.deliver(silent).plan());
  directory.deliver().take(everyone(2).map(leaves));
  const left = told(directory.plan());
  const leftAgain = told(directory.deliver(silent).plan());

  expect(first).toContain('users.add acme: p0,p1');
  expect(again).toEqual(first.flatMap(onePerCall));
  expect(left).toContain('users.delete acme: p0,p1');
  expect(leftAgain).toEqual(left.flatMap(onePerCall));
});

/** The calls of one for each of its items. */
function onePerCall(call: string): string[] {
  const [what = '', items = ''] = call.split(': ');
  return items.split(',').map((item) => `${what}: ${item}`);
}
