import { describe, expect, test } from 'vitest';
import type { Loaded } from '../../../lib/delivery/workset.ts';
import type { Item } from '../../../lib/directory/calls.ts';
import type { ItemOutcome } from '../../../lib/directory/confirmations.ts';
import type { PersonEntry } from '../../../lib/directory/entry.ts';
import { add, inGroup, join, keyOf, makeExecution, scopeOf, user } from '../../support/execution.ts';

const DONE = { kind: 'done' } as const;

describe('an item', () => {
  test('of somebody under the lease of another delivery is not called for, and holds up nobody else', async () => {
    const execution = makeExecution(['ada'], undefined, ['grace']);

    await execution.run(add(user('ada'), user('grace')));

    expect(execution.calls).toEqual([['users.add', ['ada']]]);
    expect([...execution.work.faults]).toEqual([
      [keyOf('grace'), expect.objectContaining({ code: 'leased', retryAfterMs: 40_000 })],
    ]);
    expect([scopeOf(execution, 'ada'), scopeOf(execution, 'grace')]).toEqual([
      { present: true, digest: 'd' },
      undefined,
    ]);
  });

  test('of two people who are one Velt user waits for both of their leases', async () => {
    const execution = makeExecution(['ada'], undefined, ['alias']);

    await execution.run(add(user('ada', keyOf('ada'), keyOf('alias'))));

    expect(execution.calls).toEqual([]);
    expect([...execution.work.faults.keys()]).toEqual([keyOf('ada'), keyOf('alias')]);
  });

  test('that waits keeps what stands on it from being called', async () => {
    const execution = makeExecution([], undefined, ['grace']);

    await execution.run(add(user('grace')), join(user('grace')));

    expect(execution.calls).toEqual([]);
  });

  test('that was refused keeps just its own from being called', async () => {
    const refused = { kind: 'refused', reason: 'too long' } as const;
    const execution = makeExecution(['ada', 'grace'], ({ kind }) =>
      kind === 'users.add' ? { said: { ada: refused } } : {},
    );

    await execution.run(add(user('ada'), user('grace')), join(user('ada'), user('grace')));

    expect(execution.calls.at(-1)).toEqual(['group.users.add', ['grace']]);
    expect(execution.work.faults).toEqual(new Map());
    expect(execution.deps.meter.counted).toEqual({ ItemsRefused: 1 });
  });

  test('that Velt knew already is updated, and confirmed by that alone', async () => {
    const execution = makeExecution(['ada'], ({ kind }) =>
      kind === 'users.add' ? { said: { ada: { kind: 'exists' } } } : {},
    );

    await execution.run(add(user('ada')));

    expect(execution.calls).toEqual([
      ['users.add', ['ada']],
      ['users.update', ['ada']],
    ]);
    expect(scopeOf(execution, 'ada')).toEqual({ present: true, digest: 'd' });
  });

  const mayBeThere: Item = { ...user('ada'), digest: 'd viewer', role: 'viewer', mayBeThere: true };
  const REFUSED = { kind: 'refused', reason: 'no' } as const;
  test.each<[string, Item, ItemOutcome, string[]]>([
    ['an add is enough for whom Velt cannot know', { ...user('ada'), role: 'viewer' }, DONE, []],
    ['an update follows for whom Velt may know', mayBeThere, DONE, ['users.update']],
    [
      'an update follows where attributes were refused',
      mayBeThere,
      { kind: 'partly', reason: 'no', attributes: ['email'] },
      ['users.update'],
    ],
    ['none follows a refusal', mayBeThere, REFUSED, []],
  ])('with a role is confirmed by what is sure to have set it: %s', async (_what, item, outcome, more) => {
    const execution = makeExecution(['ada'], ({ kind }) =>
      kind === 'users.add' ? { said: { ada: outcome } } : {},
    );

    await execution.run(add(item));

    expect(execution.calls.map(([kind]) => kind)).toEqual(['users.add', ...more]);
    const digest = outcome === REFUSED ? undefined : item.digest;
    expect(scopeOf(execution, 'ada')?.digest).toBe(digest);
  });

  test.each([
    [
      'whom Velt may know is updated',
      { ...mayBeThere, isAlone: true as const },
      ['users.add', 'users.update'],
    ],
    [
      'whom it cannot know is not',
      { ...mayBeThere, mayBeThere: undefined, isAlone: true } as unknown as Item,
      ['users.add'],
    ],
  ])('with a role that is twice unproven: %s', async (_what, item, kinds) => {
    const execution = makeExecution(['ada'], ({ kind }) =>
      kind === 'users.add' ? { said: { ada: { kind: 'unproven' } } } : {},
    );
    const loaded = execution.work.people.get(keyOf('ada')) as Loaded<PersonEntry>;
    const before = { present: false, role: 'told', unproven: 'users.add d viewer' };
    loaded.entry = { ...loaded.entry, delivered: { ada: { '["acme"]': before } } };

    await execution.run(add(item));

    expect(execution.calls.map(([kind]) => kind)).toEqual(kinds);
    expect(scopeOf(execution, 'ada')).toEqual({ present: true, digest: 'd viewer', role: 'told' });
  });

  test('in a folder is not told a role where the user was refused in the organization', async () => {
    const execution = makeExecution(['ada'], () => ({ said: { ada: REFUSED } }));
    const inFolder = { scope: { organizationId: 'acme', folderId: 'deals' }, items: [mayBeThere] };

    await execution.run(add(user('ada')), { ...inFolder, kind: 'users.update' });

    expect(execution.calls).toEqual([['users.add', ['ada']]]);
  });

  test('that the answer does not name is neither there nor refused, and comes back', async () => {
    const execution = makeExecution(['ada', 'grace'], () => ({
      outcomes: new Map([['ada', { kind: 'done' }]]),
    }));

    await execution.run(add(user('ada'), user('grace')));

    expect([...execution.work.faults]).toEqual([
      [keyOf('grace'), expect.objectContaining({ code: 'unreadable-answer' })],
    ]);
    expect([scopeOf(execution, 'ada'), scopeOf(execution, 'grace')]).toEqual([
      { present: true, digest: 'd' },
      undefined,
    ]);
  });
});

test('a group that Velt does not know is in doubt, and with it nothing else', async () => {
  const refused = { kind: 'refused', reason: 'no such group', prerequisite: 'group' } as const;
  const execution = makeExecution(['ada'], ({ kind }) =>
    kind === 'group.users.add' ? { said: { ada: refused } } : {},
  );

  await execution.run(add(user('ada')), join(user('ada')));

  expect(execution.work.containers.get('okta#group#engineers')?.entry.delivered).toEqual({
    acme: { present: false },
  });
  expect(scopeOf(execution, 'ada')).toEqual({ present: true, digest: 'd' });
});

test('what Velt answered about one person is recorded once, however many calls it answered', async () => {
  const execution = makeExecution(['ada']);
  const { entry, ...loaded } = execution.work.people.get(keyOf('ada')) as Loaded<PersonEntry>;
  const recorded: PersonEntry[] = [entry];
  execution.work.people.set(keyOf('ada'), {
    ...loaded,
    get entry() {
      return recorded.at(-1) as PersonEntry;
    },
    set entry(next) {
      recorded.push(next);
    },
  });

  const groups = Array.from({ length: 50 }, (_, n) => ({
    ...join(user('ada')),
    scope: { ...inGroup, groupId: `g${n}` },
  }));
  await execution.run(add(user('ada')), ...groups);

  expect(recorded).toHaveLength(2);
  expect(Object.keys(recorded.at(-1)?.delivered.ada ?? {})).toHaveLength(51);
});
