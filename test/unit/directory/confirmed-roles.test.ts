import { describe, expect, test } from 'vitest';
import type { Call, CallKind, Item } from '../../../lib/directory/calls.ts';
import {
  begin,
  dueAt,
  forgetUser,
  type ItemOutcome,
  recordPerson,
} from '../../../lib/directory/confirmations.ts';
import { newPerson, PersonEntry, type Scope, scopeKey } from '../../../lib/directory/entry.ts';
import { NOW } from '../../support/factories.ts';

const acme: Scope = { organizationId: 'acme' };
const deals: Scope = { organizationId: 'acme', folderId: 'deals' };
const eng: Scope = { organizationId: 'acme', groupId: 'eng' };
const elsewhere: Scope = { organizationId: 'globex' };
const callOf = (kind: CallKind, scope: Scope): Call => ({ kind, scope, items: [] });
const itemOf = (digest: string): Item => ({ id: 'ada', owners: [], digest, role: 'viewer' });
const [IN_ACME, IN_DEALS] = [itemOf('d viewer'), itemOf('viewer')];

const ada = newPerson('okta', 'ada');
const holding = (...known: [Scope, object][]) =>
  PersonEntry.parse({
    ...ada,
    delivered: { ada: Object.fromEntries(known.map(([scope, it]) => [scopeKey(scope), it])) },
  });
const at = (entry: PersonEntry, scope: Scope = acme) => entry.delivered.ada?.[scopeKey(scope)];
const answered = (entry: PersonEntry, kind: CallKind, scope: Scope, outcome: ItemOutcome) =>
  recordPerson(
    entry,
    [{ call: callOf(kind, scope), item: scope === acme ? IN_ACME : IN_DEALS, outcome }],
    NOW,
  );

describe('a role that is begun', () => {
  test.each<[string, Scope, object | undefined, object]>([
    ['may be told of whom nothing was on record', acme, undefined, { present: false, role: 'told' }],
    [
      'leaves the profile sure where that stays',
      acme,
      { present: true, digest: 'd' },
      { present: true, digest: 'd', role: 'told' },
    ],
    [
      'leaves nothing sure in a folder',
      deals,
      { present: true, digest: 'editor', role: 'told' },
      { present: true, role: 'told' },
    ],
  ])('%s', (_what, scope, before, after) => {
    const entry = before ? holding([scope, before]) : ada;

    const begun = begin(entry, [
      { call: callOf('users.update', scope), item: scope === acme ? IN_ACME : IN_DEALS },
    ]);

    expect(at(begun, scope)).toEqual(after);
  });

  test.each<[string, Scope, object, boolean]>([
    ['a role that is not confirmed is', acme, { present: true, digest: 'd', role: 'told' }, true],
    ['one in a folder is', deals, { present: true, role: 'told' }, true],
    ['a confirmed one is not', acme, { present: true, digest: 'd viewer', role: 'told' }, false],
    ['a confirmed one in a folder is not', deals, { present: true, digest: 'viewer', role: 'told' }, false],
    ['a folder without roles is not', deals, { present: true }, false],
  ])('is looked after by the sweep: %s', (_what, scope, known, isDue) => {
    expect(dueAt(holding([scope, known]), NOW) !== undefined).toBe(isDue);
  });
});

describe('a role that Velt answered about', () => {
  const begun = holding(
    [acme, { present: true, digest: 'd', role: 'told' }],
    [deals, { present: true, role: 'told' }],
  );

  test('is confirmed with the profile, and alone in a folder', () => {
    const done = { kind: 'done' } as const;

    expect(at(answered(begun, 'users.update', acme, done))).toEqual({
      ...{ present: true, digest: 'd viewer', role: 'told' },
    });
    expect(at(answered(begun, 'users.update', deals, done), deals)).toEqual({
      ...{ present: true, digest: 'viewer', role: 'told' },
    });
  });

  test('is confirmed in a folder where attributes were refused, and open in an organization', () => {
    const partly: ItemOutcome = { kind: 'partly', reason: 'no', attributes: ['email'] };

    expect(at(answered(begun, 'users.add', deals, partly), deals)).toEqual({
      ...{ present: true, digest: 'viewer', role: 'told' },
    });
    expect(at(answered(begun, 'users.add', acme, partly))).toMatchObject({
      ...{ present: true, role: 'told', refusal: { attributes: ['email'] } },
    });
    expect(at(answered(begun, 'users.add', acme, partly))?.digest).toBeUndefined();
  });

  test('of nobody puts all of theirs in that organization in doubt, and nothing elsewhere', () => {
    const member = { present: true };
    const known = holding(
      [acme, { present: true, digest: 'd', role: 'told' }],
      [deals, { present: true, digest: 'viewer', role: 'told' }],
      [eng, member],
      [elsewhere, { present: true, digest: 'd' }],
    );
    const nobody = { kind: 'refused', reason: 'User does not exist.', prerequisite: 'user' } as const;

    const doubted = answered(known, 'users.update', acme, nobody);

    expect(at(doubted)).toMatchObject({ present: false, role: 'told', refusal: { attempts: 1 } });
    expect(at(doubted)?.digest).toBeUndefined();
    expect([at(doubted, deals), at(doubted, eng), at(doubted, elsewhere)]).toEqual([
      { present: false, role: 'told' },
      { present: false },
      { present: true, digest: 'd' },
    ]);
  });

  test.each([
    ['open where somebody may have had another', { mayBeThere: true } as const, undefined],
    ['confirmed where nobody can have', {}, 'd viewer'],
  ])('that is twice unproven by the same answer is %s', (_what, more, digest) => {
    const answers = [{}, { isAlone: true as const }].map((again) => ({
      ...{ call: callOf('users.add', acme), item: { ...IN_ACME, ...more, ...again } },
      outcome: { kind: 'unproven' } as const,
    }));

    const after = recordPerson(holding([acme, { present: false, role: 'told' }]), answers, NOW);

    expect(at(after)).toMatchObject({ present: true, role: 'told' });
    expect(at(after)?.digest).toBe(digest);
  });

  test('was told once for ever, whatever else is forgotten', () => {
    expect(at(forgetUser(begun, 'ada'), deals)).toEqual({ present: false, role: 'told' });
  });
});
