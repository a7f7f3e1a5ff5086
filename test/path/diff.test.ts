import { expect, test } from 'vitest';
import type { Mirror } from '../../lib/aws/mirror.ts';
import type { MembershipChange, PersonChange } from '../../lib/directory/change.ts';
import { entryKey, newPerson } from '../../lib/directory/entry.ts';
import { foldPerson } from '../../lib/directory/fold.ts';
import { membershipsOf } from '../../lib/directory/graph.ts';
import { differences } from '../../lib/reconcile/diff.ts';
import { membershipChange, personChange, sourceConfig } from '../support/factories.ts';

const source = sourceConfig({ kind: 'auth0', organization: { org_1: 'acme' }, roles: { include: ['*'] } });
const organization = { kind: 'organization', id: 'org_1' } as const;
const role = { kind: 'role', id: 'rol_1', organization: 'org_1' } as const;
const minute = (n: number) => `2026-09-30T12:${String(n).padStart(2, '0')}:00.000Z`;
const foldAll = (changes: (PersonChange | MembershipChange)[], entry = newPerson('okta', 'ada')) =>
  changes.reduce(foldPerson, entry);

test('a role in an organization that somebody just left is not told by a list that lags behind', async () => {
  const entry = foldAll([
    personChange({ at: minute(0), profile: { name: 'Ada' } }),
    membershipChange({ at: minute(0), container: organization }),
    membershipChange({ at: minute(0), container: role }),
    membershipChange({ at: minute(2), container: organization, member: false }),
  ]);
  const read: Mirror['read'] = async (refs) =>
    new Map(refs.some(({ kind }) => kind === 'person') ? [[entryKey(entry), { entry, revision: 1 }]] : []);
  const listed = [
    personChange({ at: minute(3), profile: { name: 'Ada Lovelace' } }),
    membershipChange({ at: minute(3), container: organization }),
    membershipChange({ at: minute(3), container: role }),
  ];

  const deps = { mirror: { read } as Mirror, clock: () => Date.parse(minute(3)) };
  const { people } = await differences(listed, source, deps);

  const back = membershipChange({ at: minute(30), container: organization });
  const later = foldAll([...(people[0]?.changes ?? []), back] as MembershipChange[], entry);
  expect(later.profile.name?.value).toBe('Ada Lovelace');
  expect(membershipsOf(later, new Map())).toEqual([organization]);
});
