import { expect, test } from 'vitest';
import { catchUp } from '../../lib/inbound/catch-up.ts';
import { inbound } from '../../lib/sources/inbound.ts';
import { streamBody, TEST_EVENT } from '../../scripts/auth0-recipe.ts';
import { makeAuth0Runs } from '../support/auth0-runs.ts';
import { wantedStream } from '../support/setup-auth0.ts';

test('the test event of the set-up changes nobody at Velt when the webhook refused it', async () => {
  const world = makeAuth0Runs({ people: 3, auth0: { deliver: async () => ({ status: 401 }) } });
  await world.read();
  const { users, calls, settle, auth0 } = world;
  const before = { users: users(), calls: calls.length };
  const { id } = post(
    'event-streams',
    streamBody(wantedStream(), { whole: 'old', username: '', password: '' }),
  );
  post(`event-streams/${id}/test`, TEST_EVENT);
  await auth0.settled();

  const caughtUp = await catchUp(world.time.now + 60_000, { ...world.depsOf(), inbound });
  await settle();

  expect(caughtUp).toEqual({ auth0: 1 });
  expect({ users: users(), calls: calls.length }).toEqual(before);

  function post(path: string, body: object) {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer example-token-1' };
    const request = { method: 'POST', path: `/api/v2/${path}`, headers, body: JSON.stringify(body) };
    return JSON.parse(world.auth0.handle(request).body);
  }
});
