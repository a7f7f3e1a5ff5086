import { describe, expect, test } from 'vitest';
import { auth0Id, makeAuth0Runs } from '../support/auth0-runs.ts';
import { makeOktaRuns, person } from '../support/okta-runs.ts';

// The Velt user id is an attribute of the customer's own: an employee number.

const NUMBER = 'employeeNumber';
const okta = { api: { headroom: 0 }, userId: { path: `profile.${NUMBER}` } };
const auth0 = { userId: `app_metadata.${NUMBER}` };
const withGrants = { grants: [{ group: 'Group 00gEng', folderId: 'specs' }, { documentId: 'handbook' }] };

type World = ReturnType<typeof makeOktaRuns>;

/** What happens a minute later. */
async function hear(
  world: World,
  happens: (okta: World['okta']) => Parameters<World['webhook']>,
): Promise<void> {
  world.time.now += 60_000;
  await world.webhook(...happens(world.okta));
}

const numbered = (world: World, n: number, value: unknown) =>
  hear(world, (okta) => okta.updateProfile(person(n).id, { [NUMBER]: value }));

/** Three people, of whom the third has no number; the first two are engineers. */
async function makeOkta(source: object = {}, options: object = {}) {
  const world = makeOktaRuns({
    ...{ people: 3, groups: { '00gEng': [1, 2] }, source: { ...okta, ...withGrants, ...source } },
    ...options,
  });
  for (const n of [1, 2]) world.okta.updateProfile(person(n).id, { [NUMBER]: `E-${n}` });
  await world.read();
  return world;
}

const held = ({ state }: Pick<Awaited<ReturnType<typeof makeOkta>>, 'state'>) => {
  const { users = {}, groups = {}, folders = {}, documents = {} } = state() ?? {};
  const members = groups['00gEng']?.members ?? [];
  return [Object.keys(users), members, folders.specs ?? [], documents.handbook ?? []].map((ids) =>
    ids.toSorted(),
  );
};
const paths = (calls: { path: string; body: unknown }[]) =>
  calls.map(
    ({ path, body }) =>
      `${path} ${JSON.stringify(body)
        .match(/E-\d\w*|00u\d+/g)
        ?.join(' ')}`,
  );

describe('somebody whose Velt user id is their own attribute', () => {
  test('is in Velt by it, in groups, folders and documents', async () => {
    expect(held(await makeOkta())).toEqual([
      ['E-1', 'E-2'],
      ['E-1', 'E-2'],
      ['E-1', 'E-2'],
      ['E-1', 'E-2'],
    ]);
  });

  test('is not in Velt without it, and is logged and counted with the reason, and nothing of theirs', async () => {
    const world = await makeOkta();

    expect(world.deps.meter.counted.PeopleWithoutUserId).toBe(1);
    expect(world.log.lines.filter(({ message }) => message.includes('is not in Velt'))).toEqual([
      {
        level: 'info',
        message: 'Somebody is not in Velt: they have no attribute that can be their Velt user id',
        fields: { source: 'okta', person: person(3).id },
      },
    ]);
  });

  test('comes with it, and leaves without it', async () => {
    const world = await makeOkta();

    await numbered(world, 3, 'E-3');
    const joined = world.users();
    await numbered(world, 1, null);

    expect([joined.toSorted(), held(world)[1], world.users().toSorted()]).toEqual([
      ['E-1', 'E-2', 'E-3'],
      ['E-2'],
      ['E-2', 'E-3'],
    ]);
  });

  test.each([7.5, true, ['E-9'], {}, 'x'.repeat(301)])(
    'stays who they are at Velt while it cannot be read: %#',
    async (odd) => {
      const world = await makeOkta();
      const before = held(world);

      await numbered(world, 1, odd);
      await numbered(world, 3, odd);
      await world.read();

      expect(held(world)).toEqual(before);
      expect(world.meter.counted.AttributesLeftOut).toBeGreaterThan(0);
    },
  );

  test('moves with a new one: all that is added comes first, then the old goes, group, folder and document', async () => {
    const world = await makeOkta();
    const before = world.calls.length;

    await numbered(world, 1, 'E-1new');

    const moves = paths(world.calls.slice(before));
    const isRemoval = moves.map((path) => path.includes('delete'));
    expect(held(world)).toEqual(Array(4).fill(['E-1new', 'E-2']));
    expect(isRemoval).toEqual(isRemoval.toSorted());
    expect(moves.filter((path) => path.includes('delete')).every((path) => path.endsWith(' E-1'))).toBe(true);
    expect(moves.at(-1)).toBe('/v2/users/delete E-1');
  });

  test('keeps the old one while Velt does not answer for the new', async () => {
    const world = await makeOkta();
    world.faults.add({ match: { userId: 'E-1new' }, answer: { kind: 'status', status: 503 } });

    await expect(numbered(world, 1, 'E-1new')).rejects.toThrow('Velt is unavailable');

    expect(held(world)).toEqual(Array(4).fill(['E-1', 'E-2']));
  });

  test('is one user of Velt with whoever has the same, until both have left', async () => {
    const world = await makeOkta();
    await numbered(world, 2, 'E-1');
    const shared = held(world);

    await hear(world, (okta) => okta.deleteUser(person(1).id));
    const left = held(world);
    await hear(world, (okta) => okta.deleteUser(person(2).id));

    expect([shared, left]).toEqual([Array(4).fill(['E-1']), Array(4).fill(['E-1'])]);
    expect(held(world)).toEqual([[], [], [], []]);
  });

  test('costs no call when a run finds nothing new', async () => {
    const world = await makeOkta({ attributes: { plan: 'profile.tier', type: { constant: 'staff' } } });
    const before = world.calls.length;

    await world.read();

    expect(world.state()?.users['E-1']).toMatchObject({ type: 'staff' });
    expect(world.calls.length).toBe(before);
  });
});

describe('after a change of the configuration', () => {
  test('from ids to an attribute no event takes anybody out, and the next run moves who has one', async () => {
    const world = makeOktaRuns({
      ...{ people: 3, groups: { '00gEng': [1, 2] }, source: { api: { headroom: 0 } } },
      reconcile: { removalShare: 1, removalsAtLeast: 100 },
    });
    for (const n of [1, 2]) world.okta.updateProfile(person(n).id, { [NUMBER]: `E-${n}` });
    await world.read();
    world.reconfigure({ userId: okta.userId });

    await hear(world, (okta) => okta.removeMember('00gEng', person(1).id));
    const between = [world.users().toSorted(), world.state()?.groups['00gEng']?.members];
    await world.read();

    expect(between).toEqual([[1, 2, 3].map((n) => person(n).id), [person(2).id]]);
    expect(world.users().toSorted()).toEqual(['E-1', 'E-2']);
    expect(world.state()?.groups['00gEng']?.members).toEqual(['E-2']);
  });

  test('a run stops at the breaker before it moves too many, and moves nobody', async () => {
    const world = makeOktaRuns({ people: 20, source: { api: { headroom: 0 } } });
    for (let n = 1; n <= 20; n += 1) world.okta.updateProfile(person(n).id, { [NUMBER]: `E-${n}` });
    await world.read();
    const before = world.users();
    world.reconfigure({ userId: okta.userId });

    const run = await world.read();

    expect([run, world.users()]).toEqual([expect.objectContaining({ state: 'stopped' }), before]);
  });

  test('an attribute that is told no more is neither told nor kept, and one that is new comes with a run', async () => {
    const world = await makeOkta({ attributes: { plan: 'profile.tier' } });
    world.okta.updateProfile(person(1).id, { tier: 'Pro', cost: 'R&D' });
    await world.read();
    const plan = world.state()?.users['E-1']?.plan;
    world.reconfigure({ attributes: { type: 'profile.cost', email: null } });

    await world.read();

    const user = world.state()?.users['E-1'];
    expect([plan, user]).toEqual(['Pro', { name: 'Person 1', type: 'R&D' }]);
    const stored = world.memory
      .scan('okta')
      .entries.map(({ entry }) => JSON.stringify(entry))
      .join();
    expect(stored).not.toMatch(/Pro|example\.com/);
  });
});

describe('of Auth0', () => {
  test('metadata that an event brings decides at once, and what it does not bring changes nothing', async () => {
    const world = makeAuth0Runs({ people: 2, source: auth0 });
    const tell = (...events: Parameters<typeof world.webhook>) => world.webhook(...events);

    await tell(...world.auth0.updateUser(auth0Id(1), { app_metadata: { [NUMBER]: 'E-1' } }));
    const joined = world.users();
    world.time.now += 60_000;
    await tell(...world.auth0.updateUser(auth0Id(1), { name: 'Ada' }));
    world.time.now += 60_000;
    await tell(...world.auth0.updateUser(auth0Id(1), { app_metadata: { [NUMBER]: 'E-7' } }));
    const moved = world.users();
    world.time.now += 60_000;
    await tell(...world.auth0.updateUser(auth0Id(1), { app_metadata: { [NUMBER]: null } }));

    expect([joined, moved, world.users()]).toEqual([['E-1'], ['E-7'], []]);
  });

  test('a run asks for the metadata that a rule looks at', async () => {
    const world = makeAuth0Runs({ people: 2, source: auth0 });
    world.auth0.updateUser(auth0Id(2), { app_metadata: { [NUMBER]: 'E-2' }, user_metadata: { x: 1 } });

    await world.read();

    expect(world.users()).toEqual(['E-2']);
  });

  test('what an event told by an old rule is told by the new one after a run', async () => {
    const world = makeAuth0Runs({ people: 1, source: { attributes: { plan: 'app_metadata.tier' } } });
    await world.read();
    const metadata = { app_metadata: { tier: 'Pro', cost: 'R&D' } };
    world.time.now += 60_000;
    await world.webhook(...world.auth0.updateUser(auth0Id(1), metadata));
    const told = world.state()?.users[auth0Id(1)]?.plan;
    world.reconfigure({ attributes: { plan: 'app_metadata.cost' } });

    world.time.now += 11 * 60_000;
    await world.read();

    expect([told, world.state()?.users[auth0Id(1)]?.plan]).toEqual(['Pro', 'R&D']);
  });

  test('the id of an identity at one connection is who somebody is', async () => {
    const world = makeAuth0Runs({
      people: 0,
      source: { userId: 'identities.Username-Password-Authentication.user_id' },
    });
    world.auth0.createUser({ user_id: auth0Id(7), name: 'Ada', email: 'ada@example.com' });

    await world.read();

    expect(world.users()).toEqual(['00007']);
  });
});
