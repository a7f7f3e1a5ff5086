import { expect, test } from 'vitest';
import { oddly } from '../property/odd-answers.ts';
import { auth0Id, makeAuth0Runs } from '../support/auth0-runs.ts';
import { makeOktaRuns, person } from '../support/okta-runs.ts';

/** Longer than any address, and than any text that we take. */
const [LONG, LONGEST] = [301, 20_000].map((length) => `${'x'.repeat(length)}@example.com`);
const source = { userId: 'email' };

// Where the Velt user id is the address, and one person's is odd for ever.

test.each([7, {}, 'nobody', 'a\u0000@example.com', 'a\uD83D@example.com', LONG, LONGEST])(
  'of Okta: whoever has it stays, nobody new comes in by it, and a leaver leaves: %#',
  async (value) => {
    const world = makeOktaRuns({ people: 12, source });
    await world.read();
    const before = world.users();
    world.okta.createUser({ ...person(13), profile: { ...person(13).profile } });
    world.okta.deleteUser(person(3).id);
    const honest = world.okta.handle;
    const odd = [person(2).id, person(13).id].map((of) => ({
      ...{ of, where: 'everywhere' as const, field: 'profile.email', becomes: { value } },
    }));
    world.okta.handle = (request) => {
      const answer = honest(request);
      return answer.status === 200 ? { ...answer, body: oddly(answer.body, odd) } : answer;
    };

    await world.read();

    const gone = before.filter((id) => !world.users().includes(id));
    expect([gone, world.users().length]).toEqual([[person(3).profile.email], 11]);
  },
);

test.each([
  ['email', 7],
  ['email', 'nobody'],
  ['email', 'a\uFFFF@example.com'],
  ['email', LONG],
  ['email', LONGEST],
  ['email_verified', 1],
  ['email_verified', {}],
])(
  'of Auth0: whoever has it stays, nobody new comes in by it, and a leaver leaves: %s, %#',
  async (field, value) => {
    const world = makeAuth0Runs({ people: 12, source });
    await world.read();
    world.auth0.createUser({
      user_id: 'auth0|new',
      name: 'New',
      email: 'new@example.com',
      email_verified: true,
    });
    world.auth0.deleteUser(auth0Id(3));
    const honest = world.auth0.handle;
    const odd = [auth0Id(2), 'auth0|new'].map((of) => ({
      ...{ of, where: 'everywhere' as const, field, becomes: { value } },
    }));
    world.auth0.handle = (request) => {
      const answer = honest(request);
      return answer.status === 200 ? { ...answer, body: oddly(answer.body, odd) } : answer;
    };

    await world.read();

    expect(world.users()).toContain('person.2@example.com');
    expect(world.users()).toHaveLength(11);
    expect(world.users()).not.toContain('person.3@example.com');
  },
);
