import { describe, expect, test } from 'vitest';
import { makeOktaRuns, person } from '../support/okta-runs.ts';
import {
  AT_FIRST,
  BY_ATTRIBUTE,
  BY_GROUP,
  hear,
  held,
  id,
  into,
  makeWorld,
  NORTH,
  outOf,
  SOUTH,
  says,
  type World,
} from '../support/organizations.ts';

describe.each([
  {
    by: 'an attribute',
    organization: BY_ATTRIBUTE,
    moves: [says(1, 'South')],
    leaves: [says(1, null)],
    returns: [says(1, 'North')],
    why: 'they have no attribute that is mapped to a Velt organization',
  },
  {
    by: 'groups',
    organization: BY_GROUP,
    moves: [into('00gSouth', 1), outOf('00gNorth', 1)],
    leaves: [outOf('00gNorth', 1)],
    returns: [into('00gNorth', 1)],
    why: 'none of their groups is mapped to a Velt organization',
  },
])('somebody whose organization is said by $by', ({ organization, moves, leaves, returns, why }) => {
  test('is in it, and in groups, folders and documents there, with the role of there', async () => {
    const world = await makeWorld(organization);

    expect(held(world)).toEqual(AT_FIRST);
    expect(world.roles()).toMatchObject({ globex: { here: { [id(2)]: 'viewer' } } });
    expect(JSON.stringify(world.roles().acme ?? {})).not.toContain('viewer');
  });

  test('is nowhere without one, and is logged and counted with the reason, and nothing of theirs', async () => {
    const world = await makeWorld(organization);

    const lines = world.log.lines.filter(({ message }) => message.includes('is not in Velt'));
    const lacking = [3, 4].map((n) => ({
      ...{ level: 'info', message: `Somebody is not in Velt: ${why}` },
      fields: { source: 'okta', person: id(n) },
    }));
    expect(lines).toEqual(expect.arrayContaining(lacking));
    expect(new Set(lines.map(({ fields }) => fields?.person))).toEqual(new Set([id(3), id(4)]));
    expect(world.deps.meter.counted.PeopleWithoutOrganization).toBe(lines.length);
  });

  test('moves to another: all that is added comes first, and then all goes that was', async () => {
    const world = await makeWorld(organization);
    const before = world.calls.length;

    await hear(world, ...moves);

    const paths = world.calls.slice(before).map(({ path }) => path);
    const isRemoval = paths.map((path) => path.includes('delete'));
    expect(held(world)).toEqual({
      globex: [
        [id(1), id(2)],
        [id(1), id(2)],
        [id(1), id(2)],
        [id(1), id(2)],
      ],
    });
    expect(isRemoval).toEqual(isRemoval.toSorted());
    expect(paths.at(-1)).toBe('/v2/users/delete');
  });

  test('leaves Velt with the last one, and is back with it', async () => {
    const world = await makeWorld(organization);

    await hear(world, ...leaves);
    const without = held(world);
    await hear(world, ...returns);

    expect([without, held(world)]).toEqual([{ globex: SOUTH }, AT_FIRST]);
  });

  test('is where a run finds them of whom no event told', async () => {
    const world = await makeWorld(organization);
    world.time.now += 60_000;
    for (const does of moves) does(world.okta);

    await world.read();

    expect(Object.keys(held(world))).toEqual(['globex']);
  });

  test('costs no call when a run finds nothing new', async () => {
    const world = await makeWorld(organization);
    const before = world.calls.length;

    await world.read();

    expect(world.calls.length).toBe(before);
  });
});

describe('an attribute that says the organization', () => {
  test.each([7.5, true, ['North'], {}])('changes nothing while it cannot be read: %j', async (odd) => {
    const world = await makeWorld(BY_ATTRIBUTE);

    await hear(world, says(1, odd), says(4, odd));
    await world.read();

    expect(held(world)).toEqual(AT_FIRST);
    expect(world.meter.counted.AttributesLeftOut).toBeGreaterThan(0);
    expect(world.log.lines.at(-1)).not.toMatchObject({ level: 'error' });
  });

  test.each([undefined, null, '', ' ', 'West', 'north', 'constructor'])(
    'takes somebody out of Velt who has %j, which is in no map',
    async (none) => {
      const world = await makeWorld(BY_ATTRIBUTE);

      await hear(world, says(1, none));

      expect(held(world)).toEqual({ globex: SOUTH });
    },
  );

  test('is neither told nor kept: Velt and the table know the organization of Velt', async () => {
    const world = await makeWorld(BY_ATTRIBUTE);

    const stored = JSON.stringify(world.memory.scan('okta').entries);
    expect(world.state()?.users[id(1)]).not.toHaveProperty('organization');
    expect(stored).toContain('"organization":{"value":"acme"');
    expect(stored).not.toMatch(/"(North|South|West)"/);
  });

  test('may be the login, which events carry: no API is needed', async () => {
    const world = makeOktaRuns({
      people: 0,
      source: {
        organization: {
          attribute: [{ path: 'profile.login', lower: true }, { constant: 'others' }],
          map: { 'ada@example.com': 'globex', others: 'acme' },
        },
      },
    });
    const made = (n: number, login: string) => (okta: World['okta']) =>
      okta.createUser(person(n, { profile: { login, email: login } } as object));

    await hear(world, made(1, 'Ada@example.com'), made(2, 'eve@example.com'));

    expect(held(world)).toEqual({ globex: [[id(1)], [], [], []], acme: [[id(2)], [], [], []] });
  });
});

describe('groups that say the organization', () => {
  test('put somebody into several at once, and out of one alone', async () => {
    const world = await makeWorld(BY_GROUP);

    await hear(world, into('00gSouth', 1));
    const both = held(world);
    await hear(world, outOf('00gNorth', 1));

    expect(both).toMatchObject({
      acme: NORTH,
      globex: [
        [id(1), id(2)],
        [id(1), id(2)],
        [id(1), id(2)],
        [id(1), id(2)],
      ],
    });
    expect(Object.keys(held(world))).toEqual(['globex']);
  });

  test('need no API, and no group of Velt is made of them', async () => {
    const world = await makeWorld(BY_GROUP, {
      source: { organization: BY_GROUP, groups: { include: ['Group 00gEng'] } },
    });

    await hear(world, into('00gNorth', 4));

    expect(Object.keys(world.organizations().acme?.users ?? {})).toEqual([id(1), id(4)]);
    expect(Object.keys(world.organizations().acme?.groups ?? {})).toEqual(['00gEng']);
  });

  test('put everyone out at their end, and in with a new name', async () => {
    const world = await makeWorld(BY_GROUP);

    await hear(world, (okta) => okta.renameGroup('00gNorth', 'Others'));
    const renamed = held(world);
    await hear(world, (okta) => okta.renameGroup('00gNorth', 'Group 00gNorth of all'));
    const named = held(world);
    await hear(world, (okta) => okta.deleteGroup('00gNorth'));

    expect([renamed, named, held(world)]).toEqual([{ globex: SOUTH }, AT_FIRST, { globex: SOUTH }]);
    expect(world.deps.meter.counted.PeopleWithoutOrganization).toBeGreaterThanOrEqual(4);
  });

  test('are asked for whoever is in none of them by a list alone', async () => {
    const world = await makeWorld(BY_GROUP);
    world.okta.faults.add({ path: /groups\/00gNorth\/users/, answer: { kind: 'lost-next', items: 0 } });

    await world.read();

    expect(held(world)).toEqual(AT_FIRST);
  });
});
