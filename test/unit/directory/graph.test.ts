import { describe, expect, test } from 'vitest';
import {
  type Change,
  type ContainerChange,
  type ContainerRef,
  containersOf,
  type NestingChange,
} from '../../../lib/directory/change.ts';
import {
  type ContainerEntry,
  containerKey,
  entryKey,
  newContainer,
  newPerson,
  parseContainerKey,
} from '../../../lib/directory/entry.ts';
import { foldContainer, foldPerson } from '../../../lib/directory/fold.ts';
import { membershipsOf } from '../../../lib/directory/graph.ts';
import { groupChange, membershipChange, personChange, second } from '../../support/factories.ts';

/** What Ada is a member of after these changes, whatever order they came in. */
function memberOf(...changes: Change[]): string[] {
  const [one, other] = [changes, changes.toReversed()].map((order) => {
    const containers = new Map<string, ContainerEntry>();
    let ada = newPerson('okta', 'ada');
    for (const change of order) {
      if ('personId' in change) ada = foldPerson(ada, change);
      if (change.kind === 'person') continue;
      for (const ref of containersOf(change)) {
        const container = containers.get(entryKey(ref)) ?? newContainer(ref);
        containers.set(entryKey(ref), foldContainer(container, change));
      }
    }
    return membershipsOf(ada, containers).map(containerKey).sort();
  });
  expect(other).toEqual(one);
  return one ?? [];
}

const refOf = (key: string): ContainerRef => parseContainerKey(key);
const joins = (at: number, key: string, ref: Partial<ContainerRef> = {}) =>
  membershipChange({ at: second(at), container: { ...refOf(key), ...ref } });
const leaves = (at: number, key: string) =>
  membershipChange({ at: second(at), container: refOf(key), member: false });
const ends = (at: number, kind: ContainerChange['kind'], containerId: string): ContainerChange => ({
  ...groupChange({ at: second(at), exists: false }),
  ...{ kind, containerId },
});
const nests = (at: number, child: string, key: string, member = true): NestingChange => {
  const { source, id } = groupChange();
  return {
    source,
    id,
    at: second(at),
    kind: 'nesting',
    child: refOf(child),
    container: refOf(key),
    member,
  };
};
const comesFrom = (at: number, ...connections: string[]) => personChange({ at: second(at), connections });

describe('a role in an organization', () => {
  test('is held in that organization only', () => {
    const roles = memberOf(
      joins(1, 'organization:a'),
      joins(1, 'organization:b'),
      joins(2, 'role:a/editor'),
      joins(2, 'role:b/editor'),
      leaves(3, 'role:a/editor'),
    );

    expect(roles).toEqual(['organization:a', 'organization:b', 'role:b/editor']);
  });

  test('waits until the membership in the organization is known', () => {
    expect(memberOf(joins(1, 'role:a/editor'))).toEqual([]);
    expect(memberOf(joins(1, 'role:a/editor'), joins(2, 'organization:a'))).toContain('role:a/editor');
  });

  test('is lost with the membership, and is not there again with it', () => {
    const life = [joins(1, 'organization:a'), joins(2, 'role:a/editor'), leaves(3, 'organization:a')];

    expect(memberOf(...life)).toEqual([]);
    expect(memberOf(...life, joins(4, 'organization:a'))).toEqual(['organization:a']);
    expect(memberOf(...life, joins(4, 'organization:a'), joins(5, 'role:a/editor'))).toEqual([
      'organization:a',
      'role:a/editor',
    ]);
  });

  test('is lost with the organization, also when that comes back', () => {
    const life = [joins(1, 'organization:a'), joins(2, 'role:a/editor'), ends(3, 'organization', 'a')];

    expect(memberOf(...life)).toEqual([]);
    expect(memberOf(...life, joins(4, 'organization:a'))).toEqual(['organization:a']);
  });

  test('is lost with the role in every organization', () => {
    const everywhere = ['a', 'b'].flatMap((id) => [
      joins(1, `organization:${id}`),
      joins(2, `role:${id}/editor`),
    ]);

    expect(memberOf(...everywhere, ends(3, 'role', 'editor'))).toEqual(['organization:a', 'organization:b']);
  });
});

describe('a group of one organization', () => {
  test('counts for members of the organization only', () => {
    const joined = joins(1, 'group:g', { organization: 'a' });

    expect(memberOf(joined, joins(1, 'organization:b'))).toEqual(['organization:b']);
    expect(memberOf(joined, joins(1, 'organization:a'))).toEqual(['group:g', 'organization:a']);
  });
});

describe('whoever is in a connection or a group', () => {
  test('is in everything that it is in, however deep', () => {
    const chain = [
      comesFrom(1, 'corp'),
      nests(2, 'connection:corp', 'group:g'),
      nests(2, 'group:g', 'role:a/editor'),
    ];

    expect(memberOf(...chain)).toEqual(['connection:corp', 'group:g']);
    expect(memberOf(...chain, joins(1, 'organization:a'))).toEqual([
      'connection:corp',
      'group:g',
      'organization:a',
      'role:a/editor',
    ]);
  });

  test('is out again with the link, whichever of its parts ends', () => {
    const linked = [comesFrom(1, 'corp'), nests(2, 'connection:corp', 'group:g')];

    const left = [
      nests(3, 'connection:corp', 'group:g', false),
      ends(3, 'group', 'g'),
      comesFrom(3),
      ends(3, 'connection', 'corp'),
      personChange({ at: second(3), exists: false }),
    ].map((end) => memberOf(...linked, end).filter((key) => key.startsWith('group')));

    expect(left).toEqual([[], [], [], [], []]);
  });

  test('has nothing of an older one of the same name', () => {
    const older = [nests(1, 'connection:corp', 'group:g'), ends(2, 'connection', 'corp')];

    expect(memberOf(...older, comesFrom(3, 'corp'))).toEqual(['connection:corp']);
  });

  test('keeps a membership of their own when the link ends', () => {
    const both = [comesFrom(1, 'corp'), nests(2, 'connection:corp', 'group:g'), joins(1, 'group:g')];

    expect(memberOf(...both, nests(3, 'connection:corp', 'group:g', false))).toContain('group:g');
  });

  test('is not looked for for ever where two are in each other', () => {
    const circle = [nests(1, 'group:g', 'group:h'), nests(1, 'group:h', 'group:g'), joins(2, 'group:g')];

    expect(memberOf(...circle)).toEqual(['group:g', 'group:h']);
  });
});

test('who was deleted has lost every membership, also when they come back', () => {
  const life = [
    joins(1, 'group:g'),
    joins(1, 'organization:a'),
    joins(1, 'role:a/editor'),
    comesFrom(1, 'corp'),
    personChange({ at: second(2), exists: false }),
    personChange({ at: second(3), exists: true }),
  ];

  expect(memberOf(...life)).toEqual([]);
  expect(memberOf(...life, joins(4, 'group:h'))).toEqual(['group:h']);
});
