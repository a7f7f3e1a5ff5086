import { describe, expect, test } from 'vitest';
import { type DeliverDeps, deliver } from '../../lib/delivery/deliver.ts';
import { sweep } from '../../lib/delivery/sweep.ts';
import { makeDelivery } from '../support/delivery.ts';
import {
  groupChange,
  membershipChange,
  message,
  personChange,
  readAt,
  second,
} from '../support/factories.ts';
import { everyone, idsOf, makeOktaRuns, person, runOf } from '../support/okta-runs.ts';

// Two workers that meet on one person: one has what a run queued, from the run's own message group, the other an event,
// from a shard. While a call of the first is on its way, the second delivers its message whole.

const SWEEP_MS = 5 * 60_000;
const DAY_MS = 24 * 60 * 60_000;

type Changes = Parameters<ReturnType<typeof makeDelivery>['once']>;
type World = Pick<ReturnType<typeof makeDelivery>, 'deps' | 'queued' | 'time'>;

function makeWorld() {
  return makeDelivery({ okta: { kind: 'okta', organization: 'acme' } });
}

/** Delivers one message; it is among those that come back if it must. */
async function deliverOnce(world: World, back: Changes[], changes: Changes, over: Partial<DeliverDeps> = {}) {
  const deps = { ...world.deps, ...over };
  if ((await deliver([message(changes)], world.time.now + 60_000, deps)).has('m')) back.push(changes);
}

/** Velt for a worker that is overtaken by `other` while its first call of a kind is on the way. */
function overtaken(world: World, kind: string, other: () => Promise<void>): Partial<DeliverDeps> {
  let isFirst = true;
  const apply: DeliverDeps['velt']['apply'] = async (call, deadline) => {
    if (call.kind === kind && isFirst) {
      isFirst = false;
      await other();
    }
    return world.deps.velt.apply(call, deadline);
  };
  return { velt: { ...world.deps.velt, apply } };
}

/** A day on which messages come back until they are through, and the sweep runs. */
async function liveOn(world: World, back: Changes[]): Promise<void> {
  const { config, mirror, queue, clock, log, meter } = world.deps;
  for (const end = world.time.now + DAY_MS + SWEEP_MS; world.time.now < end; world.time.now += SWEEP_MS) {
    await sweep({ config, mirror, queue, clock, log, meter });
    for (const changes of [...back.splice(0), ...world.queued.splice(0)])
      await deliverOnce(world, back, changes as Changes);
  }
  expect(back).toEqual([]);
}

describe('an event overtakes what a run read:', () => {
  const here = { exists: true, profile: { name: 'Ada', email: 'ada@example.com' } };
  const event = (n: number) => ({ at: second(n), id: `e${n}` });
  const ada = personChange({ ...event(0), ...here });

  test.each([
    {
      title: 'whoever is deleted while the run adds them is not at Velt',
      before: [],
      read: personChange({ ...readAt(1), ...here }),
      call: 'users.add',
      heard: personChange({ ...event(2), exists: false }),
      users: [],
      members: [],
    },
    {
      title: 'whoever returns while the run removes them is at Velt',
      before: [ada],
      read: personChange({ ...readAt(1), exists: false }),
      call: 'users.delete',
      heard: personChange({ ...event(2), ...here }),
      users: ['ada'],
      members: [],
    },
    {
      title: 'whoever leaves a group while the run puts them in is not in it',
      before: [ada],
      read: membershipChange({ ...readAt(1) }),
      call: 'group.users.add',
      heard: membershipChange({ ...event(2), member: false }),
      users: ['ada'],
      members: [],
    },
  ])('$title', async ({ before, read, call, heard, users, members }) => {
    const world = makeWorld();
    const back: Changes[] = [];
    if (before.length > 0) await world.run(...before);

    const meanwhile = overtaken(world, call, () => deliverOnce(world, back, [heard]));
    await deliverOnce(world, back, [read], meanwhile);
    // SQS delivers at least once.
    await deliverOnce(world, back, [read]);
    await liveOn(world, back);

    expect(world.users()).toEqual(users);
    expect(world.state()?.groups.engineers?.members ?? []).toEqual(members);
  });

  test('whoever is put back into a group while the run takes them out is among its members when it ends', async () => {
    const world = makeWorld();
    const back: Changes[] = [];
    const container = { kind: 'group', id: 'engineers', name: 'Engineers' } as const;
    await world.run(ada, membershipChange({ ...event(1), container }));
    let isFirst = true;
    const leave: DeliverDeps['mirror']['leave'] = async (memberships) => {
      if (isFirst) {
        isFirst = false;
        await deliverOnce(world, back, [membershipChange(event(3))]);
      }
      return world.deps.mirror.leave(memberships);
    };

    const mirror = { ...world.deps.mirror, leave };
    await deliverOnce(world, back, [membershipChange({ ...readAt(2), member: false })], { mirror });
    await liveOn(world, back);
    expect(world.state()?.groups.engineers?.members).toEqual(['ada']);
    await deliverOnce(world, back, [groupChange({ ...event(9), exists: false })]);
    await liveOn(world, back);

    expect(world.state()?.groups.engineers?.members).toEqual([]);
  });
});

test('whoever is deleted while a first run adds them is not at Velt, and no later run has to see to it', async () => {
  const world = makeOktaRuns({ people: 30 });
  const gone = person(7).id;
  const back: Changes[] = [];
  runOf(await world.readOnly());
  const lane = world.queued.splice(0);
  const meanwhile = overtaken(world, 'users.add', async () => {
    for (const changes of world.mapped(...world.okta.deleteUser(gone)))
      await deliverOnce(world, back, changes as Changes);
  });

  for (const changes of lane) await deliverOnce(world, back, changes as Changes, meanwhile);
  await liveOn(world, back);
  const users = world.users();
  const next = runOf(await world.readOnly());

  expect(users.toSorted()).toEqual(idsOf(everyone(1, 30)).filter((id) => id !== gone));
  expect(next).toMatchObject({ state: 'done', people: 29, losing: 0, queued: 0 });
});

test.each([
  [5, 60],
  [5, 5],
  [60, 5],
])(
  'of two reads of one person in one second of Okta the later one wins: %i and %i ms',
  async (first, second) => {
    const world = makeOktaRuns({ people: 0, source: { api: { headroom: 0 } } });
    const { okta, time } = world;
    const { handle } = okta;
    let takesMs = first;
    okta.handle = (request) => {
      const answer = handle(request);
      time.now += takesMs;
      return answer;
    };
    const { id, profile } = person(1);
    time.now = Date.parse('2026-09-02T09:00:00.000Z') + 300;

    await world.webhook(...okta.createUser({ id, profile }));
    expect(world.users()).toEqual([id]);
    takesMs = second;
    await world.webhook(...okta.deactivate(id));

    expect(world.users()).toEqual([]);
  },
);
