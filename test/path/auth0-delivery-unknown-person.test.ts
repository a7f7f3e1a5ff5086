import { describe, expect, test } from 'vitest';
import { WorldFault } from '../../lib/errors.ts';
import {
  ada,
  at,
  makeAuth0Delivery,
  makeAuth0Directory,
  member,
  role,
  user,
} from '../support/auth0-delivery.ts';
import { auth0Event, NOW } from '../support/factories.ts';

describe('a membership of somebody who is not known', () => {
  const early = [
    at(1, 'organization.member.added', member('org_1', ada)),
    at(2, 'organization.member.role.assigned', role('org_1', ada, 'editor')),
  ];
  const delivered = { acme: { [ada]: 'Name of auth0|ada', 'rol_editor editor': [ada] } };

  test('waits, and is delivered when they arrive', async () => {
    const { take, held } = makeAuth0Delivery();

    await take(...early);
    const waiting = held();
    await take(at(3, 'user.created', user(ada)));

    expect([waiting, held()]).toEqual([{}, delivered]);
  });

  test('is delivered at once where they can be read, by one read a batch', async () => {
    const directory = makeAuth0Directory({
      people: {
        [ada]: {
          user: user(ada),
          memberships: [
            { kind: 'organization', id: 'org_1' },
            { kind: 'role', id: 'rol_editor', organization: 'org_1' },
          ],
        },
      },
    });
    const { take, held } = makeAuth0Delivery(directory);

    await take(...early);
    await take(...early);

    expect(held()).toEqual(delivered);
    expect(directory.reads).toEqual([`${ada} with memberships`]);
  });

  test('comes back while the directory is at its limit, and is owed a read until then', async () => {
    const directory = makeAuth0Directory({
      people: {
        [ada]: { user: user(ada), memberships: [{ kind: 'organization', id: 'org_1', name: 'acme' }] },
      },
    });
    const { takeOnce, take, held, memory, time } = makeAuth0Delivery(directory);
    directory.world.fault = new WorldFault('throttled', 'Too Many Requests', { retryAfterMs: 1_000 });

    const fault = await takeOnce(...early);
    const [entry] = memory.entries().filter(({ kind }) => kind === 'person');
    directory.world.fault = undefined;
    time.now += 1_000;
    await take(...early);

    expect(fault).toMatchObject({ code: 'throttled', retryAfterMs: 1_000 });
    expect(entry).toMatchObject({ id: ada, readDue: true });
    expect(memory.due(time.now + 86_400_000, 10)).not.toContainEqual(expect.objectContaining({ id: ada }));
    // The read knows of no role: it is newer than the event.
    expect(held()).toEqual({ acme: { [ada]: 'Name of auth0|ada' } });
  });

  test.each([
    ['a moment ago is not over', 1_000, { acme: { [ada]: 'Name of auth0|ada' } }],
    ['long ago is over', 600_000, {}],
  ])('that was told %s for a list that does not show it', async (_when, msAgo, expected) => {
    const directory = makeAuth0Directory({ people: { [ada]: { user: user(ada), memberships: [] } } });
    const { take, held, time } = makeAuth0Delivery(directory);
    const told = new Date(time.now - msAgo).toISOString();

    await take(auth0Event('organization.member.added', member('org_1', ada), { time: told }));

    expect(held()).toEqual(expected);
  });

  test.each<[string, number, Record<string, object>]>([
    ['a moment ago holds', 1_000, {}],
    ['long ago does not', 600_000, { acme: { [ada]: 'Name of auth0|ada', 'rol_editor editor': [ada] } }],
  ])('that ended %s against a list that still shows it', async (_when, msAgo, expected) => {
    const directory = makeAuth0Directory({
      people: {
        [ada]: {
          user: user(ada),
          memberships: [
            { kind: 'organization', id: 'org_1' },
            { kind: 'role', id: 'rol_editor', name: 'editor', organization: 'org_1' },
          ],
        },
      },
    });
    const { take, held, time } = makeAuth0Delivery(directory);
    time.now = NOW - 3_600_000;
    await take(...early);
    time.now = NOW - 10_000;
    const [left, now] = [time.now - msAgo, time.now].map((ms) => new Date(ms).toISOString());
    const call = { method: 'delete', path: '/api/v2/organizations/org_1/members', body: { members: [ada] } };

    await take(auth0Event('organization.member.deleted', member('org_1', ada), { time: left }));
    await take({ log_id: '1', data: { type: 'sapi', date: now, details: { request: call } } });
    const listed = held();
    const back = new Date(NOW).toISOString();
    await take(auth0Event('organization.member.added', member('org_1', ada), { time: back }));

    expect(directory.reads).toHaveLength(2);
    expect(listed).toEqual(expected);
    expect(held()).toEqual({ acme: { [ada]: 'Name of auth0|ada', ...expected.acme } });
  });

  test.each([
    ['a moment before a list showed it is read again', 1_000, 2, {}],
    ['long before a list showed it is believed', 600_000, 1, { acme: { [ada]: 'Name of auth0|ada' } }],
    ['after a list showed it is over without another read', -5_000, 1, {}],
  ])('that ended %s when that is told', async (_when, msBefore, reads, expected) => {
    const memberships = [{ kind: 'organization' as const, id: 'org_1' }];
    const directory = makeAuth0Directory({ people: { [ada]: { user: user(ada), memberships } } });
    const { take, held, time } = makeAuth0Delivery(directory);
    time.now = NOW - 60_000;
    const left = new Date(time.now - msBefore).toISOString();
    await take(...early);
    memberships.pop();
    time.now += 10_000;

    await take(auth0Event('organization.member.deleted', member('org_1', ada), { time: left }));

    expect(directory.reads).toHaveLength(reads);
    expect(held()).toEqual(expected);
  });

  test('is nothing where they are gone by the time they are read', async () => {
    const directory = makeAuth0Directory({});
    const { take, held } = makeAuth0Delivery(directory);

    await take(...early);

    expect(held()).toEqual({});
  });
});
