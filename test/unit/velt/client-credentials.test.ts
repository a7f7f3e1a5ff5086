import { describe, expect, test } from 'vitest';
import { ConfigError, WorldFault } from '../../../lib/errors.ts';
import { callOf, kindsOf, LATE, makeVelt, right, usersAdd } from '../../support/velt-client.ts';

describe('credentials', () => {
  const old = { ...right, authToken: 'old-token' };

  test('are handed back once after a refusal, and the call is made again', async () => {
    const { velt, refusals, requests } = makeVelt({ secrets: [old, right] });

    const { outcomes, fault } = await velt.apply(usersAdd(['ada']), LATE);

    expect(kindsOf(outcomes)).toEqual({ ada: 'done' });
    expect(fault).toBeUndefined();
    expect([refusals, requests.length]).toEqual([[old], 2]);
  });

  test.each([
    ['a wrong token', old],
    ['an unknown API key, which Velt calls NOT_FOUND', { ...right, apiKey: 'other' }],
  ])('that stay wrong are a fault of the world after one fetch, and nobody’s: %s', async (_what, wrong) => {
    const { velt, refusals, requests, time } = makeVelt({ secrets: [wrong] });

    for (const it of [
      usersAdd(['ada', 'bob']),
      callOf('users.delete', { organizationId: 'acme' }, ['ada']),
    ]) {
      const { outcomes, fault } = await velt.apply(it, LATE);

      expect(fault).toMatchObject({ name: 'WorldFault', code: 'credentials' });
      expect(outcomes.size).toBe(0);
    }
    expect(refusals).toEqual([wrong, wrong]);
    expect([requests.length, time.slept]).toEqual([4, []]);
  });

  test('that cannot be fetched are a fault of the world', async () => {
    const credentials = () => Promise.reject(new WorldFault('secret', 'unreachable'));
    const { velt, requests } = makeVelt({ deps: { credentials } });

    const { fault } = await velt.apply(usersAdd(['ada']), LATE);

    expect([fault?.code, requests.length]).toEqual(['secret', 0]);
  });

  test('of a wrong shape are thrown: nothing here can mend them', async () => {
    const credentials = () => Promise.reject(new ConfigError('secret', []));
    const { velt } = makeVelt({ deps: { credentials } });

    await expect(velt.apply(usersAdd(['ada']), LATE)).rejects.toMatchObject({ name: 'ConfigError' });
  });
});
