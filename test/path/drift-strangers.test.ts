import { describe, expect, test } from 'vitest';
import { newPerson } from '../../lib/directory/entry.ts';
import { foldPerson } from '../../lib/directory/fold.ts';
import { second } from '../support/factories.ts';
import { joins, makeReadBack, oktaOf, STAFF, staff } from '../support/read-back.ts';

describe('strangers', () => {
  const zoe = { userId: 'zoe', name: 'Zoe', email: 'zoe@example.com' };

  test('are counted and left alone', async () => {
    const { run, repair, byHand, state, deps } = makeReadBack();
    await run(...staff);
    byHand.add('acme', zoe);

    const drift = await repair();

    expect(drift).toMatchObject({ confirmed: 8, strangers: 1, adopted: 0 });
    expect(state().users).toEqual([...STAFF, 'zoe']);
    expect(deps.meter).toMatchObject({ counted: { StrangersFound: 1 } });
  });

  test('are counted once, also where they are in a group too', async () => {
    const { run, look, byHand, deps, time } = makeReadBack();
    await run(...staff);
    byHand.add('acme', zoe);
    const scope = { organizationId: 'acme', groupId: 'engineers' };
    const items = [{ id: 'zoe', owners: [] }];
    await deps.velt.apply({ kind: 'group.users.add', scope, items }, time.now + 60_000);

    expect(await look()).toMatchObject({ confirmed: 8, strangers: 1 });
  });

  test('are removed where the configuration adopts them, and nobody else is', async () => {
    const { run, repair, byHand, state } = makeReadBack({ adopt: true });
    await run(...staff);
    byHand.add('acme', zoe);

    const drift = await repair();

    expect(drift).toMatchObject({ confirmed: 8, strangers: 1, adopted: 1 });
    expect(state()).toEqual({ users: STAFF, members: STAFF });
    expect(await repair()).toMatchObject({ strangers: 0, adopted: 0 });
  });

  test.each([
    ['so many as may lose something in any case', { removalsAtLeast: 3, removalShare: 0 }, 3, 3],
    ['more than may in any case', { removalsAtLeast: 2, removalShare: 0 }, 3, 0],
    ['the share of the users, not of all they are in', { removalsAtLeast: 0, removalShare: 0.5 }, 2, 2],
    ['more than the share of the users', { removalsAtLeast: 0, removalShare: 0.5 }, 3, 0],
  ])('are removed within the share of the breaker: %s', async (_, reconcile, count, adopted) => {
    const { run, repair, byHand, state, log } = makeReadBack({ adopt: true, reconcile });
    await run(...staff);
    for (let n = 0; n < count; n += 1) byHand.add('acme', { userId: `zoe-${n}`, name: 'Zoe' });

    const drift = await repair();

    expect(drift).toMatchObject({ strangers: count, adopted });
    expect(state().users).toHaveLength(STAFF.length + count - adopted);
    expect(log.lines.filter(({ message }) => /too many strangers/i.test(message))).toHaveLength(
      adopted ? 0 : 1,
    );
  });

  test('are not those whom the mirror is about to deliver', async () => {
    const { run, repair, byHand, state, memory } = makeReadBack({ adopt: true });
    await run(...staff);
    const entry = foldPerson(newPerson('okta', 'zoe'), joins('zoe'));
    memory.write({ entry, revision: 0 }, { dueAt: undefined, expiresAt: undefined });
    byHand.add('acme', zoe);

    const drift = await repair();

    expect(drift).toMatchObject({ strangers: 0, adopted: 0 });
    expect(state().users).toEqual([...STAFF, 'zoe']);
  });

  test('are not those whom Velt has not let go yet', async () => {
    const { run, once, look, double } = makeReadBack({ adopt: true });
    await run(...staff, joins('zoe'));
    double.faults.add({ times: 3, answer: { kind: 'status', status: 503 } });
    await once(joins('zoe', { at: second(2), exists: false }));

    expect(await look()).toMatchObject({ strangers: 0, adopted: 0 });
  });

  test('are removed by the source that has their organization', async () => {
    const sources = { okta: oktaOf('acme'), partners: oktaOf('beta') };
    const { run, look, byHand, queued } = makeReadBack({ sources, adopt: true });
    await run(...staff);
    byHand.add('beta', zoe);

    await look();

    expect(queued).toMatchObject([[{ source: 'partners', of: { id: 'zoe' }, organizationId: 'beta' }]]);
  });

  test('who came to the mirror before they could be removed stay', async () => {
    const { run, look, byHand, queued, state } = makeReadBack({ adopt: true });
    await run(...staff);
    byHand.add('acme', zoe);
    await look();
    const [adoption = []] = queued.splice(0);
    await run(joins('zoe'));

    await run(...adoption);

    expect(adoption).toMatchObject([{ of: { id: 'zoe' }, organizationId: 'acme' }]);
    expect(state().users).toEqual([...STAFF, 'zoe']);
  });

  test('who left by the directory before are removed', async () => {
    const { run, repair, byHand, state } = makeReadBack({ adopt: true });
    await run(...staff, joins('zoe'));
    await run(joins('zoe', { at: second(2), exists: false }));
    byHand.add('acme', zoe);

    await repair();

    expect(state().users).toEqual(STAFF);
  });

  test('with an id longer than any message takes hold nobody up', async () => {
    const { run, repair, byHand, state } = makeReadBack({ adopt: true });
    await run(...staff);
    byHand.add('acme', zoe);
    byHand.add('acme', { userId: 'z'.repeat(301), name: 'Zoe' });

    const drift = await repair();

    expect(drift).toMatchObject({ strangers: 2, adopted: 1 });
    expect(state().users).toEqual([...STAFF, 'z'.repeat(301)]);
  });
});
