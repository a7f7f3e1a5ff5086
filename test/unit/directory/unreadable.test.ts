import { describe, expect, test } from 'vitest';
import type { Change, PersonNews } from '../../../lib/directory/change.ts';
import { isUncertain } from '../../../lib/directory/desired.ts';
import { outlooksOf } from '../../../lib/directory/effect.ts';
import {
  type ContainerEntry,
  entryKey,
  newContainer,
  newPerson,
  newUnreadable,
} from '../../../lib/directory/entry.ts';
import { foldContainer, foldPerson } from '../../../lib/directory/fold.ts';
import { makePolicy, membershipChange, NOW, personChange, second } from '../../support/factories.ts';

const engineers = { source: 'okta', kind: 'group', id: 'engineers' } as const;
const role = { kind: 'role', id: 'editor', organization: 'org_1' } as const;
const nested = foldContainer(newContainer(engineers), {
  ...{ kind: 'nesting', source: 'okta', at: second(1), id: 'n', member: true },
  ...{ child: engineers, container: role },
});
const here = [personChange({ exists: true, profile: { name: 'Ada' } }), membershipChange()];
const policy = makePolicy();
const entryAfter = (...changes: Change[]) =>
  (changes as PersonNews[]).reduce(foldPerson, newPerson('okta', 'ada'));
const knownOf = (containers: ReturnType<typeof newUnreadable>[]) =>
  new Map(containers.map((container) => [entryKey(container), container as ContainerEntry]));

describe('what Velt should hold for somebody is uncertain', () => {
  test.each([
    ['while a group of theirs cannot be read', [newUnreadable(engineers)]],
    [
      'while a role of a group of theirs cannot be read',
      [nested, newUnreadable({ ...role, source: 'okta' })],
    ],
  ])('%s, and nothing would be done for them', (_what, containers) => {
    const entry = { ...entryAfter(...here), delivered: { ada: { '["other"]': { present: true } } } };
    const known = knownOf(containers);

    expect(isUncertain(entry, known, policy, NOW)).toBe(true);
    expect(outlooksOf([entry], known, policy, NOW).size).toBe(0);
  });

  test.each([
    ['while the group of somebody else cannot be read', 'other', []],
    ['of who was deleted', 'engineers', [personChange({ at: second(2), exists: false })]],
    ['of who is blocked', 'engineers', [personChange({ at: second(2), blocked: true })]],
    ['of who left the group', 'engineers', [membershipChange({ at: second(2), member: false })]],
  ])('and not %s', (_what, id, changes) => {
    const containers = knownOf([newUnreadable({ ...engineers, id })]);

    expect(isUncertain(entryAfter(...here, ...changes), containers, policy, NOW)).toBe(false);
  });
});
