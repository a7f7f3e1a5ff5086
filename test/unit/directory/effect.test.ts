import { describe, expect, test } from 'vitest';
import { desired } from '../../../lib/directory/desired.ts';
import { meansTheSame, meansTheSameContainer, outlooksOf, takesAway } from '../../../lib/directory/effect.ts';
import {
  type ContainerEntry,
  entryKey,
  newContainer,
  newPerson,
  type PersonEntry,
  scopeKey,
} from '../../../lib/directory/entry.ts';
import { foldContainer, foldPerson } from '../../../lib/directory/fold.ts';
import {
  groupChange,
  makePolicy,
  membershipChange,
  NOW,
  personChange,
  second,
} from '../../support/factories.ts';

const config = makePolicy();
const here = personChange({ exists: true, active: true, profile: { name: 'Ada', email: 'ada@example.com' } });
const engineers = foldContainer(
  newContainer({ source: 'okta', kind: 'group', id: 'engineers' }),
  groupChange({ exists: true }),
);
const containers = new Map<string, ContainerEntry>([
  [entryKey(engineers), { ...engineers, delivered: { acme: { present: true, digest: 'engineers' } } }],
]);
const nowhere = { before: new Map(), after: new Map() };

const ada = foldPerson(newPerson('okta', 'ada'), here);
const member = foldPerson(ada, membershipChange());

/** As Velt confirmed everything that somebody should have. */
function delivered(entry: PersonEntry, policy = config): PersonEntry {
  const { user, digest, scopes } = desired(entry, containers, policy, NOW) ?? {};
  if (!user || !scopes) throw new Error('nothing is desired');
  const known = [...scopes].map(([key, scope]) => [
    key,
    { present: true, ...(key === scopeKey({ organizationId: scope.organizationId }) && { digest }) },
  ]);
  return { ...entry, delivered: { [user.userId]: Object.fromEntries(known) } };
}

const effectOf = (entry: PersonEntry, policy = config) =>
  outlooksOf([entry], containers, policy, NOW).get('okta#person#ada')?.effect;
const none = { adds: 0, updates: 0, joins: 0, removes: 0, leaves: 0 };

describe('what the next delivery would do', () => {
  test.each([
    ['somebody new is added', ada, { adds: 1 }],
    ['somebody new in a group is added and joins it', member, { adds: 1, joins: 1 }],
    [
      'another name is an update',
      foldPerson(delivered(ada), personChange({ at: second(2), profile: { name: 'Eve' } })),
      { updates: 1 },
    ],
    ['a new membership is one to join', foldPerson(delivered(ada), membershipChange()), { joins: 1 }],
    [
      'an end of a membership is one to leave',
      foldPerson(delivered(member), membershipChange({ at: second(2), member: false })),
      { leaves: 1 },
    ],
    [
      'a leaver is removed, and leaves their group',
      foldPerson(delivered(member), personChange({ at: second(2), exists: false })),
      { removes: 1, leaves: 1 },
    ],
  ])('%s', (_what, entry, effect) => {
    expect(effectOf(entry)).toEqual({ ...none, ...effect });
  });

  test.each([
    ['the organization', { access: [{ group: 'engineers', role: 'viewer' }] }],
    ['a folder', { grants: [{ folderId: 'f', role: 'viewer' }] }],
  ])('of another role in %s is an update, and takes nothing away', (_where, source) => {
    const known = delivered(member, makePolicy({ grants: [{ folderId: 'f' }] }));

    const effect = effectOf(known, makePolicy({ grants: [{ folderId: 'f' }], ...source }));

    expect(effect).toEqual({ ...none, updates: 1 });
  });

  test('is nothing for whom Velt has as they are', () => {
    expect(effectOf(delivered(member))).toBeUndefined();
  });

  test.each([
    [{ ...none, removes: 1 }, true],
    [{ ...none, leaves: 1 }, true],
    [{ ...none, adds: 1, updates: 1, joins: 1 }, false],
  ])('%j takes something away: %s', (effect, takes) => {
    expect(takesAway(effect)).toBe(takes);
  });
});

describe('two states of a person', () => {
  test('mean the same when only the times differ', () => {
    const later = foldPerson(newPerson('okta', 'ada'), { ...here, at: second(9) });

    expect(meansTheSame(ada, later, nowhere)).toBe(true);
  });

  test('mean the same when one remembers a membership that ended', () => {
    const former = foldPerson(member, membershipChange({ at: second(2), member: false }));

    expect(meansTheSame(ada, former, nowhere)).toBe(true);
  });

  test.each([
    ['a name', foldPerson(ada, personChange({ at: second(2), profile: { name: 'Eve' } }))],
    ['a cleared address', foldPerson(ada, personChange({ at: second(2), profile: { email: null } }))],
    ['a block', foldPerson(ada, personChange({ at: second(2), blocked: true }))],
    ['a deactivation', foldPerson(ada, personChange({ at: second(2), active: false }))],
    ['a deletion', foldPerson(ada, personChange({ at: second(2), exists: false }))],
    ['a connection', foldPerson(ada, personChange({ at: second(2), connections: ['saml'] }))],
    ['a membership', member],
  ])('differ by %s', (_what, other) => {
    expect(meansTheSame(ada, other, nowhere)).toBe(false);
  });

  test('differ by the end of a group that one of them was in before', () => {
    const ended = foldContainer(engineers, groupChange({ at: second(3), exists: false }));

    const same = meansTheSame(member, member, {
      before: containers,
      after: new Map([[entryKey(ended), ended]]),
    });

    expect(same).toBe(false);
  });
});

describe('two states of a group', () => {
  test('mean the same when only the times differ', () => {
    expect(
      meansTheSameContainer(
        engineers,
        foldContainer(engineers, groupChange({ at: second(5), exists: true })),
      ),
    ).toBe(true);
  });

  test.each([
    ['a name', groupChange({ at: second(5), name: 'Engineers' })],
    ['its end', groupChange({ at: second(5), exists: false })],
  ])('differ by %s', (_what, change) => {
    expect(meansTheSameContainer(engineers, foldContainer(engineers, change))).toBe(false);
  });

  test('differ when nobody knew it', () => {
    expect(meansTheSameContainer(undefined, engineers)).toBe(false);
  });
});
