import { describe, expect, test } from 'vitest';
import { standUp } from '../pipeline/cloud.ts';
import { oktaDelivery, userCreate } from '../support/okta-deliveries.ts';
import {
  answersOf,
  arrival,
  bothHere,
  deadLetters,
  letTimeCome,
  owedOf,
  peopleAtVelt,
  refusalsOf,
  refuseBen,
  returnsOf,
  status,
  templateWith,
  until,
} from './observe.ts';

describe('a 429 with a Retry-After longer than an invocation waits', () => {
  test('lets the message come back, and no message causes a call before that time', async () => {
    const cloud = await standUp();
    cloud.velt?.faults.add({ times: 1, answer: status(429, { retryAfterSeconds: 4 }) });

    await cloud.queue(arrival('Ada'));
    await until(() => returnsOf(cloud).length === 1);
    await cloud.post('okta', oktaDelivery(userCreate('ben')));
    await cloud.idle();

    const [refused = { at: Number.NaN }, next = { at: Number.NaN }] = cloud.velt?.calls ?? [];
    expect(next.at - refused.at).toBeGreaterThanOrEqual(4_000);
    expect(answersOf(cloud)).toEqual(['users/add 429', 'users/add 200', 'users/add 200']);
    expect(returnsOf(cloud)).toEqual(['throttled', 'throttled']);
    expect(peopleAtVelt(cloud)).toEqual({ ada: 'Ada', ben: 'Name ben' });
  });
});

describe('a 403 that stays', () => {
  test('costs two calls and one fetch of the secret a receive, and ends in the dead-letter queue', async () => {
    const cloud = await standUp({ secondMs: 20, template: await templateWith({ receives: 3 }) });
    cloud.velt?.setCredentials({ apiKey: 'local-api-key', authToken: 'rotated' });

    await cloud.queue(arrival('Ada'));
    await cloud.idle();

    expect(answersOf(cloud)).toEqual(Array(6).fill('users/add 403'));
    expect(returnsOf(cloud)).toEqual(Array(3).fill('credentials'));
    expect(deadLetters(cloud)).toBe(1);
    expect(cloud.aws?.secrets.reads(cloud.stack.ref('VeltCredentials'))).toBe(1 + 3);
  });
});

describe('someone whom Velt refused', () => {
  test('is tried again by the sweep when their time has come, and not before', async () => {
    const cloud = await standUp({ secondMs: 20 });
    // With his e-mail address and without.
    cloud.velt?.faults.add({ ...refuseBen('Name is not allowed.'), times: 2 });
    await cloud.queue(arrival('Ada'), arrival('Ben'));
    await cloud.idle();

    await cloud.fire('sweep', {});
    await cloud.idle();
    const early = answersOf(cloud);
    await letTimeCome(cloud);
    await cloud.fire('sweep', {});
    await cloud.idle();

    expect(early).toEqual(['users/add 200', 'users/add 200']);
    expect(answersOf(cloud)).toEqual(['users/add 200', 'users/add 200', 'users/add 200']);
    expect(peopleAtVelt(cloud)).toEqual(bothHere);
    expect([await refusalsOf(cloud), await owedOf(cloud)]).toEqual([{}, []]);
  });
});
