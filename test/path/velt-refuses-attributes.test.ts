import { describe, expect, test } from 'vitest';
import { confirmationsOf } from '../../lib/directory/entry.ts';
import type { FaultRule } from '../../local/doubles/velt/velt.ts';
import { membershipChange, personChange, second } from '../support/factories.ts';
import { makeShard } from '../support/lasting.ts';

const DAY = 24 * 60 * 60_000;
const ids = (count: number) => Array.from({ length: count }, (_, n) => `person-${n}`);
const joins = (personId: string, n = 1) =>
  personChange({ personId, at: second(n), id: `j${n}`, exists: true, profile: { name: personId } });

type Shard = ReturnType<typeof makeShard>;
const onRecord = ({ memory }: Shard) =>
  memory.entries().flatMap((entry) => (entry.kind === 'person' ? confirmationsOf(entry) : []));

describe.each<FaultRule['answer']>([
  { kind: 'refuse-item', reason: 'Invalid e-mail of Odd One' },
  { kind: 'refuse-call', status: 400, errorStatus: 'INVALID_ARGUMENT', message: 'Invalid e-mail of Odd One' },
])('a Velt that takes no e-mail address of one user, for ever, by $kind', (answer) => {
  const odd = (n: number, over: object = {}) =>
    personChange({
      ...{ personId: 'odd', at: second(n), id: `o${n}`, exists: true },
      profile: { name: 'Odd', email: 'odd@one.example', ...over },
    });

  async function makeOdd(options = {}) {
    const shard = makeShard(options);
    shard.faults.add({ match: { userId: 'odd', attribute: 'email' }, answer });
    await shard.send([
      odd(1),
      membershipChange({ personId: 'odd', at: second(1), id: 'm' }),
      ...ids(5).map((id) => joins(id)),
    ]);
    await shard.work();
    return shard;
  }

  test.each(['added', 'already-exists'] as const)(
    'has them with the first delivery, by name and in their group, where a repeated add is %s',
    async (repeatAdd) => {
      const shard = await makeOdd({ repeatAdd });

      expect(shard.state()?.users.odd).toEqual({ name: 'Odd' });
      expect(shard.state()?.groups.engineers?.members).toEqual(['odd']);
      expect(shard.messages.counts()).toMatchObject({ waiting: 0, dead: 0 });
      expect(shard.deps.meter.counted).toMatchObject({ AttributesRefused: 1 });
      expect(shard.deps.meter.counted).not.toHaveProperty('ItemsRefused');
      expect(JSON.stringify(shard.log.lines)).not.toMatch(/Odd|one\.example/);
    },
  );

  test.each(['added', 'already-exists'] as const)(
    'is not asked again before the refusal is due, and once a day in the end, where a repeated add is %s',
    async (repeatAdd) => {
      const shard = await makeOdd({ repeatAdd });
      const calls = shard.calls.length;

      await shard.send([odd(2)]);
      await shard.live(60_000);
      const early = shard.calls.length;
      await shard.live(30 * DAY);
      const before = shard.calls.length;
      await shard.live(2 * DAY);

      expect(early).toBe(calls);
      expect(shard.calls.length - before).toBeLessThanOrEqual(2 * (repeatAdd === 'added' ? 2 : 4));
      expect(onRecord(shard).find(({ userId, scope }) => userId === 'odd' && !scope.groupId)).toMatchObject({
        present: true,
        refusal: { attributes: ['email'], reason: 'Invalid e-mail of Odd One' },
      });
    },
  );

  test('is asked at once for another attribute, and has all of it once it takes that', async () => {
    const shard = await makeOdd();
    await shard.live(7 * DAY);

    await shard.send([odd(3, { name: 'Odder' })]);
    await shard.work();
    const renamed = shard.state()?.users.odd;
    shard.faults.clear();
    await shard.send([odd(4, { name: 'Odder', email: 'odd@two.example' })]);
    await shard.work();

    expect([renamed, shard.state()?.users.odd]).toEqual([
      { name: 'Odder' },
      { name: 'Odder', email: 'odd@two.example' },
    ]);
    expect(onRecord(shard).some(({ refusal }) => refusal)).toBe(false);
  });
});

describe.each<FaultRule['answer']>([{ kind: 'status', status: 500 }, { kind: 'hang' }])(
  'a Velt that fails for ever on the e-mail address of one user, by %j,',
  (answer) => {
    async function makeFailing(options = {}) {
      const shard = makeShard(options);
      shard.faults.add({ match: { userId: 'odd', attribute: 'email' }, answer });
      const profile = { name: 'Odd', email: 'odd@one.example' };
      await shard.send([
        personChange({ personId: 'odd', at: second(1), id: 'o1', exists: true, profile }),
        membershipChange({ personId: 'odd', at: second(1), id: 'm' }),
        ...ids(5).map((id) => joins(id)),
      ]);
      await shard.live(DAY / 24);
      return shard;
    }

    test.each(['added', 'already-exists'] as const)(
      'has them within the hour, by name and in their group, and no message left, where a repeated add is %s',
      async (repeatAdd) => {
        const shard = await makeFailing({ repeatAdd });

        expect(shard.state()?.users.odd).toEqual({ name: 'Odd' });
        expect(shard.state()?.groups.engineers?.members).toEqual(['odd']);
        expect(shard.messages.counts()).toMatchObject({ waiting: 0, dead: 0 });
        expect(onRecord(shard).flatMap(({ refusal }) => refusal?.attributes ?? [])).toEqual(['email']);
      },
    );

    test('has all of it once it does not fail', async () => {
      const shard = await makeFailing();
      shard.faults.clear();

      await shard.live(DAY);

      expect(shard.state()?.users.odd).toEqual({ name: 'Odd', email: 'odd@one.example' });
      expect(onRecord(shard).some(({ refusal }) => refusal)).toBe(false);
    });
  },
);
