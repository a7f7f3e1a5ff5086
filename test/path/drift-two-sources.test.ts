import { describe, expect, test } from 'vitest';
import { joins, makeReadBack, oktaOf, STAFF, staff } from '../support/read-back.ts';

describe('two sources in one Velt organization', () => {
  const sources = { okta: oktaOf('acme'), partners: oktaOf('acme') };

  test('are no strangers to each other', async () => {
    const { run, repair, state } = makeReadBack({ sources, adopt: true });
    await run(...staff, joins('zoe', { source: 'partners' }));

    const drift = await repair();

    expect(drift).toEqual({ confirmed: 9, missing: 0, changed: 0, strangers: 0, adopted: 0 });
    expect(state().users).toEqual([...STAFF, 'zoe']);
  });

  test('lose nobody whom the other one delivered while Velt was listing', async () => {
    const { run, repair, deps, state } = makeReadBack({ sources, adopt: true });
    await run(...staff);
    const { readUsers } = deps.velt;
    deps.velt.readUsers = async (of, token, deadline) => {
      await run(joins('zoe', { source: 'partners' }));
      return readUsers(of, token, deadline);
    };

    const drift = await repair();

    expect(drift).toMatchObject({ strangers: 0, adopted: 0 });
    expect(state().users).toEqual([...STAFF, 'zoe']);
  });
});

describe('users who go by their e-mail address', () => {
  const source = oktaOf('acme', { userId: 'email' });
  const sources = { okta: source, partners: source };
  const addresses = STAFF.map((id) => `${id}@example.com`);

  test('come back under it', async () => {
    const { run, repair, byHand, state } = makeReadBack({ sources });
    await run(...staff);
    byHand.forget('acme', 'ada@example.com');

    const drift = await repair();

    expect(drift).toMatchObject({ confirmed: 6, missing: 2 });
    expect(state()).toEqual({ users: addresses, members: addresses });
  });

  test('are not changed because a second person gave them another name', async () => {
    const { run, look, queued } = makeReadBack({ sources });
    const profile = { name: 'Ada Social', email: 'ada@example.com' };
    await run(...staff);
    await run(joins('social', { source: 'partners', profile }));

    const drift = await look();

    expect(drift).toEqual({ confirmed: 9, missing: 0, changed: 0, strangers: 0, adopted: 0 });
    expect(queued).toEqual([]);
  });

  test('are no strangers while their delivery is not confirmed', async () => {
    const { run, once, repair, double, state } = makeReadBack({ sources, adopt: true });
    await run(...staff);
    double.faults.add({ times: 3, applied: true, answer: { kind: 'status', status: 503 } });
    await once(joins('zoe'));

    const drift = await repair();

    expect(drift).toMatchObject({ strangers: 0, adopted: 0 });
    expect(state().users).toEqual([...addresses, 'zoe@example.com']);
  });

  test('are removed as strangers by the address alone', async () => {
    const { run, repair, byHand, state } = makeReadBack({ sources, adopt: true });
    await run(...staff);
    byHand.add('acme', { userId: 'zoe@example.com', name: 'Zoe' });

    const drift = await repair();

    expect(drift).toMatchObject({ strangers: 1, adopted: 1 });
    expect(state().users).toEqual(addresses);
  });
});
