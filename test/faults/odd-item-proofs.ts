import { deepStrictEqual, ok } from 'node:assert/strict';
import { catchUp } from '../../lib/inbound/catch-up.ts';
import { deliveredTo, mapBody } from '../../lib/inbound/map.ts';
import { inbound } from '../../lib/sources/inbound.ts';
import { oddly } from '../property/odd-answers.ts';
import { settle } from '../property/odd-truth.ts';
import { atVelt, auth0Id, makeAuth0Runs } from '../support/auth0-runs.ts';
import { recheck } from '../support/factories.ts';
import { oktaDelivery, userCreate } from '../support/okta-deliveries.ts';
import { everyone, idsOf, makeOktaRuns, person, runOf } from '../support/okta-runs.ts';
import { forbid } from '../support/other-answers.ts';

/** Lives through a case in which one thing is odd for ever. Throws where that costs anything else. */
export type Proof = () => Promise<void>;

/** What the directory answers about one thing for ever. */
const STATUSES = [400, 403, 500] as const;
const [ODD, OTHER] = [person(7).id, person(3).id];
const allBut = (...gone: number[]) => idsOf(everyone(1, 30).filter((n) => !gone.includes(n)));
const api = { api: { headroom: 0 } };
const users = (world: ReturnType<typeof makeOktaRuns>) => world.users().toSorted();
/** Who is owed something, be it a read. */
const owed = ({ memory }: Pick<ReturnType<typeof makeOktaRuns>, 'memory'>) =>
  memory.due(Number.POSITIVE_INFINITY, 50).map(({ id }) => id);

/** One run of catching up; messages that come back are delivered again. */
async function catchUpWith(world: ReturnType<typeof makeOktaRuns>): Promise<void> {
  await catchUp(world.time.now + 60_000, { ...world.depsOf(), inbound });
  await settle(world);
}

export const events = {
  unreadableBesideOthers: async () => {
    const world = makeOktaRuns({ people: 0, groups: {} });
    const told = [userCreate('00uOne'), { ...userCreate('00uOdd'), uuid: 7 }, userCreate('00uTwo')];
    const config = world.deps.config.sources.okta as never;
    const { changes, unreadable } = mapBody(
      [oktaDelivery(...told)],
      deliveredTo('okta', config, world.clock()),
    );
    await world.hear(...changes);
    deepStrictEqual([world.users(), unreadable.length], [['00uOne', '00uTwo'], 1]);
  },
  /** Of one person the record and every answer have a name that is a number, for ever. */
  oddAttribute: async () => {
    // Two events have it, and the read for them where there is one.
    for (const [source, shown, leftOut] of [
      [{}, 'Person 7', 2],
      [api, person(7).profile.login, 3],
    ] as const) {
      const world = makeOktaRuns({ source });
      await world.read();
      await world.catchUpOnce();
      const { handle } = world.okta;
      const odd = ['displayName', 'profile.displayName'].map((field) => ({
        ...{ of: ODD, where: 'everywhere' as const, field, becomes: { value: 7 } },
      }));
      world.okta.handle = (request) => {
        const answer = handle(request);
        return { ...answer, body: oddly(answer.body, odd) };
      };
      world.time.now += 3_600_000;
      world.okta.updateProfile(ODD, { displayName: 'New' });
      world.okta.createUser(person(31));
      world.okta.addMember('00gEng', ODD);
      world.okta.deactivate(OTHER);
      await world.catchUpOnce();
      const members = () => world.state()?.groups['00gEng']?.members;
      deepStrictEqual([users(world), members()], [[...allBut(3), person(31).id], idsOf([1, 2, 7])]);
      const { name } = world.state()?.users[ODD] ?? {};
      deepStrictEqual([name, world.meter.counted.AttributesLeftOut], [shown, leftOut]);

      world.time.now += 3_600_000;
      world.okta.removeMember('00gEng', ODD);
      await world.catchUpOnce();
      deepStrictEqual([users(world).length, members()], [30, idsOf([1, 2])]);
    }
  },
} satisfies Record<string, Proof>;

/** Everyone is at Velt, and the directory answers so about one path from now on. */
async function makeRefusing(path: string, status: number, source: Record<string, unknown> = {}) {
  const world = makeOktaRuns({ groups: { '00gEng': [1, 2], '00gOdd': [1, 2] }, source });
  await world.read();
  await world.catchUpOnce();
  world.time.now += 3_600_000;
  world.okta.faults.add({ path: `/api/v1/${path}`, answer: { kind: 'status', status } });
  return world;
}

export const reads = {
  personOfARun: async () => {
    for (const status of STATUSES) {
      const world = await makeRefusing(`users/${ODD}`, status);
      for (const id of [ODD, OTHER]) world.okta.deleteUser(id);
      deepStrictEqual(runOf(await world.readOnly()).state, 'done');
      await settle(world);
      deepStrictEqual([users(world), owed(world)], [allBut(3), [ODD]]);
    }
  },
  personOfCatchUp: async () => {
    for (const status of STATUSES) {
      const world = await makeRefusing(`users/${ODD}`, status, api);
      world.okta.updateProfile(ODD, { displayName: 'New' });
      world.okta.deactivate(OTHER);
      await catchUpWith(world);
      deepStrictEqual([users(world), owed(world)], [allBut(3), [ODD]]);
    }
  },
  groupOfABatch: async () => {
    for (const status of STATUSES) {
      const world = await makeRefusing('groups/00gOdd', status, api);
      await renameBoth(world, () =>
        settle(
          world,
          world.mapped(
            ...world.okta.renameGroup('00gOdd', 'New'),
            ...world.okta.renameGroup('00gEng', 'New'),
          ),
        ),
      );
    }
  },
  groupOfCatchUp: async () => {
    for (const status of STATUSES) {
      const world = await makeRefusing('groups/00gOdd', status, api);
      world.okta.renameGroup('00gOdd', 'New');
      world.okta.renameGroup('00gEng', 'New');
      await renameBoth(world, () => catchUpWith(world));
    }
  },
  organizationOfABatch: async () => {
    for (const status of STATUSES) {
      const world = makeAuth0Runs({
        people: 4,
        source: { organization: { org_1: 'one', org_2: 'two' }, roles: { include: ['*'] } },
        tenant: {
          organizations: [
            { id: 'org_1', name: 'one' },
            { id: 'org_2', name: 'two' },
          ],
          roles: [{ id: 'rol_1', name: 'editor' }],
          members: [1, 2, 3, 4].map((n) => [n < 3 ? 'org_1' : 'org_2', auth0Id(n)] as const),
          memberRoles: [1, 3, 4].map((n) => [n < 3 ? 'org_1' : 'org_2', auth0Id(n), 'rol_1'] as const),
        },
      });
      await world.read();
      world.time.now += 3_600_000;
      const path = /organizations\/org_1\/members\/.*\/roles/;
      if (status === 403) forbid(world.auth0, path);
      else world.auth0.faults.add({ path, answer: { kind: 'status', status } });
      for (const n of [2, 3]) world.auth0.removeMember(n < 3 ? 'org_1' : 'org_2', auth0Id(n));
      for (const n of [1, 4]) world.auth0.unassignRole(n < 3 ? 'org_1' : 'org_2', auth0Id(n), 'rol_1');
      const at = new Date(world.time.now).toISOString();
      const look = (n: number) =>
        recheck({ source: 'auth0', of: { kind: 'person', id: auth0Id(n) }, at, read: 'memberships' });
      await settle(world, [[1, 2, 3, 4].map(look)]);
      const { one, two } = atVelt(world);
      deepStrictEqual(one, { users: [auth0Id(1)], groups: { rol_1: [auth0Id(1)] } });
      deepStrictEqual(two, { users: [auth0Id(4)], groups: { rol_1: [] } });
      deepStrictEqual(
        [owed(world), world.deps.meter.counted.ReadsFailed],
        [[auth0Id(1)], status === 500 ? 5 : 1],
      );
    }
  },
} satisfies Record<string, Proof>;

/** Both groups have the name that their events told, and their members. */
async function renameBoth(world: ReturnType<typeof makeOktaRuns>, happens: () => Promise<unknown>) {
  await happens();
  const groups = Object.entries(world.state()?.groups ?? {});
  deepStrictEqual(
    Object.fromEntries(groups.map(([id, { groupName, members }]) => [id, [groupName, members.length]])),
    {
      '00gEng': ['New', 2],
      '00gOdd': ['New', 2],
    },
  );
}

export const answers = {
  pagesOfAPerson: async () => {
    const groups = Object.fromEntries(everyone(1, 7).map((n) => [`00gGroup${n}`, [1, 2]]));
    const world = makeOktaRuns({ groups });
    await world.read();
    world.time.now += 3_600_000;
    world.okta.faults.add({ path: /users\/.*\/groups/, answer: { kind: 'short-page', items: 2 } });
    world.okta.removeMember('00gGroup7', OTHER);
    world.okta.removeMember('00gGroup7', person(1).id);
    const at = new Date(world.time.now).toISOString();
    await world.hear(recheck({ of: { kind: 'person', id: person(1).id }, at, read: 'memberships' }));
    const mine = Object.values(world.state()?.groups ?? {}).filter(({ members }) =>
      members.includes(person(1).id),
    );
    deepStrictEqual(mine.length, 6);
  },
} satisfies Record<string, Proof>;

/** A newcomer on whom Velt fails or whose kind of call it refuses, beside one who is well and one who leaves, unheard. */
async function makeNews(match: object) {
  const world = makeOktaRuns();
  await world.read();
  await world.catchUpOnce();
  world.time.now += 3_600_000;
  world.faults.add({
    match,
    answer: { kind: 'refuse-call', status: 400, errorStatus: 'INVALID_ARGUMENT', message: 'Odd.' },
  });
  for (const n of [31, 32])
    world.okta.createUser(
      person(n, { profile: { ...person(n).profile, firstName: 'New', lastName: 'One' } }),
    );
  world.okta.deleteUser(OTHER);
  return world;
}
const NEWCOMER = { userId: person(31).id };
const ADDS = { path: '/v1/users/add' };

export const veltAnswers = {
  itemOfARun: async () => {
    const world = await makeNews(NEWCOMER);
    deepStrictEqual(runOf(await world.read()).state, 'done');
    deepStrictEqual(users(world), [...allBut(3), person(32).id]);
    const { queued } = runOf(await world.read());
    ok(queued <= 1, 'nothing is queued again for anybody else');
  },
  itemOfCatchUp: async () => {
    const world = await makeNews(NEWCOMER);
    await world.catchUpOnce();
    deepStrictEqual(users(world), [...allBut(3), person(32).id]);
  },
  callOfARun: async () => {
    const world = await makeNews(ADDS);
    await world.read();
    deepStrictEqual(users(world), allBut(3));
  },
  callOfCatchUp: async () => {
    const world = await makeNews(ADDS);
    await world.catchUpOnce();
    deepStrictEqual(users(world), allBut(3));
  },
} satisfies Record<string, Proof>;
