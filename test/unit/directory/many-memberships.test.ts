import { describe, expect, test } from 'vitest';
import { desired } from '../../../lib/directory/desired.ts';
import { type ContainerEntry, entryKey, newContainer, newPerson } from '../../../lib/directory/entry.ts';
import { foldAll } from '../../../lib/directory/fold.ts';
import { makePolicy, membershipChange, NOW, personChange, second } from '../../support/factories.ts';

const joinsOf = (count: number) =>
  Array.from({ length: count }, (_, n) =>
    membershipChange({ container: { kind: 'group', id: `g${n}` }, at: second(1) }),
  );
const ada = personChange({ exists: true, profile: { name: 'Ada' } });

/** Containers, and how often one of them was looked up. */
class CountedContainers extends Map<string, ContainerEntry> {
  lookups = 0;
  override get(key: string) {
    this.lookups += 1;
    return super.get(key);
  }
}

function lookupsFor(count: number): number {
  const containers = new CountedContainers();
  for (const { container } of joinsOf(count)) {
    const entry = {
      ...newContainer({ source: 'okta', ...container }),
      name: { value: 'G', version: second(1) },
    };
    containers.set(entryKey(entry), entry);
  }
  const entry = foldAll(newPerson('okta', 'ada'), [ada, ...joinsOf(count)]);
  desired(entry, containers, makePolicy({ grants: [{ group: 'G', folderId: 'f' }] }), NOW);
  return containers.lookups;
}

describe('somebody of whom many memberships are told at once', () => {
  test('has what they are a member of copied once, and those who knew them before see nothing of it', () => {
    const before = foldAll(newPerson('okta', 'ada'), [ada]);
    const copies = new Set<object>();

    const after = foldAll(before, joinsOf(1_500), (_change, { memberships }) => {
      copies.add(memberships);
      return true;
    });

    expect(copies.size).toBe(2);
    expect([before, after].map(({ memberships }) => Object.keys(memberships).length)).toEqual([0, 1_500]);
  });

  test('is the same person where nothing of it is new', () => {
    const entry = foldAll(newPerson('okta', 'ada'), [ada, ...joinsOf(3)]);

    expect(foldAll(entry, [ada, ...joinsOf(3)])).toBe(entry);
  });

  test('costs twice as many look-ups of groups for twice as many memberships', () => {
    expect(lookupsFor(400)).toBe(2 * lookupsFor(200));
  });
});
