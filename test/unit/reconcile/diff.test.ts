import { describe, expect, test } from 'vitest';
import type { Mirror, Stored } from '../../../lib/aws/mirror.ts';
import type { Change, MembershipChange, PersonChange } from '../../../lib/directory/change.ts';
import { desired } from '../../../lib/directory/desired.ts';
import {
  type Entry,
  entryKey,
  newContainer,
  newPerson,
  type PersonEntry,
} from '../../../lib/directory/entry.ts';
import { foldContainer, foldPerson } from '../../../lib/directory/fold.ts';
import { membershipsOf } from '../../../lib/directory/graph.ts';
import { differencesOf } from '../../../lib/reconcile/diff.ts';
import { groupChange, makePolicy, membershipChange, NOW, personChange } from '../../support/factories.ts';

const minute = (n: number) => `2026-09-30T12:${String(n).padStart(2, '0')}:00.000Z`;
const event = (n: number) => ({ at: minute(n), id: 'event-1' });
const read = (n: number) => ({ at: minute(n), id: undefined, askedAt: minute(n) });
const here = { exists: true, profile: { name: 'Ada' } };
const group = { kind: 'group', id: 'engineers', name: 'Engineers' } as const;
const organization = { kind: 'organization', id: 'org_1' } as const;
const role = { kind: 'role', id: 'rol_1', organization: 'org_1' } as const;
const auth0 = { kind: 'auth0', organization: { org_1: 'acme' }, roles: { include: ['*'] } };

const foldAll = (changes: (PersonChange | MembershipChange)[], entry = newPerson('okta', 'ada')) =>
  changes.reduce(foldPerson, entry);
const engineers = foldContainer(
  newContainer({ source: 'okta', kind: 'group', id: 'engineers' }),
  groupChange({ ...event(0), exists: true, name: 'Engineers' }),
);

/** What these changes say at the `at`-th minute that the mirror, which holds just these entries, does not. */
function differences(changes: Change[], mirrored: Entry[], { at = 3, source = {} } = {}) {
  const stored = new Map(
    mirrored.map((entry): [string, Stored] => [entryKey(entry), { entry, revision: 1 }]),
  );
  const read: Mirror['read'] = async (refs) =>
    new Map(refs.map(entryKey).flatMap((key) => (stored.has(key) ? [[key, stored.get(key) as Stored]] : [])));
  const deps = { mirror: { read } as Mirror, clock: () => Date.parse(minute(at)) };
  return differencesOf(changes, makePolicy(source), deps);
}

/** Ada as she is delivered, with what these scopes of `acme` hold of her. */
function delivered(entry: PersonEntry, ...scopes: string[][]): PersonEntry {
  const known = Object.fromEntries(
    [[], ...scopes].map((scope) => [JSON.stringify(['acme', ...scope]), { present: true, digest: 'old' }]),
  );
  return { ...entry, delivered: { ada: known } };
}

describe('of a person', () => {
  test('nothing is queued where the list says what the mirror holds, and Velt as well', async () => {
    const first = await differences([personChange({ ...read(0), ...here })], []);
    const known = foldAll([personChange({ ...event(0), ...here })]);
    const digest = desired(known, new Map(), makePolicy(), NOW)?.digest as string;
    const entry = { ...known, delivered: { ada: { '["acme"]': { present: true, digest } } } };

    const again = await differences([personChange({ ...read(2), ...here })], [entry]);

    expect(first.people).toHaveLength(1);
    expect(again).toEqual({ people: [], containers: [], deferred: [], dropped: [] });
  });

  test('a recheck is queued where only the configuration has them otherwise', async () => {
    const entry = foldAll([personChange({ ...event(0), ...here })]);

    const { people } = await differences([personChange({ ...read(2), ...here })], [entry]);

    expect(people).toMatchObject([
      { key: 'okta#person#ada', items: [{ kind: 'recheck', reason: 'configuration', at: minute(3) }] },
    ]);
  });

  test('a role in an organization that they just left is not told by a list that lags behind', async () => {
    const entry = foldAll([
      personChange({ ...event(0), profile: { name: 'Ada' } }),
      membershipChange({ ...event(0), container: organization }),
      membershipChange({ ...event(0), container: role }),
      membershipChange({ ...event(2), container: organization, member: false }),
    ]);
    const listed = [
      personChange({ ...read(3), profile: { name: 'Ada Lovelace' } }),
      membershipChange({ ...read(3), container: organization }),
      membershipChange({ ...read(3), container: role }),
    ];

    const { people } = await differences(listed, [entry], { source: auth0 });

    const back = membershipChange({ at: minute(30), container: organization });
    const later = foldAll([...(people[0]?.items ?? []), back] as MembershipChange[], entry);
    expect(later.profile.name?.value).toBe('Ada Lovelace');
    expect(membershipsOf(later, new Map())).toEqual([organization]);
  });

  test.each([
    ['long after a read did not find them, they are there again', read(0), 30, true],
    ['a moment after a read did not find them, they are not', read(0), 5, undefined],
    ['long after an event said that they are gone, they are not', event(0), 30, undefined],
  ])('%s, though their last update is older', async (_when, gone, at, expected) => {
    const old = '2026-01-01T00:00:00.000Z';
    const entry = foldAll([
      personChange({ at: old, id: undefined, askedAt: old, ...here }),
      personChange({ ...gone, exists: false }),
    ]);

    const listed = [personChange({ at: old, id: undefined, askedAt: minute(at), ...here })];
    const { people } = await differences(listed, [entry], { at });

    const items = people.flatMap(({ items }) => items) as PersonChange[];
    expect(foldAll(items, entry).exists?.value).toBe(expected ?? false);
  });
});

describe('of a container', () => {
  const names = { groups: { include: ['Eng*'] } };
  const ada = delivered(
    foldAll([personChange({ ...event(0), ...here }), membershipChange({ ...event(0), container: group })]),
    ['group', 'engineers'],
  );

  test.each<[string, Partial<Parameters<typeof groupChange>[0]>, object]>([
    ['its end', { exists: false }, {}],
    ['another name, where names decide,', { name: 'Aside' }, names],
    ['that it counts in one organization only', { organization: 'org_1' }, {}],
  ])('%s waits for the breaker', async (_what, change, source) => {
    const news = groupChange({ ...read(2), ...change });

    expect(await differences([news], [engineers], { source })).toMatchObject({
      ...{ deferred: [news], containers: [] },
    });
  });

  test.each<[string, Entry[], Partial<Parameters<typeof groupChange>[0]>, object]>([
    ['that it is there', [], { exists: true, name: 'Engineers' }, names],
    ['another name, where names decide nothing,', [engineers], { name: 'Aside' }, {}],
  ])('%s is queued at once', async (_what, mirrored, change, source) => {
    const news = groupChange({ ...read(2), ...change });

    expect(await differences([news], mirrored, { source })).toMatchObject({
      ...{ deferred: [], containers: [news] },
    });
  });

  test('what it is in itself waits, also where nothing is known of it yet', async () => {
    const child = { kind: 'connection', id: 'saml' } as const;
    const nesting: Change = {
      kind: 'nesting',
      source: 'okta',
      child,
      container: group,
      member: true,
      ...read(2),
    };

    expect(await differences([nesting], [])).toMatchObject({ deferred: [nesting], containers: [] });
  });

  test('a name that waits is not told with a membership, which goes on', async () => {
    const renamed = { ...group, name: 'Aside' };
    const grace = personChange({ ...read(2), personId: 'grace', ...here });
    const joins = membershipChange({ ...read(2), personId: 'grace', container: renamed });

    const listed = [groupChange({ ...read(2), name: 'Aside' }), grace, joins];
    const { people } = await differences(listed, [engineers, ada], { source: names });

    const { name: _, ...unnamed } = renamed;
    expect(people.map(({ items }) => items)).toEqual([[grace, { ...joins, container: unnamed }]]);
  });

  test('the new name of a role, which only its holders tell, is told once', async () => {
    const container = { ...role, name: 'Editor' };
    const holders = ['ada', 'grace'].map((personId) => membershipChange({ ...read(2), personId, container }));

    const { containers } = await differences(holders, [], { source: auth0 });

    expect(containers).toMatchObject([{ kind: 'role', containerId: 'rol_1', name: 'Editor' }]);
  });
});
