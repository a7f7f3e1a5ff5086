import { describe, expect, test } from 'vitest';
import { sweep } from '../../lib/delivery/sweep.ts';
import { readBack } from '../../lib/reconcile/drift.ts';
import { CANARY, type CanaryWorld, makeAuth0Canary, makeOktaCanary } from '../support/canary.ts';
import { makeOktaRuns, person } from '../support/okta-runs.ts';

const VENDORS: [vendor: string, make: (source?: object) => CanaryWorld, source: object][] = [
  ['Okta', makeOktaCanary, {}],
  ['Okta, with people read when an event names them', makeOktaCanary, { api: { headroom: 0 } }],
  ['Okta, by a number', makeOktaCanary, { api: { headroom: 0 }, userId: ['profile.employeeNumber'] }],
  ['Auth0', makeAuth0Canary, {}],
  ['Auth0, with an API', makeAuth0Canary, { api: { headroom: 0 } }],
  ['Auth0, by a number', makeAuth0Canary, { userId: 'app_metadata.employeeNumber' }],
];

const look = ({ world }: CanaryWorld) =>
  readBack(world.time.now + 60_000, { ...world.deps, config: world.depsOf().config } as never);

/** Everything that Velt was told. */
const told = ({ world }: CanaryWorld) => JSON.stringify(world.calls);

describe.each(VENDORS)('of %s, with nothing but ids', (_vendor, make, more) => {
  const source = { profile: 'ids', grants: [{ folderId: 'specs' }], ...more };

  test('no name, address or picture of anybody is in any call, in the table, on the queue or in a log', async () => {
    const canary = make(source);
    const { world } = canary;
    const seen: string[] = [];
    const { send } = world.deps.queue;
    world.deps.queue.send = async (changes, ...group) => {
      seen.push(JSON.stringify(changes));
      await send(changes, ...group);
    };

    world.faults.add({ times: 1, answer: { kind: 'refuse-item', reason: 'Not now.' } });
    await world.read();
    for (const does of ['create', 'change', 'joinsGroup', 'leaves'] as const)
      await canary[does](does === 'create' ? 5 : 2);
    world.time.now += 3_600_000;
    await sweep({ ...world.deps, queue: world.deps.queue } as never);
    await world.settle();
    await look(canary);
    await world.settle();
    await world.read();

    const stored = JSON.stringify(world.memory.scan(Object.keys(world.deps.config.sources)[0] as string));
    expect(world.users()).toHaveLength(4);
    expect([told(canary), seen.join(), stored, JSON.stringify(world.log.lines)].join()).not.toContain(CANARY);
  });

  test('everybody has their id for a name, and no attribute', async () => {
    const canary = make(source);

    await canary.world.read();

    const users = Object.entries(canary.world.state()?.users ?? {});
    expect(users).toHaveLength(4);
    for (const [id, profile] of users) expect(profile).toEqual({ name: id });
  });

  test('another name, address and picture cost no call', async () => {
    const canary = make(source);
    await canary.world.read();
    const before = canary.world.calls.length;

    for (const n of [1, 2, 3, 4]) await canary.change(n);
    await canary.world.read();

    expect(canary.world.calls.length).toBe(before);
  });

  test('the read-back asks who is there, and takes no name for a wrong one', async () => {
    const canary = make(source);
    await canary.world.read();

    const drift = await look(canary);

    expect(drift).toMatchObject({ confirmed: 4, missing: 0, changed: 0, strangers: 0 });
    expect(canary.world.queued).toEqual([]);
  });

  test('an installation that had everything is overwritten by one run, once, and forgets it in the table', async () => {
    const canary = make({ ...source, profile: undefined });
    const { world } = canary;
    await world.read();
    expect(told(canary)).toContain(CANARY);
    const before = world.calls.length;
    const switched = make(source).world.deps;
    Object.assign(world.deps, { config: switched.config, policies: switched.policies });
    const progress: number[] = [];

    const directory = [...(switched.directories ?? new Map()).values()][0];
    const directories = new Map(
      [...(world.deps.directories ?? new Map()).keys()].map((name) => [name, directory]),
    );
    await world.read({
      directories,
      onProgress: ({ queued }: { queued: number }) => void progress.push(queued),
    } as never);
    const overwriting = world.calls.slice(before);
    await world.read({ directories } as never);

    for (const [id, profile] of Object.entries(world.state()?.users ?? {}))
      expect(profile).toEqual({ name: id });
    expect(JSON.stringify(overwriting)).not.toContain(CANARY);
    expect(Math.max(...progress)).toBe(4);
    expect(world.calls.length).toBe(before + overwriting.length);
    const stored = JSON.stringify(world.memory.scan(Object.keys(world.deps.config.sources)[0] as string));
    expect(stored).not.toContain(CANARY);
  });
});

test.each([{}, { userId: { path: 'id' } }])(
  'an edit alone brings whoever was not known, as it does with names: %j',
  async (more) => {
    const world = makeOktaRuns({ people: 2, source: { ...more, profile: 'ids' } });

    await world.webhook(...world.okta.updateProfile(person(2).id, { firstName: 'Ada' }));

    expect(world.state()?.users).toEqual({ [person(2).id]: { name: person(2).id } });
  },
);

test.each([{}, { api: { headroom: 0 } }])(
  'back from nothing but ids nobody leaves by an event, and a run brings the names: %j',
  async (more) => {
    const world = makeOktaRuns({ people: 3, source: { ...more, profile: 'ids' } });
    await world.read();
    world.reconfigure({ ...more, profile: undefined });

    world.time.now += 60_000;
    await world.webhook(...world.okta.addMember('00gEng', person(3).id));
    const between = world.users();
    await world.read();

    expect(between).toHaveLength(3);
    expect(Object.values(world.state()?.users ?? {}).map(({ name }) => name)).toEqual(
      [1, 2, 3].map((n) => `Person ${n}`),
    );
  },
);
