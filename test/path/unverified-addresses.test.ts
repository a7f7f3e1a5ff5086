import { describe, expect, test } from 'vitest';
import { catchUp } from '../../lib/inbound/catch-up.ts';
import { deliveredTo, mapEvent } from '../../lib/inbound/map.ts';
import { inbound } from '../../lib/sources/inbound.ts';
import type { Auth0Event } from '../../local/doubles/auth0/auth0.ts';
import { auth0Id, makeAuth0Runs } from '../support/auth0-runs.ts';
import { auth0LogRecord } from '../support/factories.ts';

type World = ReturnType<typeof makeAuth0Runs>;

const addresses = (...numbers: number[]) => numbers.map((n) => `person.${n}@example.com`);

/** Everybody but the first has a verified address, and is at Velt by it. */
async function makeWorld(source: object = {}) {
  const world = makeAuth0Runs({ people: 4, source: { userId: 'email', ...source } });
  world.auth0.updateUser(auth0Id(1), { email_verified: false });
  await world.read();
  return world;
}

async function take(world: World, event: unknown) {
  const config = world.deps.config as never as { sources: { auth0: never } };
  await world.run(...mapEvent(event, deliveredTo('auth0', config.sources.auth0, world.time.now)).changes);
}

/** Every way by which the word comes that an address was or was not verified: what happened, and to whom. */
const feeds: [feed: string, source: object, bring: (world: World, event: Auth0Event) => Promise<unknown>][] =
  [
    ['an event stream', {}, (world, event) => take(world, event)],
    ['an event bus', {}, (world, event) => take(world, { data: event })],
    ['an Action', {}, (world, event) => take(world, { user: event.data.object })],
    [
      'a record of the log',
      { api: { headroom: 0 } },
      (world, event) => {
        const { user_id } = event.data.object as { user_id: string };
        return take(world, auth0LogRecord('sv', { user_id, date: new Date(world.time.now).toISOString() }));
      },
    ],
    [
      'what could not be delivered',
      {},
      async (world, event) => {
        world.directory.readEvents = async () => ({
          events: [event],
          next: '',
          more: false,
          failedDeliveries: 1,
        });
        await catchUp(world.time.now + 60_000, { ...world.depsOf(), inbound });
        await world.settle();
      },
    ],
    ['a run', {}, (world) => world.read()],
  ];

describe('somebody whose address is not verified', () => {
  test('is not in Velt by it, and is counted and logged with the reason', async () => {
    const world = await makeWorld();

    expect(world.users().toSorted()).toEqual(addresses(2, 3, 4));
    expect(world.meter.counted.PeopleWithoutUserId).toBe(1);
    expect(world.log.lines).toContainEqual({
      ...{ level: 'info', message: expect.stringContaining('not verified') },
      fields: { source: 'auth0', person: auth0Id(1) },
    });
  });

  test('is in Velt, with the address, where ids are the Velt user ids', async () => {
    const world = await makeWorld({ userId: 'id' });

    expect(world.state()?.users[auth0Id(1)]?.email).toBe('person.1@example.com');
    expect(world.meter.counted.PeopleWithoutUserId).toBeUndefined();
  });

  test('takes nothing from whoever has the same address, and gives them no name of theirs', async () => {
    const world = await makeWorld();
    const stranger = {
      ...{ user_id: 'auth0|stranger', name: 'Pay invoices to me', picture: 'https://evil.example/x.png' },
      ...{ email: 'person.2@example.com', email_verified: false },
    };
    const before = structuredClone(world.state()?.users);

    await world.webhook(...world.auth0.createUser(stranger));
    const after = structuredClone(world.state()?.users);
    await world.webhook(...world.auth0.deleteUser(auth0Id(2)));

    expect(after).toEqual(before);
    expect(world.users().toSorted()).toEqual(addresses(3, 4));
  });

  describe.each(feeds)('by the word of %s', (_feed, source, bring) => {
    const told = async (world: World, id: string, facts: object) => {
      world.time.now += 60_000;
      for (const event of world.auth0.updateUser(id, { ...facts })) await bring(world, event);
    };

    test('is in Velt once it is, and never again once it is not', async () => {
      const world = await makeWorld(source);

      await told(world, auth0Id(1), { email_verified: true });
      const joined = world.users();
      await told(world, auth0Id(1), { email_verified: false });
      await world.read();

      expect(joined.toSorted()).toEqual(addresses(1, 2, 3, 4));
      expect(world.users().toSorted()).toEqual(addresses(2, 3, 4));
    });

    test('leaves Velt with a new address until that one is verified too', async () => {
      const world = await makeWorld(source);

      await told(world, auth0Id(2), { email: 'new@example.com' });
      const before = world.users();
      await told(world, auth0Id(2), { email_verified: true });

      expect(before.toSorted()).toEqual(addresses(3, 4));
      expect(world.users().toSorted()).toEqual(['new@example.com', ...addresses(3, 4)]);
    });
  });
});
