import { describe, expect, test } from 'vitest';
import { demoParameters } from '../../local/demo-directory.ts';
import { partnerEvent } from '../factories.ts';
import { membershipAdd, oktaDelivery, oktaEvent, userCreate, userTarget } from '../okta-deliveries.ts';
import { standUp, type TestCloud } from './cloud.ts';

const ADA = '00uADA';
const JOINED = ['usergroups/add', 'usergroups/users/add', 'users/add'];

const byHook = async (cloud: TestCloud, events: object[]) => {
  await cloud.post('okta', oktaDelivery(...events));
  await cloud.idle();
};

const byStream = async (cloud: TestCloud, events: object[]) => {
  for (const event of events) {
    await cloud.putEvent(partnerEvent(event, { source: demoParameters.OktaEventSource }));
    await cloud.idle();
  }
};

describe('the same events by a hook and by the log stream', () => {
  test.each([
    ['the hook first', [byHook, byStream]],
    ['the log stream first', [byStream, byHook]],
  ])('act once: %s', async (_what, ways) => {
    const cloud = await standUp({ parameters: demoParameters });
    const events = [userCreate(ADA), membershipAdd(ADA, '00gENG', 'Engineering')];

    for (const way of ways) await way(cloud, events);

    expect(cloud.calls().toSorted()).toEqual(JOINED);
    expect(cloud.lines.filter((line) => line.includes('Took a delivery'))).toHaveLength(3);
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
    await byStream(cloud, [completed]);
    await byHook(cloud, [create, membershipAdd(ADA, '00gENG', 'Engineering')]);

    expect(cloud.calls()).toEqual(['users/add', 'users/delete']);
  });
});
