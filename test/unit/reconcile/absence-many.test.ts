import { expect, test } from 'vitest';
import { type ContainerEntry, entryKey, newContainer, newPerson } from '../../../lib/directory/entry.ts';
import { foldAll } from '../../../lib/directory/fold.ts';
import { createHashSet } from '../../../lib/directory/hash-set.ts';
import { absenceOf } from '../../../lib/reconcile/absence.ts';
import { noteListed } from '../../../lib/reconcile/listed.ts';
import { makePolicy, membershipChange, NOW, personChange } from '../../support/factories.ts';

/** How often a container is looked up for somebody who is listed, and in none of so many groups. */
function lookupsFor(count: number): number {
  let lookups = 0;
  class Counted extends Map<string, ContainerEntry> {
    override get(key: string) {
      lookups += 1;
      return super.get(key);
    }
  }
  const groups = Array.from({ length: count }, (_, n) => ({ kind: 'group' as const, id: `g${n}` }));
  const around = new Counted(
    groups
      .map((group) => newContainer({ source: 'okta', ...group }))
      .map((entry) => [entryKey(entry), entry]),
  );
  const ada = personChange({ exists: true, profile: { name: 'Ada' } });
  const joins = groups.map((container) => membershipChange({ container }));
  const listed = createHashSet();
  noteListed(ada, listed);
  const listing = {
    run: { source: 'okta', startedAt: new Date(NOW).toISOString() },
    ...{ listed, directory: { covers: ['group' as const] }, policy: makePolicy() },
  };
  const entry = foldAll(newPerson('okta', 'ada'), [ada, ...joins]);

  const { ask } = absenceOf(entry, { around, ahead: around }, listing, NOW);

  expect(ask).toBe(`not listed in ${count} of their groups`);
  return lookups;
}

test('somebody who is in none of many groups any more costs as many look-ups as there are groups, times a few', () => {
  expect(lookupsFor(400)).toBe(2 * lookupsFor(200));
});
