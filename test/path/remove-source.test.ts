import { describe, expect, test } from 'vitest';
import { planRemoval, type RemovalDeps } from '../../lib/reconcile/removal.ts';
import { recheck } from '../support/factories.ts';
import { Killed } from '../support/mortal.ts';
import { inGroup, joins, mail, makeRemoval } from '../support/removal.ts';

const FIVE_MINUTES = 300_000;

/** What there is to be once Okta is gone: the people of the partners, with all that they had. */
const truth = {
  users: mail('grace', 'tony'),
  members: mail('grace', 'tony'),
  entries: ['partners#group#eng', 'partners#person#grace', 'partners#person#tony'],
};

test('a removal is told before it happens: who leaves, who stays for another source, which groups stay', async () => {
  const world = await makeRemoval();
  const calls = world.calls.length;

  const removal = await planRemoval('okta', world.depsOf());

  const effect = { adds: 0, updates: 0, joins: 0, removes: 1, leaves: 1 };
  expect(removal).toEqual({
    losing: [
      { key: 'okta#person#ada', name: 'ada', effect },
      { key: 'okta#person#alan', name: 'alan', effect },
    ],
    staying: [
      {
        ...{ key: 'okta#person#grace', name: 'grace', reason: 'also of partners' },
        effect: { ...effect, removes: 0, leaves: 0 },
      },
    ],
    groups: 1,
  });
  expect([world.queued, world.calls.length]).toEqual([[], calls]);
});

test('whoever another source has in the organization alone loses the group, and it is said', async () => {
  const world = await makeRemoval();
  await world.run(joins('partners', 'alan', 2));

  const { losing } = await planRemoval('okta', world.depsOf());

  expect(losing.map(({ key, effect }) => [key, effect.removes, effect.leaves])).toEqual([
    ['okta#person#ada', 1, 1],
    ['okta#person#alan', 0, 1],
  ]);
});

test('two people of the source who are one user of Velt keep nothing for each other', async () => {
  const world = await makeRemoval();
  const twin = joins('okta', 'twin', 2);
  await world.run({ ...twin, profile: { ...twin.profile, email: 'ada@example.com' } });

  const { losing, staying } = await planRemoval('okta', world.depsOf());
  world.takeOut();
  await world.remove();

  expect(losing.map(({ name }) => name)).toEqual(['ada', 'alan', 'twin']);
  expect(staying.map(({ name }) => name)).toEqual(['grace']);
  expect(world.partners()).toMatchObject(truth);
  expect(world.leftOf('okta')).toEqual([]);
});

test('a source that was taken out leaves Velt and the table, and others keep everyone and every row', async () => {
  const world = await makeRemoval();
  const { rows } = world.partners();
  const { length } = world.calls;
  world.takeOut();

  const removed = await world.remove();
  await world.work();

  expect(JSON.stringify(world.calls.slice(length))).not.toContain('grace');
  expect(removed).toEqual({ left: 0, refused: 0, forgotten: expect.any(Number) });
  expect(world.partners()).toEqual({ ...truth, rows });
  expect(world.leftOf('okta')).toEqual([]);
  expect(await world.runs.current('partners')).toBeDefined();
});

test('what the source still sends meanwhile brings nobody, and leaves no row', async () => {
  const world = await makeRemoval();
  world.takeOut();
  const { sleep } = world.depsOf();

  await world.remove({
    sleep: async (ms) => {
      world.queued.push([joins('okta', 'ada', 9), inGroup('okta', 'ada', 9)], [joins('okta', 'new', 9)]);
      await sleep(ms);
    },
  });

  expect(world.partners()).toMatchObject(truth);
  expect(world.leftOf('okta')).toEqual([]);
});

test('whom a delivery from before the deployment brings within its minute leaves as well', async () => {
  const world = await makeRemoval();
  world.takeOut();
  const { sleep } = world.depsOf();
  let slept = 0;

  await world.remove({
    sleep: async (ms) => {
      await sleep(ms);
      slept += 1;
      if (slept !== 2) return;
      world.deploy(world.configured);
      await world.run(joins('okta', 'late', 9));
      world.takeOut();
    },
  });

  expect(slept).toBeGreaterThan(2);
  expect(world.partners()).toMatchObject(truth);
  expect(world.leftOf('okta')).toEqual([]);
});

/** What a removal has, until it is killed at its `at`-th step of any kind: before that is made, or once it was. */
function mortal(deps: RemovalDeps, at: number, when: 'before' | 'after'): RemovalDeps {
  let steps = 0;
  const step = async <T>(act: () => Promise<T>): Promise<T> => {
    steps += 1;
    const own = steps;
    if (own > at || (own === at && when === 'before')) throw new Killed();
    const result = await act();
    if (own >= at) throw new Killed();
    return result;
  };
  const { mirror, queue, rows, sleep } = deps;
  return {
    ...deps,
    mirror: {
      ...mirror,
      read: (refs) => step(() => mirror.read(refs)),
      scan: (...page) => step(() => mirror.scan(...page)),
    },
    queue: { send: (...sent) => step(() => queue.send(...sent)) },
    rows: { ...rows, forget: (source) => step(() => rows.forget(source)) },
    sleep: (ms) => step(() => sleep(ms)),
  };
}

test.each(['before', 'after'] as const)(
  'killed %s any of its steps, and called again, a removal ends in the same',
  async (when) => {
    let steps = 0;
    for (let isKilled = true; isKilled; steps += 1) {
      const world = await makeRemoval();
      const { rows } = world.partners();
      world.takeOut();
      isKilled = await world.remove(mortal(world.depsOf(), steps + 1, when)).then(
        () => false,
        (error) => error instanceof Killed,
      );

      const again = await world.remove();
      await world.work();

      expect([steps, again.left]).toEqual([steps, 0]);
      expect([steps, world.partners()]).toEqual([steps, { ...truth, rows }]);
      expect([steps, world.leftOf('okta')]).toEqual([steps, []]);
    }
    expect(steps).toBeGreaterThan(8);
  },
);

test('rows that are half deleted when the process is killed are deleted by the next call', async () => {
  const world = await makeRemoval();
  world.takeOut();
  const { rows } = world.depsOf();
  const forget = async () => {
    for (const key of world.memory.keys().filter(({ pk }) => pk === 'okta#person#ada'))
      world.memory.remove(key);
    throw new Killed();
  };
  await world.remove({ rows: { ...rows, forget } }).catch(() => undefined);

  await world.remove();

  expect(world.leftOf('okta')).toEqual([]);
});

describe('a person whom Velt refuses to delete', () => {
  test('is told, keeps the source in the table, and leaves with a later call', async () => {
    const world = await makeRemoval();
    world.takeOut();
    const match = { path: '/v2/users/delete', userId: 'ada@example.com' };
    world.faults.add({ match, answer: { kind: 'refuse-item', reason: 'not today' } });

    const first = await world.remove();
    const kept = world.leftOf('okta').length;
    world.faults.clear();
    world.time.now += 24 * 3_600_000;
    const second = await world.remove();

    expect(first).toEqual({ left: 1, refused: 1, forgotten: 0 });
    expect(kept).toBeGreaterThan(0);
    expect(second.left).toBe(0);
    expect(world.users().sort()).toEqual(truth.users);
    expect(world.leftOf('okta')).toEqual([]);
  });
});

test('people of whom Velt answers success without a name are ordered out once more, and are believed gone', async () => {
  const world = await makeRemoval({ success: 'none', advancedQueries: 'empty' });
  world.takeOut();

  const removed = await world.remove();

  expect(removed.left).toBe(0);
  expect(world.users().sort()).toEqual(truth.users);
});

test('where nobody leaves for five minutes it gives up, and forgets nothing', async () => {
  const world = await makeRemoval();
  const before = world.leftOf('okta');
  world.takeOut();
  const began = world.time.now;

  const removed = await world.remove({ sleep: world.time.sleep });

  expect(removed).toEqual({ left: 2, refused: 0, forgotten: 0 });
  expect(world.time.now - began).toBeLessThanOrEqual(FIVE_MINUTES);
  expect(world.leftOf('okta')).toEqual(before);
});

test('a source that is configured where delivery runs loses nobody, whoever gives the order', async () => {
  const world = await makeRemoval();
  const users = world.users();
  const policies = new Map([...world.deps.policies].filter(([source]) => source !== 'okta'));

  const removed = await world.remove({ policies });

  expect(removed).toMatchObject({ left: 2, forgotten: 0 });
  expect(world.users()).toEqual(users);
});

test('a source that is configured here is not removed at all', async () => {
  const world = await makeRemoval();

  await expect(world.remove()).rejects.toThrow('okta is still configured');
  expect(world.queued).toEqual([]);
});

test('a source of which a newer version wrote an entry is neither told nor forgotten', async () => {
  const world = await makeRemoval();
  world.takeOut();
  const mirror = { ...world.depsOf().mirror };
  const { scan } = mirror;
  mirror.scan = async (...where) => ({ ...(await scan(...where)), unreadable: 1 });
  const rows = world.leftOf('okta');

  await expect(planRemoval('okta', world.depsOf({ mirror }))).rejects.toThrow(/newer version/);
  await expect(world.remove({ mirror })).rejects.toThrow(/newer version/);

  expect(world.leftOf('okta')).toEqual(rows);
});

test('an order that is left on the queue of a source that came back takes nobody out', async () => {
  const world = await makeRemoval();

  await world.run(recheck({ of: { kind: 'person', id: 'ada' }, reason: 'removal' }));

  expect(world.users()).toContain('ada@example.com');
});

test('a name that nobody knows is refused, with the names that there are', async () => {
  const world = await makeRemoval();
  world.deploy({ partners: world.configured.partners });

  await expect(planRemoval('otka', world.depsOf())).rejects.toThrow(
    'source: nothing is known of otka; there is okta, partners',
  );
});
