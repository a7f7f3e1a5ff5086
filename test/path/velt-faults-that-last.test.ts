import { describe, expect, test } from 'vitest';
import { confirmationsOf } from '../../lib/directory/entry.ts';
import type { FaultRule } from '../../local/doubles/velt/velt.ts';
import { membershipChange, personChange, second } from '../support/factories.ts';
import { makeShard } from '../support/lasting.ts';

const DAY = 24 * 60 * 60_000;
const ids = (count: number) => Array.from({ length: count }, (_, n) => `person-${n}`);
const joins = (personId: string, n = 1) =>
  personChange({ personId, at: second(n), id: `j${n}`, exists: true, profile: { name: personId } });
const leaves = (personId: string, n = 2) =>
  personChange({ personId, at: second(n), id: `l${n}`, exists: false });

type Shard = ReturnType<typeof makeShard>;
const onRecord = ({ memory }: Shard) =>
  memory.entries().flatMap((entry) => (entry.kind === 'person' ? confirmationsOf(entry) : []));

describe.each<FaultRule['answer']>([{ kind: 'status', status: 500 }, { kind: 'hang' }])(
  'one user on whom Velt fails for ever, whatever else is in the call, by %j:',
  (answer) => {
    async function makePoisoned() {
      const shard = makeShard();
      await shard.send([joins('leaver')]);
      await shard.work();
      shard.faults.add({ match: { userId: 'poison' }, answer });
      await shard.send([joins('poison', 2), ...ids(40).map((id) => joins(id, 2))]);
      await shard.send([leaves('leaver', 3)]);
      return shard;
    }

    test('a leaver leaves with the first delivery', async () => {
      const shard = await makePoisoned();

      await shard.work();

      expect(shard.users()).not.toContain('leaver');
    });

    test('the forty who came with them, and whoever comes a minute later, are in and confirmed', async () => {
      const shard = await makePoisoned();
      await shard.live(60_000);
      await shard.send([joins('later', 4)]);

      await shard.live(DAY / 24);

      expect(onRecord(shard).filter(({ present }) => present)).toHaveLength(41);
      expect(shard.users().sort()).toEqual([...ids(40), 'later'].sort());
    });

    test('no message is left for them, and whoever comes the next day is in with the first delivery', async () => {
      const shard = await makePoisoned();
      await shard.live(DAY);
      await shard.send([joins('later', 4)]);
      const left = shard.messages.counts();

      await shard.work();

      expect(left).toMatchObject({ waiting: 1, dead: 0 });
      expect(shard.users()).toContain('later');
    });

    test('they are kept for the sweep as refused, and are in once Velt does not fail', async () => {
      const shard = await makePoisoned();
      await shard.live(DAY);
      const kept = onRecord(shard).filter(({ userId }) => userId === 'poison');
      shard.faults.clear();

      await shard.live(2 * DAY);

      expect(kept).toMatchObject([{ present: false, refusal: { attempts: expect.any(Number) } }]);
      expect(shard.users()).toContain('poison');
    });
  },
);

describe('an organization that Velt denies for ever', () => {
  const source = { kind: 'auth0', organization: { denied: 'denied', open: 'acme' } };
  const memberOf = (id: string) => (personId: string) => [
    joins(personId),
    membershipChange({ personId, at: second(1), id: 'm', container: { kind: 'organization', id } }),
  ];
  const denied = { kind: 'status', status: 403, errorStatus: 'PERMISSION_DENIED', message: 'No.' } as const;

  async function makeDenied() {
    const shard = makeShard({}, source);
    shard.faults.add({ match: { organizationId: 'denied' }, answer: denied });
    await shard.send([...ids(8).flatMap(memberOf('denied')), ...ids(20).slice(8).flatMap(memberOf('open'))]);
    return shard;
  }

  test('keeps nobody out of another, in the first delivery', async () => {
    const shard = await makeDenied();

    await shard.work();

    expect(shard.users().toSorted()).toEqual(ids(20).slice(8).toSorted());
  });

  test('leaves its people refused, and no message waiting, once Velt answers of anybody else', async () => {
    const shard = await makeDenied();
    await shard.live(DAY / 24);
    await shard.send(memberOf('open')('later'));
    await shard.live(DAY / 24);
    await shard.send(memberOf('open')('last'));
    await shard.live(DAY / 24);

    expect(shard.users()).toEqual(expect.arrayContaining(['later', 'last']));
    expect(shard.messages.counts()).toMatchObject({ waiting: 0, dead: 0 });
    expect(onRecord(shard).filter(({ refusal }) => refusal)).toHaveLength(8);
  });
});

test('a Velt that needs 200 ms for each user of a call gets calls that it can answer', async () => {
  const shard = makeShard();
  shard.faults.add({ match: { path: '/v1/users/add' }, answer: { kind: 'slow', ms: 200, each: true } });
  await shard.send(ids(60).map((id) => joins(id)));

  await shard.live(DAY / 24);

  expect([shard.users().length, onRecord(shard).filter(({ present }) => present).length]).toEqual([60, 60]);
  expect(shard.messages.counts()).toMatchObject({ waiting: 0, dead: 0 });
});

test('twenty leavers leave although Velt refuses the call of all for the one who is not there', async () => {
  const shard = makeShard({ deleteUnknown: 'call' });
  await shard.send(ids(20).map((id) => joins(id)));
  await shard.work();
  shard.gone('acme', 'person-7');
  await shard.send(ids(20).map((id) => leaves(id)));

  await shard.work();

  expect([shard.users(), onRecord(shard)]).toEqual([[], []]);
});

test('a Velt that takes one user of a call and keeps silent on the first has all the others within the hour', async () => {
  const shard = makeShard({ truncateAt: 1 });
  shard.faults.add({ match: { userId: 'odd' }, answer: { kind: 'omit-item' } });
  await shard.send([joins('odd'), ...ids(3).map((id) => joins(id))]);

  await shard.live(DAY / 24);

  expect(shard.users().toSorted()).toEqual(ids(3));
});

describe.each(['empty', 'none'] as const)('a Velt that names nobody (%s) and lists nobody', (success) => {
  test('has everyone, each called for twice, the second time alone, and from then on never again', async () => {
    const shard = makeShard({ success, advancedQueries: 'empty' });
    const member = (personId: string) => membershipChange({ personId, at: second(2), id: 'm' });
    await shard.send([...ids(3).map((id) => joins(id)), ...ids(2).map(member)]);
    await shard.live(DAY);
    const writes = shard.calls.filter(({ path }) => path !== '/v2/users/get').length;
    const calls = shard.calls.length;

    await shard.send(ids(3).map((id) => joins(id)));
    await shard.live(7 * DAY);

    expect([writes, shard.calls.length]).toEqual([3 + 6, calls]);
    expect(onRecord(shard).every(({ present, refusal }) => present && !refusal)).toBe(true);
    expect(shard.state()?.groups.engineers?.members).toEqual(ids(2));
  });

  test('has nobody of those who left, and nothing is left on record of them', async () => {
    const shard = makeShard({ success, advancedQueries: 'refused' });
    await shard.send(ids(3).map((id) => joins(id)));
    await shard.live(DAY);

    await shard.send(ids(3).map((id) => leaves(id)));
    await shard.live(DAY);

    expect([shard.users(), onRecord(shard)]).toEqual([[], []]);
  });
});

test('a Velt that takes only the first twenty of a call has all fifty, at once', async () => {
  const shard = makeShard({ truncateAt: 20 });
  await shard.send(ids(50).map((id) => joins(id)));

  await shard.work();

  expect(shard.users()).toHaveLength(50);
  expect(shard.deps.meter.counted).not.toHaveProperty('ItemsRefused');
});

test('a user by the name of what Velt calls a credential costs nobody else anything', async () => {
  const shard = makeShard();
  const answer = { kind: 'refuse-call', status: 400, errorStatus: 'INVALID_ARGUMENT' } as const;
  shard.faults.add({ match: { userId: 'api-key' }, answer: { ...answer, message: 'Invalid user: api-key' } });
  await shard.send(['api-key', ...ids(20)].map((id) => joins(id)));

  await shard.work();

  expect(shard.users().sort()).toEqual(ids(20).sort());
});
