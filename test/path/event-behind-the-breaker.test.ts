import { describe, expect, test } from 'vitest';
import { allowanceOf, makePlan } from '../../lib/reconcile/plan.ts';
import type { RunDeps } from '../../lib/reconcile/work.ts';
import { auth0Id, makeAuth0Runs, membersOf } from '../support/auth0-runs.ts';
import { auth0Event } from '../support/factories.ts';
import { everyone, makeOktaRuns, person } from '../support/okta-runs.ts';

const MANY = everyone(1, 20);

/** What a test needs of a directory and of everything behind it. */
type World = Pick<ReturnType<typeof makeOktaRuns>, 'deps' | 'depsOf' | 'log'> & {
  read: (over?: Partial<RunDeps>) => Promise<unknown>;
  organizations: () => object;
};

/** Everything that Velt holds. */
const held = ({ organizations }: Pick<World, 'organizations'>) =>
  JSON.parse(JSON.stringify(organizations())) as unknown;

/** A directory of thirty, of whom twenty are in something; a second run has counted who is at Velt. */
async function makeOkta(options: Parameters<typeof makeOktaRuns>[0] = {}) {
  const world = makeOktaRuns({
    people: 30,
    groups: { '00gEng': MANY, '00gOps': everyone(21, 30) },
    ...options,
  });
  return begun(world);
}

async function makeAuth0(options: Parameters<typeof makeAuth0Runs>[0]) {
  return begun(makeAuth0Runs({ people: 30, ...options }));
}

async function begun<W extends { read: () => Promise<unknown>; time: { now: number } }>(
  world: W,
): Promise<W> {
  await world.read();
  await world.read();
  world.time.now += 60_000;
  return world;
}

const groupsDecide = { users: { groups: ['Group 00gEng', 'Group 00gOps'] } };
const application = {
  source: { users: { application: '0oa1' } },
  org: {
    apps: [{ id: '0oa1', label: 'Velt' }],
    assignments: MANY.map((n) => ['0oa1', person(n).id] as [string, string]),
  },
};
const organizations = [
  { id: 'org_1', name: 'acme' },
  { id: 'org_2', name: 'globex' },
];
const members = [
  ...membersOf('org_1', ...MANY),
  ...everyone(21, 30).map((n) => ['org_2', auth0Id(n)] as const),
];
const connections = [{ id: 'con_1', name: 'acme-saml', strategy: 'samlp' }];
const tenantGroup = { id: 'grp_1', type: 'tenant' as const, name: 'Engineers' };
const others = { id: 'grp_2', type: 'tenant' as const, name: 'Others' };
const asUser = (n: number) => ({ member_type: 'user' as const, id: auth0Id(n) });
const inGroups = [
  ...MANY.map((n) => ['grp_1', asUser(n)] as const),
  ...everyone(21, 30).map((n) => ['grp_2', asUser(n)] as const),
];
const decidedByGroups = { users: { groups: ['Engineers', 'Others'] }, api: {} };

const connection = { member_type: 'connection' as const, id: 'con_1' };

/** People whom a connection brings into a group that decides. */
async function makeConnected() {
  const world = makeAuth0Runs({
    people: 30,
    source: decidedByGroups,
    tenant: { connections, groups: [tenantGroup, others], groupMembers: [['grp_1', connection]] },
  });
  for (const n of MANY)
    world.auth0.updateUser(auth0Id(n), {
      identities: [{ connection: 'acme-saml', provider: 'samlp', user_id: `${n}`, isSocial: false }],
    });
  for (const n of everyone(21, 30)) world.auth0.addGroupMember('grp_2', asUser(n));
  return begun(world);
}

/** Each kind of event that takes something from everyone in something, with the world that it happens in. */
const kinds: [string, () => Promise<{ world: World; event: () => Promise<void> }>][] = [
  [
    'the application that decides is switched off',
    async () => {
      const world = await makeOkta(application);
      return { world, event: () => world.webhook(...world.okta.deactivateApp('0oa1')) };
    },
  ],
  [
    'a group that decides gets another name',
    async () => {
      const world = await makeOkta({ source: groupsDecide });
      return { world, event: () => world.webhook(...world.okta.renameGroup('00gEng', 'Aside')) };
    },
  ],
  [
    'a group that decides gets another name, and is read for it',
    async () => {
      const world = await makeOkta({ source: { ...groupsDecide, api: { headroom: 0 } } });
      return { world, event: () => world.webhook(...world.okta.renameGroup('00gEng', 'Aside')) };
    },
  ],
  [
    'a group is deleted',
    async () => {
      const world = await makeOkta();
      return { world, event: () => world.webhook(...world.okta.deleteGroup('00gEng')) };
    },
  ],
  [
    'an organization is deleted',
    async () => {
      const source = { organization: { org_1: 'velt-acme', org_2: 'velt-globex' } };
      const world = await makeAuth0({ source, tenant: { organizations, members } });
      return { world, event: () => world.webhook(...world.auth0.deleteOrganization('org_1')) };
    },
  ],
  [
    'an organization that is meant by its name gets another one',
    async () => {
      const source = { organization: { acme: 'velt-acme', globex: 'velt-globex' } };
      const world = await makeAuth0({ source, tenant: { organizations, members } });
      const event = () => world.webhook(...world.auth0.updateOrganization('org_1', { name: 'aside' }));
      return { world, event };
    },
  ],
  [
    'a group of Auth0 is deleted',
    async () => {
      const tenant = { groups: [tenantGroup, others], groupMembers: inGroups };
      const world = await makeAuth0({ source: decidedByGroups, tenant });
      return { world, event: () => world.webhook(...world.auth0.deleteGroup('grp_1')) };
    },
  ],
  [
    'a connection is taken out of a group',
    async () => {
      const world = await makeConnected();
      return { world, event: () => world.webhook(...world.auth0.removeGroupMember('grp_1', connection)) };
    },
  ],
  [
    'a connection is deleted',
    async () => {
      const world = await makeConnected();
      const event = async () => {
        world.auth0.removeGroupMember('grp_1', connection);
        const object = { id: 'con_1', name: 'acme-saml', strategy: 'samlp' };
        const time = new Date(world.time.now).toISOString();
        await world.webhook(auth0Event('connection.deleted', object, { time }) as never);
      };
      return { world, event };
    },
  ],
  [
    'a role is taken from a group',
    async () => {
      const world = await makeAuth0({
        source: { organization: { org_1: 'velt-acme', org_2: 'velt-globex' } },
        tenant: {
          ...{ organizations, members, roles: [{ id: 'rol_1', name: 'editor' }] },
          ...{ groups: [tenantGroup], groupMembers: MANY.map((n) => ['grp_1', asUser(n)] as const) },
        },
      });
      await world.webhook(...world.auth0.assignOrganizationGroupRole('org_1', 'grp_1', 'rol_1'));
      await begun(world);
      const event = () =>
        world.webhook(...world.auth0.removeOrganizationGroupRole('org_1', 'grp_1', 'rol_1'));
      return { world, event };
    },
  ],
];

describe('an event that would take something from more people than the breaker lets pass', () => {
  test.each(kinds)('takes nothing from anybody, and is counted: %s', async (_kind, make) => {
    const { world, event } = await make();
    const before = held(world);

    await event();

    expect(held(world)).toEqual(before);
    expect(world.deps.meter.counted).toMatchObject({ EventsDeferred: 1 });
    expect(world.log.lines.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        message: 'News of a container waits for the breaker: npm run sync -- plan shows what it would take',
        fields: {
          ...{ source: expect.any(String), kind: expect.any(String), item: expect.any(String) },
          ...{ people: 20, count: 5 },
        },
      },
    ]);
  });

  test('is carried out where no run was heard for a week: none would find it again', async () => {
    const world = await makeOkta({ source: groupsDecide });
    world.time.now += 8 * 24 * 3_600_000;

    await world.webhook(...world.okta.deleteGroup('00gEng'));

    expect(world.users()).toHaveLength(10);
    expect(world.deps.meter.counted.EventsDeferred).toBeUndefined();
  });

  test.each(kinds)(
    'is found by the next run, which stops for it, and done by its plan: %s',
    async (_kind, make) => {
      const { world, event } = await make();
      const before = held(world);
      await event();

      const stopped = await world.read();
      const kept = held(world);
      const plan = await makePlan([...world.depsOf().directories.keys()][0] as string, world.depsOf());
      const applied = await world.read({ allowance: allowanceOf(plan) });
      const after = held(world);
      const again = await world.read();

      expect([stopped, applied]).toMatchObject([
        { state: 'stopped', losing: 20 },
        { state: 'done', losing: 0 },
      ]);
      expect(kept).toEqual(before);
      expect(after).not.toEqual(before);
      expect(again).toMatchObject({ state: 'done', losing: 0, queued: 0 });
      expect(held(world)).toEqual(after);
    },
  );
});
