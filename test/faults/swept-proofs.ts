import { deepStrictEqual, ok } from 'node:assert/strict';
import { sweep } from '../../lib/delivery/sweep.ts';
import { confirmationsOf } from '../../lib/directory/entry.ts';
import type { FaultRule } from '../../local/doubles/velt/velt.ts';
import { settle } from '../property/odd-truth.ts';
import { personChange, recheck, second } from '../support/factories.ts';
import { makeShard } from '../support/lasting.ts';
import { everyone, idsOf, makeOktaRuns, person } from '../support/okta-runs.ts';
import type { Proof } from './odd-item-proofs.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const [ODD, OTHER] = [person(7).id, person(3).id];
const allBut = (...gone: number[]) => idsOf(everyone(1, 30).filter((n) => !gone.includes(n)));

/** So many hours, with a sweep in each of them. */
async function sweepFor(world: ReturnType<typeof makeOktaRuns>, hours: number): Promise<void> {
  for (let hour = 0; hour < hours; hour += 1) {
    world.time.now += HOUR;
    await sweep(world.deps);
    await settle(world);
  }
}

const joins = (personId: string, n: number) =>
  personChange({ personId, at: second(n), id: `j${n}`, exists: true, profile: { name: personId } });
const leaves = (personId: string, n: number) =>
  personChange({ personId, at: second(n), id: `l${n}`, exists: false });
const ids = (count: number) => Array.from({ length: count }, (_, n) => `person-${n}`);
const refusal: FaultRule['answer'] = {
  ...{ kind: 'refuse-call', status: 400 },
  ...{ errorStatus: 'INVALID_ARGUMENT', message: 'Odd.' },
};

type Shard = ReturnType<typeof makeShard>;
const onRecord = ({ memory }: Shard) =>
  memory.entries().flatMap((entry) => (entry.kind === 'person' ? confirmationsOf(entry) : []));
const refusedOf = (shard: Shard) => onRecord(shard).filter(({ refusal }) => refusal);
const isQuiet = ({ messages }: Shard) => {
  const { waiting, dead } = messages.counts();
  return waiting === 0 && dead === 0;
};

export const swept = {
  /** Everybody is owed a read, and one of them the directory never answers. */
  person: async () => {
    for (const status of [400, 403, 500]) {
      const world = makeOktaRuns();
      const owed = () => world.memory.due(Number.POSITIVE_INFINITY, 50).map(({ id }) => id);
      await world.read();
      for (const id of [ODD, OTHER]) world.okta.deleteUser(id);
      world.time.now += HOUR;
      world.okta.faults.add({ path: '/api/v1/users/00u', answer: { kind: 'status', status: 403 } });
      const at = new Date(world.time.now).toISOString();
      const look = (id: string) => recheck({ of: { kind: 'person', id }, at, read: 'memberships' });
      await world.hear(...allBut().map(look));
      deepStrictEqual(owed().toSorted(), allBut());

      world.okta.faults.clear();
      world.okta.faults.add({ path: `/api/v1/users/${ODD}`, answer: { kind: 'status', status } });
      for (const hours of [1, 7 * 24]) {
        await sweepFor(world, hours);
        deepStrictEqual([world.users().toSorted(), owed()], [allBut(3), [ODD]]);
      }
      const failed = world.deps.meter.counted.ReadsFailed ?? 0;
      await sweepFor(world, 24);
      ok((world.deps.meter.counted.ReadsFailed ?? 0) > failed, 'they are read again, and that is counted');

      world.okta.faults.clear();
      await sweepFor(world, 24);
      deepStrictEqual([world.users().toSorted(), owed()], [allBut(3, 7), []]);
    }
  },

  /** Velt refused everybody for a while, and never takes one of them. */
  itemOfVelt: async () => {
    const answers: FaultRule['answer'][] = [
      { kind: 'refuse-item', reason: 'Odd.' },
      refusal,
      { kind: 'status', status: 500 },
    ];
    for (const answer of answers) {
      const shard = makeShard();
      await shard.send(['leaver', 'odd leaver'].map((id) => joins(id, 1)));
      await shard.work();
      shard.faults.add({ match: { path: '/v1/users/add' }, answer: refusal });
      shard.faults.add({ match: { path: '/v2/users/delete' }, answer: refusal });
      await shard.send([...ids(20), 'odd'].map((id) => joins(id, 2)));
      await shard.send(['leaver', 'odd leaver'].map((id) => leaves(id, 2)));
      await shard.work();
      deepStrictEqual([shard.users().toSorted(), refusedOf(shard).length], [['leaver', 'odd leaver'], 23]);

      shard.faults.clear();
      for (const userId of ['odd', 'odd leaver']) shard.faults.add({ match: { userId }, answer });
      await shard.live(DAY);
      deepStrictEqual(shard.users().toSorted(), ['odd leaver', ...ids(20)].toSorted());
      deepStrictEqual(
        onRecord(shard).filter(({ present, refusal }) => present && !refusal).length,
        20,
        'who are confirmed',
      );
      deepStrictEqual(
        refusedOf(shard)
          .map(({ userId }) => userId)
          .toSorted(),
        ['odd', 'odd leaver'],
      );
      ok(isQuiet(shard), 'no message is left');

      await shard.live(30 * DAY);
      const calls = shard.calls.length;
      await shard.live(2 * DAY);
      const tries = shard.calls.length - calls;
      ok(tries >= 2 && tries <= 12, `${tries} calls for two people in two days`);

      shard.faults.clear();
      await shard.live(2 * DAY);
      deepStrictEqual(shard.users().toSorted(), ['odd', ...ids(20)].toSorted());
      deepStrictEqual(refusedOf(shard), []);
    }
  },

  /** Some are owed an add and some a removal, and Velt never takes the one or the other. */
  callOfVelt: async () => {
    for (const path of ['/v1/users/add', '/v2/users/delete'] as const) {
      const shard = makeShard();
      await shard.send(['stays', 'leaver'].map((id) => joins(id, 1)));
      await shard.work();
      shard.faults.add({ answer: refusal });
      await shard.send([...ids(5).map((id) => joins(id, 2)), leaves('leaver', 2)]);
      await shard.work();
      deepStrictEqual([shard.users().toSorted(), refusedOf(shard).length], [['leaver', 'stays'], 6]);

      shard.faults.clear();
      shard.faults.add({ match: { path }, answer: refusal });
      await shard.live(7 * DAY);
      const [here, owed] =
        path === '/v1/users/add' ? [['stays'], ids(5)] : [['leaver', 'stays', ...ids(5)], ['leaver']];
      deepStrictEqual(shard.users().toSorted(), here.toSorted());
      deepStrictEqual(
        refusedOf(shard)
          .map(({ userId }) => userId)
          .toSorted(),
        owed,
      );
      ok(isQuiet(shard), 'no message is left');
      const counted = shard.deps.meter.counted.ItemsRefused ?? 0;

      await shard.live(2 * DAY);
      ok((shard.deps.meter.counted.ItemsRefused ?? 0) > counted, 'it is tried again, and that is counted');
      shard.faults.clear();
      await shard.live(2 * DAY);
      deepStrictEqual([shard.users().toSorted(), refusedOf(shard)], [['stays', ...ids(5)].toSorted(), []]);
    }
  },
} satisfies Record<string, Proof>;
