import { describe, expect, test } from 'vitest';
import { type DeliverDeps, deliver } from '../../../lib/delivery/deliver.ts';
import type { NestingChange, QueueItem } from '../../../lib/directory/change.ts';
import { type ContainerEntry, type Entry, newContainer } from '../../../lib/directory/entry.ts';
import { foldContainer } from '../../../lib/directory/fold.ts';
import { WorldFault } from '../../../lib/errors.ts';
import { makeDelivery } from '../../support/delivery.ts';
import {
  groupChange,
  membershipChange,
  message,
  personChange,
  recheck,
  second,
} from '../../support/factories.ts';

const ada = personChange({ exists: true, profile: { name: 'Ada' } });
const engineers = { kind: 'group', id: 'engineers', name: 'Engineers' } as const;
const leaves = membershipChange({ at: second(5), member: false });

const editorHere = { kind: 'role', id: 'editor', organization: 'org_1' } as const;
/** The group has a role in the organization. */
const nests: NestingChange = {
  ...{ kind: 'nesting', source: 'okta', child: { kind: 'group', id: 'engineers' }, container: editorHere },
  ...{ member: true, at: second(5), id: 'event-5' },
};
/** Somebody is in the organization and in the group. */
const joins = (personId: string) => [
  { ...ada, personId },
  membershipChange({ personId, container: { kind: 'organization', id: 'org_1' } }),
  membershipChange({ personId, container: { kind: 'group', id: 'engineers' } }),
];

type World = ReturnType<typeof makeWorld>;

function makeWorld(source: object = {}) {
  return makeDelivery({ okta: { kind: 'okta', organization: 'acme', ...source } });
}

const leaseOf = (
  { memory }: Pick<World, 'memory'>,
  kind: 'person' | 'group' | 'role' = 'person',
  id = 'ada',
) => [...memory.read([{ source: 'okta', kind, id }]).values()][0]?.lease;

/** One delivery whose deps are others in part; the fault by which its message comes back. */
async function deliverOnce(world: World, over: Partial<DeliverDeps>, ...items: QueueItem[]) {
  const deadline = world.time.now + 60_000;
  return (await deliver([message(items)], deadline, { ...world.deps, ...over })).get('m');
}

describe('a lease', () => {
  test('is on record before the first call, lasts until the last one can have landed, and is given back', async () => {
    const world = makeWorld();
    const during: unknown[] = [];
    const apply: DeliverDeps['velt']['apply'] = async (step, deadline) => {
      during.push(leaseOf(world)?.until);
      return world.deps.velt.apply(step, deadline);
    };
    const end = world.time.now + 60_000 + 60_000;

    await deliverOnce(world, { velt: { ...world.deps.velt, apply } }, ada);

    expect(during).toEqual([end]);
    expect(leaseOf(world)).toBeUndefined();
  });

  test('is not taken for whom there is nothing to call for', async () => {
    const world = makeWorld();
    await world.run(ada);
    const leases: unknown[] = [];
    const write: DeliverDeps['mirror']['write'] = async (stored, times) => {
      leases.push(times.lease);
      return world.deps.mirror.write(stored, times);
    };

    await deliverOnce(
      world,
      { mirror: { ...world.deps.mirror, write } },
      personChange({ at: second(2), exists: true }),
    );

    expect(leases).toEqual([undefined]);
  });

  test('stays until a call that was given up can have landed, and nobody calls before that', async () => {
    const world = makeWorld();
    const landsUntil = world.time.now + 45_000;
    const fault = new WorldFault('timeout', 'no answer');
    const apply: DeliverDeps['velt']['apply'] = async () => ({ outcomes: new Map(), fault, landsUntil });

    const first = await deliverOnce(world, { velt: { ...world.deps.velt, apply } }, ada);
    const kept = leaseOf(world)?.until;
    const meanwhile = await world.once(personChange({ at: second(2), exists: false }));
    const calls = world.calls.length;
    world.time.now = landsUntil;
    const after = await world.once(ada);

    expect([first?.code, kept]).toEqual(['timeout', landsUntil]);
    expect([meanwhile, calls]).toMatchObject([{ code: 'leased', retryAfterMs: 45_000 }, 0]);
    expect([after, world.users(), leaseOf(world)]).toEqual([undefined, ['ada'], undefined]);
  });

  test('is held while the rows of somebody who left are deleted', async () => {
    const world = makeWorld();
    await world.run(ada, membershipChange({ container: engineers }));
    const during: unknown[] = [];
    const leave: DeliverDeps['mirror']['leave'] = async (rows) => {
      during.push([rows.length, (leaseOf(world)?.until ?? 0) > world.time.now]);
      return world.deps.mirror.leave(rows);
    };

    await deliverOnce(world, { mirror: { ...world.deps.mirror, leave } }, leaves);

    expect(during).toEqual([[1, true]]);
    expect(leaseOf(world)).toBeUndefined();
  });

  test('is held for the rows also where there is nothing to call for', async () => {
    const world = makeWorld({ groups: { include: [] } });
    await world.run(ada, membershipChange({ container: engineers }));
    const during: boolean[] = [];
    const leave: DeliverDeps['mirror']['leave'] = async () => {
      during.push((leaseOf(world)?.until ?? 0) > world.time.now);
    };

    await deliverOnce(world, { mirror: { ...world.deps.mirror, leave } }, leaves);

    expect(during).toEqual([true]);
  });

  test('that was lost leaves the rows of whoever left: the next delivery deletes them', async () => {
    const world = makeWorld();
    await world.run(ada, membershipChange({ container: engineers }));
    const write = overtaken(world, 'person', (entry) => ({ ...entry }));

    const fault = await deliverOnce(world, { mirror: { ...world.deps.mirror, write } }, leaves);

    expect(fault).toMatchObject({ code: 'leased' });
    expect(world.memory.members('okta', engineers)).toEqual(['ada']);
  });
});

/** A table in which another delivery writes an entry of a kind just before the first lease of it, as `change` has it. */
function overtaken(world: World, kind: Entry['kind'], change: (entry: Entry) => Entry) {
  let isFirst = true;
  const write: DeliverDeps['mirror']['write'] = async (stored, times) => {
    if (stored.entry.kind === kind && times.lease && isFirst) {
      isFirst = false;
      const { source, id } = stored.entry;
      for (const { entry, revision } of world.memory.read([{ source, kind, id }]).values())
        world.memory.write({ entry: change(entry), revision }, { expiresAt: undefined });
    }
    return world.deps.mirror.write(stored, times);
  };
  return write;
}

describe('a container that another delivery wrote before it was leased is loaded again, and called for, where', () => {
  const rename = (entry: Entry) => ({ ...entry, name: { value: 'Renamed', version: second(50) } }) as Entry;

  test('a membership names it', async () => {
    const world = makeWorld();
    const write = overtaken(world, 'group', rename);
    await world.run(groupChange({ exists: true, name: 'Engineers' }));

    const joins = membershipChange({ container: { kind: 'group', id: 'engineers' } });
    const fault = await deliverOnce(world, { mirror: { ...world.deps.mirror, write } }, ada, joins);

    expect(fault).toBeUndefined();
    expect(world.state()?.groups.engineers).toEqual({ groupName: 'Renamed', members: ['ada'] });
  });

  test('only a nesting names it', async () => {
    const world = makeDelivery({
      okta: { kind: 'auth0', organization: 'acme', groups: { include: [] }, roles: { include: ['*'] } },
    });
    const group = foldContainer(newContainer({ source: 'okta', kind: 'group', id: 'engineers' }), nests);
    const editor = newContainer({ source: 'okta', kind: 'role', id: 'editor' });
    for (const entry of [group, { ...editor, exists: { value: true, version: second(0) } }])
      world.memory.write({ entry, revision: 0 }, { expiresAt: undefined });
    const write = overtaken(world, 'role', rename);

    const fault = await deliverOnce(world, { mirror: { ...world.deps.mirror, write } }, ...joins('ada'));

    expect(fault).toBeUndefined();
    expect(world.state()?.groups.editor).toEqual({ groupName: 'Renamed', members: ['ada'] });
  });

  test('it is in something now that was not loaded: that is made in Velt first', async () => {
    const world = makeDelivery({ okta: { kind: 'auth0', organization: 'acme', roles: { include: ['*'] } } });
    await world.run(groupChange({ exists: true, name: 'Engineers' }));
    const write = overtaken(world, 'group', (entry) => foldContainer(entry as ContainerEntry, nests));

    const fault = await deliverOnce(world, { mirror: { ...world.deps.mirror, write } }, ...joins('ada'));

    expect(fault).toBeUndefined();
    expect(world.state()?.groups.editor?.members).toEqual(['ada']);
    expect(world.users()).toEqual(['ada']);
  });
});

test('news of a container that another delivery gives back before it is leased has everyone in it looked at', async () => {
  const world = makeDelivery({ okta: { kind: 'auth0', organization: 'acme', roles: { include: ['*'] } } });
  await world.run(
    { ...groupChange({ exists: true }), kind: 'role', containerId: 'editor' },
    groupChange({ exists: true, name: 'Engineers' }),
    ...joins('ada'),
  );
  const lease = { owner: 'another', until: world.time.now + 40_000 };
  writeGroup(world, (group) => ({ ...group, name: { value: 'Makers', version: second(4) } }) as Entry, lease);
  const write: DeliverDeps['mirror']['write'] = async (stored, times) => {
    const isHeld = leaseOf(world, 'group', 'engineers')?.owner === 'another';
    if (stored.entry.kind === 'person' && times.lease && isHeld) writeGroup(world, (group) => group);
    return world.deps.mirror.write(stored, times);
  };

  const fault = await deliverOnce(
    world,
    { mirror: { ...world.deps.mirror, write } },
    ...[...joins('grace'), nests],
  );
  for (const more of world.queued.splice(0)) await world.run(...more);

  expect(fault).toBeUndefined();
  expect(world.state()?.groups.editor?.members.toSorted()).toEqual(['ada', 'grace']);
});

/** What another delivery writes of the group, and the lease that it has then. */
function writeGroup(world: World, change: (entry: Entry) => Entry, lease?: { owner: string; until: number }) {
  for (const { entry, revision } of world.memory
    .read([{ source: 'okta', kind: 'group', id: 'engineers' }])
    .values())
    world.memory.write({ entry: change(entry), revision }, { expiresAt: undefined, ...(lease && { lease }) });
}

test('somebody who is wanted only after a reload is on record as that Velt user, so that nobody else takes it away', async () => {
  const world = makeDelivery({
    okta: { kind: 'auth0', organization: 'acme', userId: 'email', users: { groups: ['editor'] } },
  });
  await world.run(groupChange({ exists: true, name: 'Engineers' }), ...joins('grace'));
  const write = overtaken(world, 'group', (entry) => foldContainer(entry as ContainerEntry, nests));
  const profile = { name: 'Ada', email: 'ada@example.com' };
  const known = personChange({ exists: true, emailVerified: true, profile });
  // Grace is in Velt by herself, so that there is a group to lease.
  await world.run(
    personChange({
      personId: 'grace',
      exists: true,
      emailVerified: true,
      profile: { email: 'g@example.com' },
    }),
    membershipChange({ personId: 'grace', container: editorHere }),
  );

  await deliverOnce(
    world,
    { mirror: { ...world.deps.mirror, write } },
    ...[known, ...joins('ada').slice(1), groupChange({ at: second(7), name: 'Makers' })],
  );

  expect(world.users()).toContain('ada@example.com');
  expect(world.memory.members('', { kind: 'user', id: 'ada@example.com' })).toEqual(['okta#person#ada']);
});

test('what a container waits for that is to be leased is not forgotten', async () => {
  const down = new WorldFault('unavailable', 'the directory is down');
  const world = makeDelivery({ okta: { kind: 'okta', organization: 'acme', api: {} } }, () => {
    const readGroup = () => Promise.reject(down);
    return new Map([['okta', { covers: ['group'], readGroup } as never]]);
  });
  const of = { kind: 'group', id: 'engineers' } as const;
  const joined = [
    ada,
    membershipChange({ container: engineers }),
    groupChange({ exists: true, name: 'Engineers' }),
  ];
  const asks = recheck({ of, reason: 'absence', read: 'alone' });

  const fault = await world.once(...joined, asks);

  expect(fault?.code).toBe('unavailable');
});
