import { describe, expect, test } from 'vitest';
import { demoParameters } from '../../local/demo/directory.ts';
import { auth0Event, auth0User, partnerEvent } from '../support/factories.ts';
import {
  membershipAdd,
  oktaDelivery,
  oktaEvent,
  userCreate,
  userTarget,
} from '../support/okta-deliveries.ts';
import { standUp, type TestCloud } from './cloud.ts';

const ADA = '00uADA';
const JOINED = ['usergroups/add', 'usergroups/users/add', 'users/add'];

const byHook = async (cloud: TestCloud, events: object[]) => {
  await cloud.post('okta', oktaDelivery(...events));
  await cloud.idle();
};

/** One event of Auth0 a request, as its webhook destination sends them. */
const byWebhook = async (cloud: TestCloud, events: object[]) => {
  for (const event of events) {
    await cloud.post('auth0', event);
    await cloud.idle();
  }
};

const byStreamOf = (source: string) => async (cloud: TestCloud, events: object[]) => {
  for (const event of events) {
    await cloud.putEvent(partnerEvent(event, { source }));
    await cloud.idle();
  }
};

/** The deliveries of which every part could be read, as webhook logged them. */
const taken = ({ lines }: TestCloud) =>
  lines.filter((line) => line.includes('Took a delivery') && line.includes('"parked":0'));

const byOktaStream = byStreamOf(demoParameters.OktaEventSource);
const byAuth0Stream = byStreamOf(demoParameters.Auth0EventSource);

describe('the same events by a hook and by the log stream', () => {
  test.each([
    ['the hook first', [byHook, byOktaStream]],
    ['the log stream first', [byOktaStream, byHook]],
  ])('act once: %s', async (_what, ways) => {
    const cloud = await standUp({ parameters: demoParameters });
    const events = [userCreate(ADA), membershipAdd(ADA, '00gENG', 'Engineering')];

    for (const way of ways) await way(cloud, events);

    expect(cloud.calls().toSorted()).toEqual(JOINED);
    expect(taken(cloud)).toHaveLength(3);
  });
});

describe('what only the log stream tells', () => {
  test('takes a deleted person away, whom a hook cannot bring back', async () => {
    const cloud = await standUp({ parameters: demoParameters });
    const create = userCreate(ADA, { published: '2026-09-01T09:00:00.000Z' });
    const completed = oktaEvent('user.lifecycle.delete.completed', [userTarget(ADA)], {
      published: '2026-09-02T09:00:00.000Z',
    });

    await byHook(cloud, [create]);
    await byOktaStream(cloud, [completed]);
    await byHook(cloud, [create, membershipAdd(ADA, '00gENG', 'Engineering')]);

    expect(cloud.calls()).toEqual(['users/add', 'users/delete']);
  });
});

describe("the same events by Auth0's webhook and by its EventBridge destination", () => {
  const user = auth0User();
  const created = auth0Event('user.created', user, { id: 'evt_1', time: '2026-09-01T09:00:00.000Z' });
  const renamed = auth0Event(
    'user.updated',
    { ...user, name: 'Ada Renamed' },
    { id: 'evt_2', time: '2026-09-02T09:00:00.000Z' },
  );
  const deleted = auth0Event('user.deleted', user, { id: 'evt_3', time: '2026-09-03T09:00:00.000Z' });

  test.each([
    ['the webhook first', [byWebhook, byAuth0Stream]],
    ['EventBridge first', [byAuth0Stream, byWebhook]],
  ])('act once: %s', async (_what, ways) => {
    const cloud = await standUp({ parameters: demoParameters });

    for (const way of ways) await way(cloud, [created, renamed]);

    expect(cloud.calls()).toEqual(['users/add', 'users/add']);
    expect(JSON.stringify(cloud.state())).toContain('Ada Renamed');
    expect(taken(cloud)).toHaveLength(4);
  });

  test('take a deleted person away by one, whom the other cannot bring back', async () => {
    const cloud = await standUp({ parameters: demoParameters });

    await byWebhook(cloud, [created]);
    await byAuth0Stream(cloud, [deleted]);
    await byWebhook(cloud, [created, renamed]);

    expect(cloud.calls()).toEqual(['users/add', 'users/delete']);
  });
});
