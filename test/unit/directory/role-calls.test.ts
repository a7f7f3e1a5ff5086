import { describe, expect, test } from 'vitest';
import { type Candidate, plan } from '../../../lib/directory/calls.ts';
import { newPerson, PersonEntry, type Scope, scopeKey } from '../../../lib/directory/entry.ts';
import type { Role } from '../../../lib/directory/roles.ts';
import { NOW } from '../../support/factories.ts';

const acme: Scope = { organizationId: 'acme' };
const deals: Scope = { organizationId: 'acme', folderId: 'deals' };

/** Somebody who should have these roles (or none), each in its place, and of whom this much is known there. */
function candidate(
  source: string,
  places: [Scope, Role | undefined, object?][],
  userId = 'ada',
  digest = 'd',
): Candidate {
  const known = places.flatMap(([scope, , it]) => (it ? [[scopeKey(scope), it]] : []));
  return {
    entry: PersonEntry.parse({
      ...newPerson(source, userId),
      delivered: { [userId]: Object.fromEntries(known) },
    }),
    desired: {
      user: { userId, name: userId },
      digest,
      isShared: false,
      scopes: new Map(places.map(([scope]) => [scopeKey(scope), scope])),
      roles: new Map(places.flatMap(([scope, role]) => (role ? [[scopeKey(scope), role] as const] : []))),
    },
  };
}

const planned = (...people: Candidate[]) => plan(people, [], new Map(), { batchSize: 50, now: NOW });
const told = (...people: Candidate[]) =>
  planned(...people).map(({ kind, scope, items }) => [
    `${kind} ${Object.values(scope).join('/')}`,
    items.map(({ id, role }) => `${id} ${role}`),
  ]);

const DONE = { present: true, digest: 'd viewer', role: 'told' };

describe('the calls of a plan for roles', () => {
  test('are adds for who comes, then updates, in the organization before what is in it', () => {
    const ada = candidate('okta', [
      [acme, 'editor', DONE],
      [deals, 'editor', { present: true, digest: 'viewer', role: 'told' }],
    ]);
    const bob = candidate(
      'okta',
      [
        [acme, 'viewer'],
        [deals, 'viewer'],
      ],
      'bob',
    );

    expect(told(ada, bob)).toEqual([
      ['users.add acme', ['bob viewer']],
      ['users.update acme', ['ada editor']],
      ['users.add acme/deals', ['bob viewer']],
      ['users.update acme/deals', ['ada editor']],
    ]);
  });

  test('are none where all of it is confirmed', () => {
    expect(told(candidate('okta', [[acme, 'viewer', DONE]]))).toEqual([]);
  });

  test('wait as long as the same role was refused, and no longer', () => {
    const refusal = { reason: 'no', attempts: 1, content: 'users.add d editor', dueAt: NOW + 1 };
    const before = { ...DONE, refusal };

    expect(told(candidate('okta', [[acme, 'editor', before]]))).toEqual([]);
    const other = { ...before, refusal: { ...refusal, content: 'users.add d owner' } };
    expect(told(candidate('okta', [[acme, 'editor', other]]))).toEqual([
      ['users.update acme', ['ada editor']],
    ]);
  });

  test.each([
    ['first', true],
    ['second', false],
  ])('tell the role of two people who are one user where only the %s has one', (_which, isFirst) => {
    const place = [deals, 'viewer'] as [Scope, Role];
    const both = [
      candidate('okta', [[acme, undefined, { present: true, digest: 'd' }], place]),
      candidate('partners', [
        [acme, undefined, { present: true, digest: 'd' }],
        [deals, undefined],
      ]),
    ];

    const [call] = planned(...(isFirst ? both : both.reverse()));

    expect(call?.items).toMatchObject([
      { id: 'ada', role: 'viewer', digest: 'viewer', digests: { 'okta#person#ada': 'viewer' } },
    ]);
  });

  test('have an update after them where one of two who are one user may be there', () => {
    const sure = candidate('okta', [[acme, 'viewer', { ...DONE, digest: 'old viewer' }]]);
    const unsure = candidate('partners', [[acme, 'viewer', { present: false }]]);

    expect(planned(sure, unsure)[0]?.items).toMatchObject([{ id: 'ada', mayBeThere: true }]);
    expect(planned(sure)[0]?.items[0]).not.toHaveProperty('mayBeThere');
  });
});
