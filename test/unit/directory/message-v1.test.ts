import { expect, test } from 'vitest';
import { readMessage } from '../../../lib/directory/message-v1.ts';
import { personChange, recheck, second } from '../../support/factories.ts';

const base = { v: 1, kind: 'person', source: 'okta', personId: 'ada', at: second(1) };
const upgraded = (change: object) => readMessage({ v: 1, changes: [{ ...base, ...change }] }).items;

test('a message of version 2 is read as it is', () => {
  const changes = [personChange({ exists: true }), recheck()];

  expect(readMessage({ v: 2, changes }).items).toEqual(changes);
});

test.each([1, 2])('a message of version %i keeps what it says in words of a newer version', (v) => {
  const told = { ...personChange({ exists: true }), ofNextVersion: true };

  expect(readMessage({ v, changes: [{ ...told, ...(v === 1 && { v }) }] }).items).toEqual([told]);
});

test('a message of any other version is refused', () => {
  expect(() => readMessage({ v: 3, changes: [personChange()] })).toThrow();
});

test('what an event said in version 1 keeps its id', () => {
  expect(upgraded({ id: 'event-1', exists: true })).toEqual([personChange({ exists: true })]);
});

test('what was read in version 1 is known by when it was asked for', () => {
  expect(upgraded({ id: `read ${second(3)}`, exists: true })).toEqual([
    personChange({ exists: true, id: undefined, askedAt: second(3) }),
  ]);
});

test('a person of version 1 who was to be read, and was said to be deactivated, is a fact and a recheck', () => {
  expect(upgraded({ id: 'event-1', active: false, read: 'person' })).toEqual([
    personChange({ active: false }),
    recheck({ read: 'alone' }),
  ]);
});

test.each([
  [
    'that a Velt user is doubtful',
    { id: 'x', doubted: 'ada@example.com' },
    { reason: 'shared-user', userId: 'ada@example.com' },
  ],
  [
    'that a stranger is adopted',
    { id: 'read-back', adopted: 'acme' },
    { reason: 'stranger', organizationId: 'acme' },
  ],
  ['no fact', { id: 'sweep' }, { reason: 'sweep' }],
] as const)('a person of version 1 who said %s is a recheck', (_, said, asked) => {
  expect(upgraded(said)).toEqual([recheck(asked)]);
});

test('a container of version 1 without a fact is a recheck of it', () => {
  const change = {
    v: 1,
    kind: 'group',
    source: 'okta',
    containerId: 'engineers',
    at: second(1),
    id: 'sweep',
  };

  expect(readMessage({ v: 1, changes: [change] }).items).toEqual([
    recheck({ of: { kind: 'group', id: 'engineers' }, reason: 'sweep', read: 'alone' }),
  ]);
});
