import { describe, expect, test } from 'vitest';
import type { Call } from '../../../lib/directory/calls.ts';
import type { ItemOutcome } from '../../../lib/directory/confirmations.ts';
import { WorldFault } from '../../../lib/errors.ts';
import { add, inGroup, join, keyOf, makeExecution, removal, scopeOf, user } from '../../support/execution.ts';
import { NOW } from '../../support/factories.ts';

const unavailable = new WorldFault('unavailable', 'Velt answered 500');
/** Velt fails for good on every call that names one of these. */
const failsOn =
  (...ids: string[]) =>
  ({ items }: Call) =>
    items.some(({ id }) => ids.includes(id)) ? { fault: unavailable } : {};

describe('after a call failed', () => {
  test('the others are made, and who is in the failed one comes back', async () => {
    const execution = makeExecution(['ada', 'grace'], failsOn('ada'));

    await execution.run(add(user('ada')), add(user('grace')), join(user('grace')), removal(user('eve', 'e')));

    expect(execution.calls).toEqual([
      ['users.add', ['ada']],
      ['users.delete', ['eve']],
      ['users.add', ['grace']],
      ['group.users.add', ['grace']],
    ]);
    expect([...execution.work.faults]).toEqual([[keyOf('ada'), unavailable]]);
    expect(scopeOf(execution, 'grace')).toEqual({ present: true, digest: 'd' });
  });

  test('the removals come before everything else that is left', async () => {
    const ids = Array.from({ length: 9 }, (_, n) => `person-${n}`);
    const execution = makeExecution(ids, failsOn('person-0'));

    await execution.run(...ids.map((id) => add(user(id))), removal(user('eve', 'e')));

    const kinds = execution.calls.map(([kind]) => kind);
    expect(kinds.indexOf('users.delete')).toBeLessThanOrEqual(4);
    expect(kinds).toHaveLength(10);
  });

  test('what stands on it waits, and nothing else of that person', async () => {
    const execution = makeExecution(['ada'], failsOn('ada'));
    const leaving: Call = { kind: 'group.users.delete', scope: inGroup, items: [user('old', keyOf('ada'))] };
    const elsewhere: Call = {
      kind: 'users.delete',
      scope: { organizationId: 'other' },
      items: [user('eve')],
    };

    await execution.run(add(user('ada')), join(user('ada')), leaving, {
      ...elsewhere,
      items: [user('old', keyOf('ada'))],
    });

    expect(execution.calls).toEqual([
      ['users.add', ['ada']],
      ['users.delete', ['old']],
    ]);
    expect([...execution.work.faults]).toEqual([[keyOf('ada'), unavailable]]);
  });

  test('nobody leaves by an old user id before the new one is there', async () => {
    const execution = makeExecution(['ada', 'grace'], failsOn('eve'));
    const calls = [
      add(user('eve', 'e')),
      ...Array.from({ length: 4 }, (_, n) => add(user(`p${n}`, `p${n}`))),
      add(user('new', keyOf('ada'))),
      removal(user('old', keyOf('ada')), user('grace')),
    ];

    await execution.run(...calls);

    const made = execution.calls.map(([kind, ids]) => `${kind} ${ids.join(' ')}`);
    expect(made.indexOf('users.delete grace')).toBeLessThan(made.indexOf('users.add new'));
    expect(made.at(-1)).toBe('users.delete old');
  });

  test.each(['throttled', 'credentials', 'secret', 'out-of-time'] as const)(
    'by what would meet every other one too, no further one is begun: %s',
    async (code) => {
      const fault = new WorldFault(code, 'no');
      const execution = makeExecution(['ada', 'grace'], () => ({ fault }));

      await execution.run(add(user('ada')), removal(user('grace')));

      expect(execution.calls).toEqual([['users.add', ['ada']]]);
      expect([...execution.work.faults]).toEqual([
        [keyOf('ada'), fault],
        [keyOf('grace'), fault],
      ]);
    },
  );
});

describe('a Velt that answers nothing', () => {
  const ids = Array.from({ length: 20 }, (_, n) => `person-${n}`);

  test.each([
    [1, 4],
    [3, 12],
  ])(
    'on receive %i is tried with %i calls beside those on their way, and everyone comes back',
    async (receives, tried) => {
      const execution = makeExecution(ids, failsOn(...ids), [], receives);

      await execution.run(...ids.map((id) => add(user(id))));

      expect(execution.calls.length).toBeGreaterThanOrEqual(tried);
      expect(execution.calls.length).toBeLessThan(tried + 4);
      expect([...execution.work.faults.keys()].sort()).toEqual(ids.map(keyOf).sort());
    },
  );

  test('has everyone come back for whom no call was begun, whoever of them was refused before', async () => {
    const away = () => ({ fault: new WorldFault('unavailable', 'Velt answered 500') });
    const execution = makeExecution(ids, away);
    const [last] = [...execution.work.people.values()].slice(-1);
    const refusal = { reason: 'Velt answered 500', attempts: 1, content: 'users.add d', dueAt: NOW };
    Object.assign(last?.entry.delivered ?? {}, { 'person-19': { '["acme"]': { present: false, refusal } } });

    await execution.run(...ids.map((id) => add(user(id))));

    expect([...execution.work.faults.keys()].sort()).toEqual(ids.map(keyOf).sort());
  });
});

describe('what Velt keeps failing on alone', () => {
  const alone = (receives: number, ...culprits: string[]) =>
    makeExecution(['ada', 'grace'], failsOn(...culprits), [], receives);

  test('counts as refused from the third receive on, when Velt answers others', async () => {
    const execution = alone(3, 'ada');

    await execution.run(add(user('ada')), add(user('grace')), join(user('ada'), user('grace')));

    expect(execution.work.faults).toEqual(new Map());
    expect(scopeOf(execution, 'ada')).toMatchObject({
      present: false,
      refusal: { reason: 'Velt answered 500', attempts: 1 },
    });
    expect(execution.deps.meter.counted).toEqual({ ItemsRefused: 1 });
  });

  test.each([
    ['before', 2, ['ada']],
    ['while Velt answers nothing at all', 9, ['ada', 'grace']],
  ])('comes back %s', async (_when, receives, culprits) => {
    const execution = alone(receives, ...culprits);

    await execution.run(add(user('ada')), add(user('grace')));

    expect([...execution.work.faults.keys()]).toEqual(culprits.map(keyOf));
    expect(scopeOf(execution, 'ada')?.refusal).toBeUndefined();
  });

  test('counts as refused again at once, whether Velt answers others or not', async () => {
    const execution = alone(3, 'ada');
    await execution.run(add(user('ada')), add(user('grace')));
    execution.work.receives = 1;

    await execution.run(add(user('ada')));

    expect(execution.work.faults).toEqual(new Map());
    expect(scopeOf(execution, 'ada')?.refusal).toMatchObject({ attempts: 2 });
  });

  describe('and has without its attributes', () => {
    /** Velt fails on Ada, and takes her by id and name alone. */
    function makePartly(receives = 3) {
      const execution = alone(receives, 'ada');
      const outcome: ItemOutcome = { kind: 'partly', reason: 'Velt answered 500', attributes: ['email'] };
      const tried: string[] = [];
      execution.deps.velt.applyRefused = async ({ kind, items: [item] }, reason) => {
        tried.push(`${kind} ${item?.id}: ${reason}`);
        return { outcomes: new Map([['ada', outcome]]), landsUntil: NOW + 60_000 };
      };
      return { ...execution, tried };
    }

    test('is there, with the refusal of the rest, and nothing comes back for it', async () => {
      const execution = makePartly();

      await execution.run(add(user('ada')), add(user('grace')));

      expect(execution.tried).toEqual(['users.add ada: Velt answered 500']);
      expect(execution.work.faults).toEqual(new Map());
      expect(scopeOf(execution, 'ada')).toMatchObject({ present: true, refusal: { attributes: ['email'] } });
      expect([...execution.work.late]).toEqual([[keyOf('ada'), NOW + 60_000]]);
    });

    test('has what stands on it come back', async () => {
      const execution = makePartly();

      await execution.run(add(user('ada')), add(user('grace')), join(user('ada')));

      expect([...execution.work.faults.keys()]).toEqual([keyOf('ada')]);
    });

    test('is not tried so while Velt is away', async () => {
      const execution = makePartly();
      await execution.run(add(user('ada')), add(user('grace')));
      execution.work.receives = 1;
      const four = [1, 2, 3, 4].map((n) => add({ ...user('ada'), digest: `d${n}` }));

      await execution.run(add(user('ada')), ...four);

      expect(execution.tried).toHaveLength(1);
    });

    test('is not tried so any more once Velt takes no credentials', async () => {
      const execution = makeExecution(['ada', 'grace', 'eve'], failsOn('ada', 'grace'), [], 3);
      const tried: string[] = [];
      execution.deps.velt.applyRefused = async ({ items }) => {
        tried.push(...items.map(({ id }) => id));
        return { outcomes: new Map(), fault: new WorldFault('credentials', 'Velt answered 401') };
      };

      await execution.run(add(user('ada')), add(user('grace')), add(user('eve')));

      expect(tried).toEqual(['ada']);
    });
  });

  test('is not looked for in a call about several', async () => {
    const execution = alone(3, 'ada');

    await execution.run(add(user('ada'), user('grace')), removal(user('eve', 'e')));

    expect([...execution.work.faults.keys()]).toEqual([keyOf('ada'), keyOf('grace')]);
  });
});

describe('a call that was given up and may still land', () => {
  const fault = new WorldFault('timeout', 'no answer');

  test('is noted until then for everyone it is about, and proves nothing', async () => {
    const execution = makeExecution(['ada', 'grace'], ({ kind }) =>
      kind === 'users.add' ? { fault, landsUntil: NOW + 60_000 } : {},
    );

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
