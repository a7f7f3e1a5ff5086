import { describe, expect, test } from 'vitest';
import { Run } from '../../../lib/aws/runs.ts';
import { Message } from '../../../lib/directory/change.ts';
import { ContainerEntry, PersonEntry } from '../../../lib/directory/entry.ts';
import { foldContainer, foldPerson } from '../../../lib/directory/fold.ts';
import { groupChange, membershipChange, personChange, recheck, second } from '../../support/factories.ts';
import { withUnknownFields } from '../../support/newer.ts';

const fact = <T>(value: T) => ({ value, version: second(1) });
const refusal = { reason: 'no', attempts: 1, content: 'c', dueAt: 1 };

const person = withUnknownFields(
  {
    ...{ kind: 'person' as const, source: 'okta', id: 'ada', exists: fact(true), active: fact(true) },
    ...{ blocked: fact(false), connections: fact(['corp']), readAt: second(1) },
    profile: { name: fact('Ada'), email: fact('ada@example.com'), photoUrl: fact(null) },
    memberships: { 'group:g': { ...fact(true), ended: second(0) } },
    delivered: { ada: { '["acme"]': { present: true, digest: 'd', refusal } } },
  },
  // By user id, then by scope.
  ['memberships', 'delivered', 'delivered'],
);
const group = withUnknownFields(
  {
    ...{ kind: 'group' as const, source: 'okta', id: 'g', exists: fact(true), name: fact('G') },
    memberships: { 'role:org/r': fact(true) },
    delivered: { acme: { present: true, digest: 'd', refusal } },
  },
  ['memberships', 'delivered'],
);
const run = withUnknownFields({
  ...{ v: 2 as const, runId: 'r', source: 'okta', phase: 'list' as const, state: 'running' as const },
  ...{ startedAt: '2026-09-01T09:00:00.000Z', configuration: 'c', pages: 0, people: 0, unreadable: 0 },
  ...{ queued: 0, asked: 0, listedParts: 0, deferredParts: 0, delivered: 0, losing: 0, toAsk: 0 },
  lease: { owner: 'me', until: 1 },
});
const message = withUnknownFields({
  v: 2 as const,
  changes: [
    personChange({ exists: true, profile: { name: 'Ada' } }),
    membershipChange(),
    groupChange({ name: 'G' }),
    {
      ...{ kind: 'nesting' as const, source: 'okta', at: second(1), id: 'e', member: true },
      ...{ child: { kind: 'connection' as const, id: 'c' }, container: { kind: 'group' as const, id: 'g' } },
    },
    recheck(),
  ],
});

describe('fields of a newer version, at every level', () => {
  test.each([
    ['a person', PersonEntry, person],
    ['a container', ContainerEntry, group],
    ['a run', Run, run],
    ['a message', Message, message],
  ] as const)('are read and kept: %s', (_what, schema, value) => {
    expect(schema.parse(value)).toEqual(value);
  });

  test('are still there after something newer was folded into a person', () => {
    const folded = foldPerson(person, personChange({ at: second(2), profile: { name: 'Countess' } }));

    expect(folded).toMatchObject({
      profile: { name: { value: 'Countess' }, email: person.profile.email, ofNextVersion: { on: true } },
      memberships: person.memberships,
      delivered: person.delivered,
      ofNextVersion: { on: true },
    });
  });

  test('are still there after something newer was folded into a container', () => {
    const folded = foldContainer(group, groupChange({ at: second(2), name: 'H' }));

    expect(folded).toEqual({ ...group, name: { value: 'H', version: expect.any(String) } });
  });
});
