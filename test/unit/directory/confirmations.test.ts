import { describe, expect, test } from 'vitest';
import type { Call, CallKind, Item } from '../../../lib/directory/calls.ts';
import {
  begin,
  dueAt,
  forgetGroup,
  type ItemOutcome,
  recordGroup,
  recordPerson,
} from '../../../lib/directory/confirmations.ts';
import { newContainer, newPerson, type PersonEntry, scopeKey } from '../../../lib/directory/entry.ts';
import { NOW } from '../../support/factories.ts';

const acme = { organizationId: 'acme' };
const eng = { organizationId: 'acme', groupId: 'eng' };
const MINUTE = 60_000;

const item: Item = { id: 'ada', owners: ['okta#person#ada'], digest: 'new' };
const member: Item = { id: 'ada', owners: ['okta#person#ada'] };
const callOf = (kind: CallKind, scope: Call['scope'] = acme): Call => ({ kind, scope, items: [] });
const refused = (prerequisite?: 'group' | 'user'): ItemOutcome => ({
  kind: 'refused',
  reason: 'no',
  ...(prerequisite && { prerequisite }),
});

const record = (entry: PersonEntry, call: Call, item: Item, outcome: ItemOutcome, now: number) =>
  recordPerson(entry, [{ call, item, outcome }], now);

const ada = newPerson('okta', 'ada');
const inAcme = record(ada, callOf('users.add'), { ...item, digest: 'old' }, { kind: 'done' }, NOW);
const inEng = record(inAcme, callOf('group.users.add', eng), member, { kind: 'done' }, NOW);
const at = (entry: PersonEntry, scope: Call['scope'] = acme) => entry.delivered.ada?.[scopeKey(scope)];

describe('what is begun', () => {
  test('owes both the call and its undoing until it is confirmed', () => {
    const begun = begin(ada, [
      { call: callOf('users.add'), item },
      { call: callOf('group.users.add', eng), item: member },
    ]);

    expect([at(begun), at(begun, eng)]).toEqual([{ present: false }, { present: false }]);
  });

  test('keeps that someone is there while a profile changes, and forgets which profile', () => {
    expect(at(begin(inAcme, [{ call: callOf('users.add'), item }]))).toEqual({ present: true });
  });

  test('doubts that someone is there as soon as the deletion starts', () => {
    expect(at(begin(inAcme, [{ call: callOf('users.delete'), item: member }]))).toEqual({ present: false });
  });

  test('keeps a refusal, so that a crash does not make it younger', () => {
    const before = record(ada, callOf('users.add'), item, refused(), NOW);

    const begun = begin(before, [{ call: callOf('users.add'), item }]);

    expect(at(begun)?.refusal).toEqual(at(before)?.refusal);
  });
});

describe('what Velt said of a person', () => {
  test.each([
    ['an add that is done has its profile', 'users.add', { kind: 'done' }, { present: true, digest: 'new' }],
    ['an add of who exists owes the profile', 'users.add', { kind: 'exists' }, { present: true }],
    [
      'an update that is done has its profile',
      'users.update',
      { kind: 'done' },
      { present: true, digest: 'new' },
    ],
    ['a deletion that is done leaves no trace', 'users.delete', { kind: 'done' }, undefined],
  ] as const)('is on record: %s', (_what, kind, outcome, delivery) => {
    expect(at(record(inAcme, callOf(kind), item, outcome, NOW))).toEqual(delivery);
  });

  test.each([
    ['an add', callOf('users.add'), item, { present: true, digest: 'new' }],
    ['a member', callOf('group.users.add', eng), member, { present: true }],
    ['a deletion', callOf('users.delete'), member, undefined],
  ] as const)(
    'is open and due when it names nobody, and believed the second time of whom is alone in the call: %s',
    (_what, call, of, then) => {
      const begun = begin(ada, [{ call, item: of }]);

      const once = record(begun, call, of, { kind: 'unproven' }, NOW);
      const again = (item: Item) =>
        record(begin(once, [{ call, item }]), call, item, { kind: 'unproven' }, NOW);
      const [inCompany, alone] = [again(of), again({ ...of, isAlone: true })];

      expect(at(once, call.scope)).toMatchObject({ present: false });
      expect([once, inCompany, alone].map((entry) => dueAt(entry, NOW))).toEqual([
        ...[NOW + 15 * MINUTE, NOW + 15 * MINUTE],
        undefined,
      ]);
      expect(at(inCompany, call.scope)).toEqual(at(once, call.scope));
      expect(at(alone, call.scope)).toEqual(then);
    },
  );

  test('leaves the profile of whom Velt knew to an update, where an add names nobody twice', () => {
    const call = callOf('users.add');
    const alone: Item = { ...item, isAlone: true };
    const once = record(inAcme, call, item, { kind: 'unproven' }, NOW);

    const twice = record(once, call, alone, { kind: 'unproven' }, NOW);
    const updated = record(twice, callOf('users.update'), alone, { kind: 'unproven' }, NOW);

    expect(at(twice)).toEqual({ present: true, unproven: 'users.add new' });
    expect(dueAt(twice, NOW)).toBe(NOW + 15 * MINUTE);
    expect(at(updated)).toEqual({ present: true, digest: 'new' });
  });

  test('is believed of an update the second time, though each time the add finds the user there', () => {
    const round = (entry: PersonEntry, item: Item) =>
      record(
        record(
          begin(entry, [{ call: callOf('users.add'), item }]),
          callOf('users.add'),
          item,
          { kind: 'exists' },
          NOW,
        ),
        ...([callOf('users.update'), item, { kind: 'unproven' } as const, NOW] as const),
      );
    const once = round(ada, item);

    expect([at(once)?.digest, at(round(once, { ...item, isAlone: true }))]).toEqual([
      undefined,
      { present: true, digest: 'new' },
    ]);
  });

  test('is not believed for what it said of another call', () => {
    const added = record(ada, callOf('users.add'), item, { kind: 'unproven' }, NOW);

    const left = record(added, callOf('users.delete'), member, { kind: 'unproven' }, NOW);

    expect(at(left)).toMatchObject({ present: false });
  });

  test('leaves other scopes alone', () => {
    const left = record(inEng, callOf('group.users.delete', eng), member, { kind: 'done' }, NOW);

    expect([at(left), at(left, eng)]).toEqual([{ present: true, digest: 'old' }, undefined]);
    expect(at(inEng, eng)).toEqual({ present: true });
  });

  test('doubts the organization when Velt misses the user in a group', () => {
    const doubtful = record(inAcme, callOf('group.users.add', eng), member, refused('user'), NOW);

    expect(at(doubtful)).toEqual({ present: false });
    expect(at(doubtful, eng)).toMatchObject({ present: false, refusal: { reason: 'no' } });
  });

  test('keeps what was confirmed before a refusal', () => {
    expect(at(record(inAcme, callOf('users.add'), item, refused(), NOW))).toMatchObject({
      present: true,
      digest: 'old',
    });
  });

  test('forgets a refusal once it is done', () => {
    const before = record(ada, callOf('users.add'), item, refused(), NOW);

    const after = record(before, callOf('users.add'), item, { kind: 'done' }, NOW);

    expect(at(after)).toEqual({ present: true, digest: 'new' });
  });
});

describe('a refusal', () => {
  const refuseTimes = (times: number) => {
    let entry = ada;
    for (let n = 0; n < times; n += 1) entry = record(entry, callOf('users.add'), item, refused(), NOW);
    return at(entry)?.refusal;
  };

  test.each([
    [1, 5 * MINUTE],
    [2, 10 * MINUTE],
    [3, 20 * MINUTE],
    [20, 24 * 60 * MINUTE],
    [2_000, 24 * 60 * MINUTE],
  ])('that happened %s times waits %s ms', (attempts, wait) => {
    expect(refuseTimes(attempts)).toMatchObject({ attempts, dueAt: NOW + wait });
  });

  test('is of its kind of call and content, and an update is the end of an add', () => {
    const [add, update, removal] = (['users.add', 'users.update', 'users.delete'] as const).map(
      (kind) => at(record(ada, callOf(kind), item, refused(), NOW))?.refusal?.content,
    );

    expect(update).toBe(add);
    expect(removal).not.toBe(add);
  });

  test('of attributes is of somebody who is there without them, and due as any other', () => {
    const partly: ItemOutcome = { kind: 'partly', reason: 'no', attributes: ['email'] };

    const entry = record(ada, callOf('users.add'), item, partly, NOW);

    const refusal = { reason: 'no', attributes: ['email'], attempts: 1, content: 'users.add new' };
    expect(at(entry)).toEqual({ present: true, refusal: { ...refusal, dueAt: NOW + 5 * MINUTE } });
    expect(dueAt(entry, NOW)).toBe(NOW + 5 * MINUTE);
  });

  test('of attributes inside of an organization is on record there', () => {
    const partly: ItemOutcome = { kind: 'partly', reason: 'no', attributes: ['email'] };
    const folder = { organizationId: 'acme', folderId: 'f' };

    const entry = record(ada, callOf('users.add', folder), member, partly, NOW);

    expect(at(entry, folder)).toEqual({ present: true });
  });
});

describe('a group', () => {
  const group = newContainer({ source: 'okta', kind: 'group', id: 'eng' });

  test('is known to Velt organization by organization', () => {
    const known = recordGroup(group, 'acme', item, { kind: 'done' }, NOW);

    const both = recordGroup(known, 'globex', item, refused(), NOW);

    expect(both.delivered).toMatchObject({
      acme: { present: true, digest: 'new' },
      globex: { present: false, refusal: { reason: 'no' } },
    });
  });

  test('is in doubt where Velt says that it does not know it', () => {
    const known = recordGroup(group, 'acme', item, { kind: 'done' }, NOW);

    expect(forgetGroup(known, 'acme').delivered).toEqual({ acme: { present: false } });
  });
});

describe('the sweep', () => {
  test('never looks at who is delivered', () => {
    expect([dueAt(ada, NOW), dueAt(inEng, NOW)]).toEqual([undefined, undefined]);
  });

  test.each([
    ['was begun and not confirmed', begin(ada, [{ call: callOf('users.add'), item }]), 15],
    [
      'existed, and keeps an old profile',
      record(ada, callOf('users.add'), item, { kind: 'exists' }, NOW),
      15,
    ],
    ['was refused', record(inAcme, callOf('users.add'), item, refused(), NOW), 5],
  ])('looks again at who %s', (_what, entry, minutes) => {
    expect(dueAt(entry, NOW)).toBe(NOW + minutes * MINUTE);
  });

  test.each([
    ['when the access of somebody at Velt expires', inAcme, NOW + 9 * MINUTE, NOW + 9 * MINUTE],
    ['soon where it has, and they still are', inAcme, NOW, NOW + 15 * MINUTE],
    ['never where they are not at Velt', ada, NOW + 9 * MINUTE, undefined],
  ])('looks %s', (_when, entry, expiresAt, expected) => {
    const fact = { value: new Date(expiresAt).toISOString(), version: 'any' };

    expect(dueAt({ ...entry, profile: { ...entry.profile, expiresAt: fact } }, NOW)).toBe(expected);
  });

  test('looks at whom Velt refuses to let go no sooner for it', () => {
    const fact = { value: new Date(NOW - MINUTE).toISOString(), version: 'any' };
    const kept = record(inAcme, callOf('users.delete'), item, refused(), NOW);

    expect(dueAt({ ...kept, profile: { expiresAt: fact } }, NOW)).toBe(NOW + 5 * MINUTE);
  });

  test('looks at whatever comes first', () => {
    const twice = record(
      begin(inAcme, [{ call: callOf('group.users.add', eng), item: member }]),
      callOf('users.add'),
      item,
      refused(),
      NOW,
    );

    expect(dueAt(twice, NOW)).toBe(NOW + 5 * MINUTE);
  });

  test('looks again at a group whose members were not all queued', () => {
    const group = newContainer({ source: 'okta', kind: 'group', id: 'eng' });

    expect(dueAt(group, NOW)).toBeUndefined();
    expect(dueAt({ ...group, membersDue: true }, NOW)).toBe(NOW + 15 * MINUTE);
  });
});
