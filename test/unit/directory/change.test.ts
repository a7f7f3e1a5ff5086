import { describe, expect, test } from 'vitest';
import { Change, Message, type NestingChange, shardOf } from '../../../lib/directory/change.ts';
import { groupChange, membershipChange, personChange, recheck, second } from '../../support/factories.ts';

const nesting: NestingChange = {
  ...{ kind: 'nesting', source: 'okta', at: second(1), id: 'event-1', member: true },
  child: { kind: 'group', id: 'engineers' },
  container: { kind: 'role', id: 'editor', organization: 'org_1' },
};

describe('a shard', () => {
  test('is the same for everything about one person, and another source may differ', () => {
    const person = shardOf(personChange(), 1000);

    expect(shardOf(membershipChange(), 1000)).toBe(person);
    expect(shardOf(personChange({ source: 'auth0' }), 1000)).not.toBe(person);
  });

  test('is that of the group for what is about a group', () => {
    expect(shardOf(groupChange(), 1000)).toBe(shardOf(groupChange({ name: 'Renamed' }), 1000));
    expect(shardOf(groupChange(), 1000)).toBe(shardOf(nesting, 1000));
    expect(shardOf(groupChange(), 1000)).not.toBe(shardOf(groupChange({ containerId: 'sales' }), 1000));
  });

  test('is one of those asked for, and none stays empty', () => {
    const shards = Array.from({ length: 400 }, (_, n) => shardOf(personChange({ personId: `p${n}` }), 16));

    expect(new Set(shards)).toEqual(new Set(Array.from({ length: 16 }, (_, n) => n)));
  });
});

describe('a message', () => {
  test.each([
    ['another version', { v: 3, changes: [personChange()] }],
    ['no change', { v: 2, changes: [] }],
    ['a time of another form', { v: 2, changes: [personChange({ at: '2026-09-01T09:00:00Z' })] }],
    ['an empty person id', { v: 2, changes: [personChange({ personId: '' })] }],
  ])('is refused for %s', (_what, message) => {
    expect(Message.safeParse(message).success).toBe(false);
  });

  test.each([
    ['a person', personChange({ exists: true, profile: { name: null, email: 'ada@example.com' } })],
    ['a membership', membershipChange({ member: false })],
    ['a group', groupChange({ exists: false })],
    ['a group that has a role', nesting],
    ['where a person comes from', personChange({ connections: ['corp'] })],
    ['what was read', personChange({ id: undefined, askedAt: second(2), exists: true })],
    ['nothing: a recheck', recheck({ reason: 'absence', read: 'memberships', rolesIn: ['org_1'] })],
  ])('carries a change of %s', (_what, change) => {
    expect(Message.parse({ v: 2, changes: [change] }).changes).toEqual([change]);
  });

  test('carries no id that the mirror could not use as a key of 1024 bytes', () => {
    const widest = '山'.repeat(300);

    expect(Change.safeParse(personChange({ personId: widest })).success).toBe(true);
    expect(Buffer.byteLength(`member#${widest}`)).toBeLessThanOrEqual(1024);
    expect(Change.safeParse(personChange({ personId: `${widest}山` })).success).toBe(false);
  });
});
