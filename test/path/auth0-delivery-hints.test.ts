import { describe, expect, test } from 'vitest';
import {
  ada,
  at,
  bob,
  makeAuth0Delivery,
  makeAuth0Directory,
  member,
  user,
} from '../support/auth0-delivery.ts';
import { second } from '../support/factories.ts';

describe('a record of a log', () => {
  const record = (type: string, data: object) => ({
    log_id: '90020260901',
    data: { type, date: second(60), user_id: ada, user_name: 'forged@example.com', ...data },
  });

  test('causes one read, however often it is told, and only the read is believed', async () => {
    const directory = makeAuth0Directory({
      people: {
        [ada]: { user: user(ada), memberships: [{ kind: 'organization', id: 'org_1', name: 'acme' }] },
      },
    });
    const { take, held } = makeAuth0Delivery(directory);
    const signup = record('ss', { details: { body: { email: 'forged@example.com', name: 'Forged' } } });

    await take(signup, signup);
    await take(signup);

    expect(directory.reads).toEqual([`${ada} with memberships`]);
    expect(held()).toEqual({ acme: { [ada]: 'Name of auth0|ada' } });
  });

  test('of a deletion removes nobody whom the directory knows', async () => {
    const people = {
      [ada]: { user: user(ada), memberships: [{ kind: 'organization' as const, id: 'org_1', name: 'acme' }] },
    };
    const { take, held } = makeAuth0Delivery(makeAuth0Directory({ people }));

    await take(record('sdu', {}), at(2, 'user.created', user(bob)));

    expect(held()).toEqual({ acme: { [ada]: 'Name of auth0|ada' } });
  });
});

describe("an Action's word on a user", () => {
  const action = (facts: object = {}) => ({
    stats: { logins_count: 5 },
    user: { ...user(ada, { updated_at: second(5) }), ...facts },
  });
  const arrival = [
    at(1, 'user.created', user(ada)),
    at(2, 'organization.member.added', member('org_1', ada)),
  ];

  test.each([
    ['before', (events: object[], hint: object) => [hint, ...events]],
    ['after', (events: object[], hint: object) => [...events, hint]],
  ])('never brings back who was deleted, whether it comes %s that', async (_what, order) => {
    const { take, held } = makeAuth0Delivery();
    const gone = [...arrival, at(10, 'user.deleted', { user_id: ada })];

    for (const event of order(gone, action())) await take(event);
    await take(action({ updated_at: undefined, created_at: undefined }));

    expect(held()).toEqual({});
  });

  test('never removes anybody', async () => {
    const { take, held } = makeAuth0Delivery();
    await take(...arrival);

    await take(action({ blocked: true, email: null, name: 'Countess' }));

    expect(held()).toEqual({ acme: { [ada]: 'Countess' } });
  });
});
