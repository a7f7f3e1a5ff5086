import { describe, expect, test } from 'vitest';
import { deliver } from '../../lib/delivery/deliver.ts';
import type { Call } from '../../lib/directory/calls.ts';
import type { QueueItem } from '../../lib/directory/change.ts';
import { WorldFault } from '../../lib/errors.ts';
import { membershipChange, personChange, second } from '../support/factories.ts';
import { makeShard } from '../support/lasting.ts';
import { everyone, idsOf, makeOktaRuns, person, runOf } from '../support/okta-runs.ts';
import { joins, makeReadBack, STAFF, staff } from '../support/read-back.ts';

const HOUR = 60 * 60_000;
const called = (personId: string, name: string, n = 1) =>
  personChange({ personId, at: second(n), id: `c${n}`, exists: true, profile: { name } });
const deleted = (personId: string, n = 2) =>
  personChange({ personId, at: second(n), id: `d${n}`, exists: false });
const member = (personId: string, id: string, n = 1) =>
  membershipChange({ personId, at: second(n), id: `m${n}`, container: { kind: 'group', id } });

describe('entries that only a newer version can read', () => {
  /** Ada and Lea are engineers, Bob is a writer, and Eve is in nothing; then nobody can read Eve and the engineers. */
  async function makeRolledBack() {
    const shard = makeShard();
    await shard.send([
      ...['ada', 'lea', 'bob', 'eve'].map((id) => called(id, id)),
      ...[member('ada', 'engineers'), member('lea', 'engineers'), member('bob', 'writers')],
    ]);
    await shard.work();
    shard.memory.newer.add('okta#person#eve').add('okta#group#engineers');
    return shard;
  }
  const namesOf = ({ state }: Awaited<ReturnType<typeof makeRolledBack>>) =>
    Object.entries(state()?.users ?? {}).map(([id, { name }]) => `${id}: ${name}`);

  const news = [
    ...['eve', 'ada', 'bob', 'dan'].map((id) => called(id, `New ${id}`, 3)),
    ...[member('dan', 'engineers', 3), member('bob', 'painters', 3), deleted('lea', 3)],
  ];

  test('keep nobody else waiting who is told of in the same message, and nobody from leaving', async () => {
    const shard = await makeRolledBack();
    await shard.send(news);

    await shard.live(HOUR);

    expect(namesOf(shard)).toEqual(['ada: ada', 'bob: New bob', 'eve: eve']);
    expect(shard.state()?.groups.painters?.members).toEqual(['bob']);
    expect(shard.state()?.groups.engineers?.members).toEqual(['ada']);
    expect(shard.messages.counts()).toMatchObject({ waiting: 1, dead: 0 });
    expect(shard.meter.counted.EntriesUnreadable).toBeGreaterThan(0);
  });

  test('have all that waited for them delivered once they can be read', async () => {
    const shard = await makeRolledBack();
    await shard.send(news);
    await shard.live(HOUR);
    shard.memory.newer.clear();

    await shard.live(HOUR);

    expect(namesOf(shard).sort()).toEqual(['ada: New ada', 'bob: New bob', 'dan: New dan', 'eve: New eve']);
    expect(shard.state()?.groups.engineers?.members.sort()).toEqual(['ada', 'dan']);
    expect(shard.messages.counts()).toMatchObject({ waiting: 0, dead: 0 });
  });

  test('leave nothing waiting of a sweep, which finds them again', async () => {
    const shard = await makeRolledBack();
    const of = { kind: 'person', id: 'eve' } as const;
    await shard.send([{ kind: 'recheck', source: 'okta', of, at: second(3), reason: 'sweep' }]);

    await shard.work();

    expect(shard.messages.counts()).toMatchObject({ waiting: 0 });
  });
});

test('a user whom somebody unreadable may share is not taken from them', async () => {
  const shard = makeShard({}, { organization: 'acme', userId: 'email' });
  const as = (personId: string, n: number) =>
    personChange({
      ...{ personId, at: second(n), id: `a${n}`, exists: true },
      profile: { name: 'Ada', email: 'ada@example.com' },
    });
  await shard.send([as('ada', 1), as('twin', 2)]);
  await shard.work();
  shard.memory.newer.add('okta#person#twin');
  await shard.send([deleted('ada', 3)]);
  await shard.live(HOUR);
  const during = shard.users();
  shard.memory.newer.clear();
  await shard.send([deleted('twin', 4)]);

  await shard.live(HOUR);

  expect([during, shard.users()]).toEqual([['ada@example.com'], []]);
});

test('a run goes on over a person and a group that cannot be read: only who left leaves', async () => {
  const groups = { '00gEng': everyone(1, 20), '00gOps': everyone(21, 40) };
  const source = { users: { groups: ['Group 00gEng', 'Group 00gOps'] } };
  const world = makeOktaRuns({ people: 40, groups, source });
  await world.read();
  world.memory.newer.add(`okta#person#${person(30).id}`).add('okta#group#00gEng');
  for (const n of [7, 30, 35]) world.okta.deleteUser(person(n).id);

  const run = runOf(await world.readOnly());
  for (const changes of world.queued.splice(0)) await world.once(...changes);

  expect(run).toMatchObject({ state: 'done', losing: 2, asked: 2 });
  expect(world.users().sort()).toEqual(idsOf(everyone(1, 40).filter((n) => n !== 7 && n !== 35)));
  expect(world.meter.counted).toMatchObject({ EntriesUnreadable: 2 });
});

test('a group that is gone stops a run for everyone who would leave it, be they in a group that cannot be read', async () => {
  const groups = { '00gAll': everyone(1, 30), '00gEng': everyone(1, 12), '00gOps': everyone(13, 15) };
  const world = makeOktaRuns({ people: 30, groups });
  await world.read();
  world.memory.newer.add('okta#group#00gAll');
  world.okta.deleteGroup('00gOps');
  const few = runOf(await world.readOnly());
  world.okta.deleteGroup('00gEng');

  const many = runOf(await world.readOnly());

  expect(few).toMatchObject({ state: 'done', losing: 3, asked: 1 });
  expect(many).toMatchObject({ state: 'stopped', losing: 15 });
});

test('what waits for a newer version, however long, makes nobody a culprit on whom Velt fails once', async () => {
  const { deps, memory, time, log, run } = makeShard({}, { organization: 'acme', userId: 'email' });
  const as = (personId: string, email: string) =>
    personChange({
      ...{ personId, at: second(1), id: personId, exists: true },
      profile: { email, name: email },
    });
  await run(as('ada', 'ada@example.com'), as('twin', 'ada@example.com'));
  memory.newer.add('okta#person#twin');
  const failing = async (call: Call, deadline: number) =>
    call.items.some(({ id }) => id === 'bob@example.com')
      ? { outcomes: new Map(), fault: new WorldFault('unavailable', 'Velt answered 500') }
      : deps.velt.apply(call, deadline);
  const message = (messageId: string, receives: string, ...changes: QueueItem[]) => ({
    ...{ messageId, body: JSON.stringify({ v: 2, changes }) },
    attributes: { MessageGroupId: `waiting-${messageId}`, ApproximateReceiveCount: receives },
  });

  const failed = await deliver(
    [
      message('old', '9', deleted('ada', 3)),
      message('new', '1', as('bob', 'bob@example.com')),
      message('other', '1', as('dan', 'dan@example.com')),
    ],
    time.now + 60_000,
    {
      ...deps,
      velt: { ...deps.velt, apply: failing },
      config: { ...deps.config, velt: { ...deps.config.velt, batchSize: 1 } },
    },
  );

  expect([...failed].map(([id, { code }]) => [id, code])).toEqual([
    ['old', 'unreadable-entry'],
    ['new', 'unavailable'],
  ]);
  expect(log.lines.map(({ message }) => message)).not.toContain('Velt refused an item');
});

test('a read-back that adopts strangers takes nobody out who cannot be read, and the strangers', async () => {
  const { run, once, look, queued, memory, byHand, state } = makeReadBack({ adopt: true });
  await run(...staff, joins('eve'));
  byHand.add('acme', { userId: 'zoe', name: 'Zoe' });
  memory.newer.add('okta#person#eve').add('okta#group#engineers');

  const drift = await look();
  const deliverEach = async (items: QueueItem[]) => {
    for (const item of items) await once(item);
  };
  for (const changes of queued.splice(0)) await deliverEach(changes);

  expect(drift).toMatchObject({ missing: 0, changed: 0 });
  expect(state()).toEqual({ users: [...STAFF, 'eve'], members: STAFF });
});
