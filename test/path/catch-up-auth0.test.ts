import { expect, test } from 'vitest';
import { catchUp } from '../../lib/inbound/catch-up.ts';
import { inbound } from '../../lib/sources/inbound.ts';
import { streamBody, TEST_EVENT } from '../../scripts/auth0-recipe.ts';
import { makeAuth0Runs } from '../support/auth0-runs.ts';
import { wantedStream } from '../support/setup-auth0.ts';

/** Three people at Velt, and what catches up after the webhook refused this test event. */
async function catchUpAfter(testEvent: object) {
  const world = makeAuth0Runs({ people: 3, auth0: { deliver: async () => ({ status: 401 }) } });
  await world.read();
  const before = { users: world.users(), calls: world.calls.length };
  const credential = { whole: 'old', username: '', password: '' };
  const { id } = post('event-streams', streamBody(wantedStream(), credential));
  post(`event-streams/${id}/test`, testEvent);
  await world.auth0.settled();
  const caughtUp = await catchUp(world.time.now + 60_000, { ...world.depsOf(), inbound });
  await world.settle();
  return { world, before, caughtUp };

  function post(path: string, body: object) {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer example-token-1' };
    const request = { method: 'POST', path: `/api/v2/${path}`, headers, body: JSON.stringify(body) };
    return JSON.parse(world.auth0.handle(request).body);
  }
}

test('the test event of the set-up changes nobody at Velt when the webhook refused it', async () => {
  const { world, before, caughtUp } = await catchUpAfter(TEST_EVENT);

  expect(caughtUp).toEqual({ auth0: 1 });
  expect({ users: world.users(), calls: world.calls.length }).toEqual(before);
});

test('the made-up user of another test event that the webhook refused leaves with the next run', async () => {
  const { world, before } = await catchUpAfter({ event_type: 'user.created' });
  const caughtUp = world.users();

  await world.read();

  expect(caughtUp).toHaveLength(4);
  expect(world.users()).toEqual(before.users);
});
