import { describe, expect, test } from 'vitest';
import { WorldFault } from '../../lib/errors.ts';
import { catchUp } from '../../lib/inbound/catch-up.ts';
import { inbound } from '../../lib/sources/inbound.ts';
import { oktaEvent, oktaTarget } from '../support/factories.ts';
import { makeOktaRuns, person } from '../support/okta-runs.ts';

/** Everyone is at Velt, and the place in the log is known. */
async function makeCaughtUp(options: Parameters<typeof makeOktaRuns>[0] = {}) {
  const world = makeOktaRuns(options);
  await world.read();
  await world.catchUpOnce();
  world.time.now += 60_000;
  return world;
}

describe('what happened while webhooks were lost', () => {
  test('takes effect within one run: who left is out, and who came is in', async () => {
    const world = await makeCaughtUp();
    world.okta.deactivate(person(7).id);
    world.okta.deleteUser(person(8).id);
    world.okta.createUser(
      person(31, { profile: { ...person(31).profile, firstName: 'New', lastName: 'One' } }),
    );
    world.okta.addMember('00gEng', person(31).id);
    world.okta.removeMember('00gEng', person(1).id);

    await world.catchUpOnce();

    expect(world.users()).toHaveLength(29);
    expect(world.users()).not.toContain(person(7).id);
    expect(world.state()?.groups['00gEng']?.members).toEqual([person(2).id, person(3).id, person(31).id]);
  });

  test('takes effect also where people are read, with one look at each', async () => {
    const world = await makeCaughtUp({ source: { api: { headroom: 0 } } });
    world.okta.updateProfile(person(5).id, { displayName: 'Another Name' });
    world.okta.deactivate(person(7).id);

    await world.catchUpOnce();

    expect(world.state()?.users[person(5).id]?.name).toBe('Another Name');
    expect(world.users()).not.toContain(person(7).id);
  });

  test('and what the webhook did bring changes nothing the second time', async () => {
    const world = await makeCaughtUp();
    await world.webhook(...world.okta.deactivate(person(7).id));
    const before = { calls: world.calls.length, mirror: world.memory.scan('okta') };

    const told = await world.catchUpOnce();

    expect(told.okta).toBeGreaterThan(0);
    expect({ calls: world.calls.length, mirror: world.memory.scan('okta') }).toEqual(before);
  });
});

describe('what the webhook should have brought', () => {
  /** How many are counted as missed of what happens, where catch-up looks `afterMs` later. */
  async function missedOf(afterMs: number, options: Parameters<typeof makeOktaRuns>[0], brings: boolean) {
    const world = await makeCaughtUp(options);
    const events = [...world.okta.suspend(person(7).id), ...world.okta.removeMember('00gEng', person(1).id)];
    world.time.now += 1_000;
    if (brings) await world.webhook(...events);
    world.time.now += afterMs;
    await world.catchUpOnce();
    return world.deps.meter.counted.EventsMissed ?? 0;
  }

  test.each<[what: string, options: Parameters<typeof makeOktaRuns>[0]]>([
    ['where events tell people', {}],
    ['where people are read', { source: { api: { headroom: 0 } } }],
  ])('and did not is counted after two minutes, %s', async (_what, options) => {
    expect(await missedOf(120_000, options, false)).toBe(2);
    expect(await missedOf(60_000, options, false)).toBe(0);
    expect(await missedOf(120_000, options, true)).toBe(0);
  });

  test('is nothing that only the log has', async () => {
    const world = await makeCaughtUp();
    const events = world.okta.deleteUser(person(7).id);
    const ofHook = events.filter(({ eventType }) => eventType !== 'user.lifecycle.delete.completed');
    await world.webhook(...ofHook);
    world.time.now += 300_000;

    await world.catchUpOnce();

    expect(ofHook.length).toBeLessThan(events.length);
    expect(world.deps.meter.counted.EventsMissed).toBeUndefined();
  });
});

describe('the place in the log', () => {
  test('is kept: the next run tells nothing twice', async () => {
    const world = await makeCaughtUp();
    world.okta.suspend(person(7).id);
    await world.catchUpOnce();

    const told = await world.catchUpOnce();

    expect(told).toEqual({ okta: 0 });
    expect(world.queued).toEqual([]);
  });

  test('stays where it was when the queue takes nothing', async () => {
    const world = await makeCaughtUp();
    world.okta.suspend(person(7).id);
    const place = await world.runs.place('okta', 'catch-up');
    const send = async () => Promise.reject(new WorldFault('queue', 'refused'));

    const run = catchUp(world.time.now + 60_000, { ...world.depsOf(), inbound, queue: { send } });

    await expect(run).rejects.toMatchObject({ code: 'queue' });
    expect(await world.runs.place('okta', 'catch-up')).toEqual(place);
  });

  test('is left to whoever moved it first', async () => {
    const world = await makeCaughtUp();
    world.okta.suspend(person(7).id);

    const both = await Promise.all([world.catchUpOnce(), world.catchUpOnce()]);
    const next = await world.catchUpOnce();

    expect(both).toEqual([{ okta: 1 }, { okta: 1 }]);
    expect(next).toEqual({ okta: 0 });
    expect(world.users()).not.toContain(person(7).id);
  });

  test('that an older program wrote is given up, with a line in the log', async () => {
    const world = await makeCaughtUp();
    const { revision } = await world.runs.place('okta', 'catch-up');
    await world.runs.move('okta', 'catch-up', { cursor: 'of another version', revision });
    world.okta.suspend(person(7).id);

    await world.catchUpOnce();

    expect(world.users()).not.toContain(person(7).id);
    expect(world.log.lines).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'Catching up begins anew' }),
    );
  });

  test('that the org told under another name is given up too: it would be refused for ever', async () => {
    const world = await makeCaughtUp();
    const { cursor = '', revision } = await world.runs.place('okta', 'catch-up');
    const old = cursor.replace('example-org.okta.com', 'example-before.okta.com');
    await world.runs.move('okta', 'catch-up', { cursor: old, revision });
    world.okta.suspend(person(7).id);

    await world.catchUpOnce();

    expect(old).not.toBe(cursor);
    expect(world.users()).not.toContain(person(7).id);
  });

  test('moves page by page, and no page is begun after the deadline', async () => {
    const world = await makeCaughtUp();
    const asked: (string | undefined)[] = [];
    world.directory.readEvents = async (cursor) => {
      asked.push(cursor);
      world.time.now += 25_000;
      return { events: [], next: `page ${asked.length}`, more: true, failedDeliveries: 0 };
    };

    await world.catchUpOnce();

    expect(asked.slice(1)).toEqual(['page 1', 'page 2']);
    expect((await world.runs.place('okta', 'catch-up')).cursor).toBe('page 3');
  });

  test('begins an hour back', async () => {
    const world = makeOktaRuns();
    world.okta.suspend(person(1).id);
    world.time.now += 2 * 3_600_000;
    world.okta.suspend(person(2).id);
    world.time.now += 59 * 60_000;

    const told = await world.catchUpOnce();

    expect(told).toEqual({ okta: 1 });
  });
});

describe('a source', () => {
  test('out of reach does not keep it from the others, and is thrown in the end', async () => {
    const world = await makeCaughtUp();
    world.okta.suspend(person(7).id);
    const down = {
      ...world.directory,
      readEvents: async () => Promise.reject(new WorldFault('credentials', 'refused')),
    };
    const deps = world.depsOf();
    const config = { ...deps.config, sources: { ...deps.config.sources, first: deps.config.sources.okta } };
    const directories = new Map([
      ['first', down],
      ['okta', world.directory],
    ]);

    const run = catchUp(world.time.now + 60_000, {
      inbound,
      ...deps,
      config: config as typeof deps.config,
      directories,
    });

    await expect(run).rejects.toMatchObject({ code: 'credentials' });
    await world.settle();
    expect(world.users()).not.toContain(person(7).id);
  });

  test('of which one record cannot be read is caught up with by the others, and that is told', async () => {
    const world = await makeCaughtUp();
    world.okta.suspend(person(7).id);
    const { readEvents } = world.directory;
    world.directory.readEvents = async (...asked) => ({
      ...(await readEvents(...asked)),
      fault: new WorldFault('unavailable', 'Auth0 answered 500'),
    });

    const told = await world.catchUpOnce();

    expect(told).toEqual({ okta: 1 });
    expect(world.log.lines).toContainEqual({
      ...{ level: 'error', message: 'Could not read one record of events' },
      fields: { source: 'okta', code: 'unavailable', error: 'Auth0 answered 500' },
    });
    expect(world.meter.counted).toMatchObject({ ReadsFailed: 1 });
  });

  test('that asks for patience is left alone until the next run', async () => {
    const world = await makeCaughtUp();
    world.okta.suspend(person(7).id);
    world.okta.faults.add({ path: '/api/v1/logs', times: 1, answer: { kind: 'status', status: 429 } });

    const first = await world.catchUpOnce();
    world.time.now += 120_000;
    const second = await world.catchUpOnce();

    expect([first, second]).toEqual([{}, { okta: 1 }]);
  });

  test('counts deliveries that its record says have failed, and events that cannot be read', async () => {
    const world = await makeCaughtUp();
    world.okta.failDelivery('who1');
    const { readEvents } = world.directory;
    world.directory.readEvents = async (...args) => {
      const page = await readEvents(...args);
      return { ...page, events: [...page.events, { eventType: 'user.lifecycle.create', uuid: 7 }] };
    };

    await world.catchUpOnce();

    expect(world.meter.counted.HookDeliveriesFailed).toBe(1);
    expect(world.log.lines.map(({ level, message, fields }) => [level, message, fields.count])).toEqual(
      expect.arrayContaining([
        ['error', 'Left out events that could not be read', 1],
        ['warn', 'Deliveries of webhooks have failed', 1],
      ]),
    );
  });

  test('queues nothing that no message can hold: it would hold up everyone in its message', async () => {
    const world = await makeCaughtUp();
    world.okta.suspend(person(7).id);
    const { readEvents } = world.directory;
    world.directory.readEvents = async (...args) => {
      const page = await readEvents(...args);
      const long = oktaTarget('User', { id: 'x'.repeat(301) });
      const event = oktaEvent('user.account.update_profile', { target: [long] });
      return { ...page, events: [...page.events, event] };
    };

    const told = await world.catchUpOnce();

    expect(told).toEqual({ okta: 1 });
    expect(world.users()).not.toContain(person(7).id);
    expect(world.log.lines.map(({ message, fields }) => [message, fields.count])).toContainEqual([
      'Left out events that could not be read',
      1,
    ]);
  });
});
