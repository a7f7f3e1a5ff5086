import { describe, expect, test } from 'vitest';
import { policiesOf, readConfig } from '../../../lib/config.ts';
import { execute } from '../../../lib/delivery/execute.ts';
import type { Loaded, Workset } from '../../../lib/delivery/workset.ts';
import type { Item, Step } from '../../../lib/directory/calls.ts';
import type { ItemOutcome } from '../../../lib/directory/confirmations.ts';
import {
  type ContainerEntry,
  newContainer,
  newPerson,
  type PersonEntry,
} from '../../../lib/directory/entry.ts';
import { WorldFault } from '../../../lib/errors.ts';
import type { Applied } from '../../../lib/velt/client.ts';
import { makeLog, makeMeter, makeQueue, NOW } from '../../support/factories.ts';

const acme = { organizationId: 'acme' };
const inGroup = { ...acme, groupId: 'engineers' };
const keyOf = (id: string) => `okta#person#${id}`;
const user = (id: string, ...owners: string[]): Item => ({
  ...{ id, owners: owners.length > 0 ? owners : [keyOf(id)] },
  ...{ user: { userId: id, name: id }, digest: 'd' },
});
const add = (...items: Item[]): Step => ({ kind: 'users.add', scope: acme, items });
const join = (...items: Item[]): Step => ({ kind: 'group.users.add', scope: inGroup, items });
const removal = (...items: Item[]): Step => ({ kind: 'users.delete', scope: acme, items });

/** A delivery called `me` that leased these entries; Velt answers as `answer` says, and else that all is done. */
function makeExecution(
  leased: string[],
  answer: (step: Step) => Partial<Applied> & { said?: Record<string, ItemOutcome> } = () => ({}),
  others: string[] = [],
) {
  const person = (id: string, owner: string): [string, Loaded<PersonEntry>] => {
    const entry = newPerson('okta', id);
    return [keyOf(id), { entry, stored: { entry, revision: 1, lease: { owner, until: NOW + 40_000 } } }];
  };
  const group = newContainer({ source: 'okta', kind: 'group', id: 'engineers' });
  const engineers: Loaded<ContainerEntry> = {
    entry: { ...group, delivered: { acme: { present: true } } },
    stored: { entry: group, revision: 1, lease: { owner: 'me', until: NOW + 40_000 } },
  };
  const work: Workset = {
    owner: 'me',
    people: new Map([...leased.map((id) => person(id, 'me')), ...others.map((id) => person(id, 'another'))]),
    containers: new Map([['okta#group#engineers', engineers]]),
    faults: new Map(),
    late: new Map(),
  };
  const calls: [string, string[]][] = [];
  const config = readConfig({ sources: { okta: { kind: 'okta', organization: 'acme' } } });
  const deps = {
    velt: {
      apply: async (step: Step): Promise<Applied> => {
        calls.push([step.kind, step.items.map(({ id }) => id)]);
        const { said = {}, ...applied } = answer(step);
        const done = applied.fault
          ? []
          : step.items.map(({ id }) => [id, said[id] ?? { kind: 'done' as const }] as const);
        return { outcomes: new Map(done), ...applied };
      },
    },
    ...{ mirror: {} as never, queue: makeQueue(), policies: policiesOf(config), config },
    ...{ clock: () => NOW, log: makeLog(), meter: makeMeter() },
  };
  const run = (...steps: Step[]) => execute(steps, work, NOW + 60_000, deps);
  return { work, calls, run, deps };
}

const scopeOf = ({ work }: ReturnType<typeof makeExecution>, id: string, scope = '["acme"]') =>
  work.people.get(keyOf(id))?.entry.delivered[id]?.[scope];

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

test('after a fault of the world no other call is begun, and everyone who is left comes back', async () => {
  const fault = new WorldFault('unavailable', 'Velt answered 503');
  const execution = makeExecution(['ada', 'grace'], () => ({ fault }));

  await execution.run(add(user('ada')), removal(user('grace')));

  expect(execution.calls).toEqual([['users.add', ['ada']]]);
  expect([...execution.work.faults]).toEqual([
    [keyOf('ada'), fault],
    [keyOf('grace'), fault],
  ]);
});

describe('a call that was given up and may still land', () => {
  const fault = new WorldFault('timeout', 'no answer');

  test('is noted until then for everyone it is about, and proves nothing', async () => {
    const execution = makeExecution(['ada', 'grace'], () => ({ fault, landsUntil: NOW + 60_000 }));

    await execution.run(add(user('ada')), removal(user('grace')));

    expect([...execution.work.late]).toEqual([[keyOf('ada'), NOW + 60_000]]);
    expect(scopeOf(execution, 'ada')).toBeUndefined();
  });

  test('is noted by the last of several', async () => {
    let landsUntil = NOW + 60_000;
    const execution = makeExecution(['ada'], () => {
      landsUntil -= 10_000;
      return { landsUntil, outcomes: new Map() };
    });

    await execution.run(add(user('ada')), join(user('ada')));

    expect([...execution.work.late]).toEqual([[keyOf('ada'), NOW + 50_000]]);
  });
});
