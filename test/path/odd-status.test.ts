import { describe, expect, test } from 'vitest';
import { map } from '../support/auth0-mapping.ts';
import { auth0Id, makeAuth0Runs } from '../support/auth0-runs.ts';
import { makeDelivery } from '../support/delivery.ts';
import { auth0Event, auth0User, recheck, second } from '../support/factories.ts';
import { idsOf, makeOktaRuns, person, runOf } from '../support/okta-runs.ts';
import { answerOtherwise } from '../support/other-answers.ts';

const HOUR = 3_600_000;
const kept = { deprovision: { deactivated: 'keep' } };

describe('an Okta whose status of everyone is none, for ever', () => {
  /** Of five people the third was suspended; the first is renamed, and a sixth one comes. */
  async function makeOdd(source = {}, status: unknown = 7) {
    const world = makeOktaRuns({ people: 5, groups: {}, source });
    world.okta.suspend(person(3).id);
    await world.read();
    const { handle } = world.okta;
    world.okta.createUser(person(6));
    world.okta.updateProfile(person(1).id, { displayName: 'Another Name' });
    const odd = (user: object) => ({ ...user, status });
    answerOtherwise(world.okta, /api\/v1\/users/, (json: object | object[]) =>
      Array.isArray(json) ? json.map(odd) : odd(json),
    );
    const mend = () => Object.assign(world.okta, { handle });
    return { ...world, mend };
  }

  test.each([
    ['of another type', {}, 7],
    ['missing', {}, undefined],
    ['of another type, where the deactivated stay', kept, 7],
  ])('takes the rest, puts nobody out and lets nobody in: %s', async (_what, source, status) => {
    const world = await makeOdd(source, status);

    const runs = [runOf(await world.read()), runOf(await world.read())];

    expect(runs).toMatchObject([
      { state: 'done', unreadable: 0, losing: 0, asked: 0 },
      { state: 'done', unreadable: 0, losing: 0, asked: 0, queued: 0 },
    ]);
    expect(world.users().toSorted()).toEqual(idsOf([1, 2, 4, 5]));
    expect(world.state()?.users[person(1).id]).toMatchObject({ name: 'Another Name' });
  });

  test('does the same where events ask for a read', async () => {
    const world = await makeOdd();
    world.time.now += HOUR;
    const at = new Date(world.time.now).toISOString();

    await world.hear(
      ...idsOf([1, 2, 3, 4, 5, 6]).map((id) =>
        recheck({ of: { kind: 'person', id }, at, read: 'memberships' }),
      ),
    );

    expect(world.users().toSorted()).toEqual(idsOf([1, 2, 4, 5]));
  });

  test('has everyone where they belong once it is mended', async () => {
    const world = await makeOdd();
    await world.read();
    world.okta.unsuspend(person(3).id);
    world.mend();

    await world.read();

    expect(world.users().toSorted()).toEqual(idsOf([1, 2, 3, 4, 5, 6]));
  });
});

describe('an Auth0 whose `blocked` of everyone is no flag, for ever', () => {
  async function makeOdd() {
    const world = makeAuth0Runs({ people: 4 });
    world.auth0.updateUser(auth0Id(3), { blocked: true });
    await world.read();
    world.auth0.createUser({ user_id: auth0Id(5), name: 'Person 5', email: 'five@example.com' });
    world.auth0.updateUser(auth0Id(1), { name: 'Another Name' });
    const odd = (user: object) => ({ ...user, blocked: 'yes' });
    answerOtherwise(world.auth0, /api\/v2\/users(\?|\/[^/]*$)/, (json: { users?: object[] }) =>
      json.users ? { ...json, users: json.users.map(odd) } : odd(json),
    );
    return world;
  }

  test('takes the rest, puts nobody out and lets nobody in', async () => {
    const world = await makeOdd();

    const run = runOf(await world.read());

    expect(run).toMatchObject({ state: 'done', unreadable: 0, losing: 0, asked: 0 });
    expect(world.users().toSorted()).toEqual([1, 2, 4].map(auth0Id));
    expect(world.state()?.users[auth0Id(1)]).toMatchObject({ name: 'Another Name' });
  });
});

describe('an event of Auth0 whose `blocked` is no flag', () => {
  const sources = { customers: { kind: 'auth0', organization: 'acme' } };
  const event = (type: string, user_id: string, n: number, more: object = {}) =>
    map(auth0Event(type, auth0User({ user_id, ...more }), { time: second(n) })).changes;

  test.each(['user.created', 'user.updated'])('lets nobody in who is new: %s', async (type) => {
    const { run, users } = makeDelivery(sources);

    await run(...event(type, 'new', 1, { blocked: 'yes' }));

    expect(users()).toEqual([]);
  });

  test('leaves who is in and who is blocked as they are, whether or not anything was said before', async () => {
    const { run, users, state } = makeDelivery(sources);
    await run(...event('user.created', 'in', 1), ...event('user.updated', 'said nothing', 1));
    await run(...event('user.created', 'out', 1, { blocked: true }));

    for (const id of ['in', 'said nothing', 'out'])
      await run(...event('user.updated', id, 2, { blocked: {}, name: 'Another Name' }));

    expect(users().toSorted()).toEqual(['in', 'said nothing']);
    expect(state()?.users['said nothing']).toMatchObject({ name: 'Another Name' });
  });

  test('is over with the next one that says it', async () => {
    const { run, users } = makeDelivery(sources);
    await run(...event('user.created', 'new', 1, { blocked: 'yes' }));

    await run(...event('user.updated', 'new', 2, { blocked: false }));

    expect(users()).toEqual(['new']);
  });
});
