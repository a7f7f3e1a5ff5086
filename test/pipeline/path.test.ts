import { gunzipSync } from 'node:zlib';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import type { OktaUser } from '../../local/doubles/okta/okta.ts';
import { membershipAdd, oktaDelivery, userCreate, userDeactivate } from '../support/okta-deliveries.ts';
import { standUp, type TestCloud } from './cloud.ts';

const ADA = '00uADA';
const ada: OktaUser = {
  id: ADA,
  status: 'ACTIVE',
  profile: { firstName: 'Ada', lastName: 'Example', login: 'ada@example.com', email: 'ada@example.com' },
};
const engineering = { id: '00gENG', profile: { name: 'Engineering' } };
const joined = {
  'acme-workforce': { users: [ADA], groups: { '00gENG': { groupName: 'Engineering', members: [ADA] } } },
};

function summary(cloud: TestCloud) {
  return Object.fromEntries(
    Object.entries(cloud.state()).map(([id, { users, groups }]) => [
      id,
      { users: Object.keys(users), groups },
    ]),
  );
}

describe('a user-created delivery followed by a membership delivery', () => {
  test('ends in the user and the group member through one call of each kind, and in none when sent again', async () => {
    const cloud = await standUp();
    const deliveries = [
      oktaDelivery(userCreate(ADA)),
      oktaDelivery(membershipAdd(ADA, '00gENG', 'Engineering')),
    ];

    for (const delivery of [...deliveries, ...deliveries]) {
      await cloud.post('okta', delivery);
      await cloud.idle();
    }

    expect(cloud.calls()).toEqual(['users/add', 'usergroups/add', 'usergroups/users/add']);
    expect(summary(cloud)).toEqual(joined);
  });

  test('ends in the same state in reversed order', async () => {
    const cloud = await standUp();

    await cloud.post('okta', oktaDelivery(membershipAdd(ADA, '00gENG', 'Engineering')));
    await cloud.idle();
    await cloud.post('okta', oktaDelivery(userCreate(ADA)));
    await cloud.idle();

    expect(cloud.calls().toSorted()).toEqual(['usergroups/add', 'usergroups/users/add', 'users/add']);
    expect(summary(cloud)).toEqual(joined);
  });

  test('leaves nobody behind when the deactivation overtakes both', async () => {
    const cloud = await standUp();

    await cloud.post('okta', oktaDelivery(userDeactivate(ADA, { published: '2026-09-02T00:00:00.000Z' })));
    await cloud.idle();
    await cloud.post('okta', oktaDelivery(userCreate(ADA), membershipAdd(ADA, '00gENG', 'Engineering')));
    await cloud.idle();

    expect(cloud.calls()).toEqual([]);
  });
});

describe('a delivery that nobody can read', () => {
  test('stays on the parked queue as the bytes that were sent', async () => {
    const cloud = await standUp();
    const nulls = `[${'null,'.repeat(60_000)}null]`;

    const answer = await cloud.post('okta', nulls);

    const [parked] = await receiveAll(cloud, 'ParkedQueue');
    expect(answer).toMatchObject({ status: 200, body: { parked: true, changes: 0 } });
    expect(gunzipSync(Buffer.from(parked?.body ?? '', 'base64')).toString()).toBe(nulls);
    expect(parked).toMatchObject({ source: 'okta', contentType: 'application/json' });
  });
});

describe('a wrong credential', () => {
  test('is answered 401 and queues nothing', async () => {
    const cloud = await standUp();

    const answer = await cloud.post('okta', oktaDelivery(userCreate(ADA)), { authorization: 'wrong' });

    expect(answer.status).toBe(401);
    expect(cloud.aws?.calls.filter(({ action }) => action === 'sqs:SendMessage')).toEqual([]);
  });
});

describe('a rotated webhook credential', () => {
  test('is accepted at its first use, while the one before still is', async () => {
    const cloud = await standUp();
    await cloud.post('okta', oktaDelivery(userCreate(ADA)));
    const before = cloud.sources.okta?.headers.authorization ?? '';
    await cloud.putSecret('WebhookCredentials', { okta: { current: 'rotated', previous: before } });

    const answers = await Promise.all(
      ['rotated', before, 'rotated'].map((authorization) =>
        cloud.post('okta', oktaDelivery(userCreate(ADA)), { authorization }),
      ),
    );

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});

describe('a person of whom no webhook tells', () => {
  test('is in Velt with their groups after a run over the whole directory, and another one calls nothing', async () => {
    const cloud = await standUp({
      directory: { users: [ada], groups: [engineering], members: [['00gENG', ADA]] },
    });

    await cloud.fire('backfill', { source: 'okta' });
    await cloud.idle();
    const calls = cloud.calls();
    await cloud.fire('backfill', { source: 'okta' });
    await cloud.idle();

    expect(summary(cloud)).toEqual(joined);
    expect(calls.toSorted()).toEqual(['usergroups/add', 'usergroups/users/add', 'users/add']);
    expect(cloud.calls()).toEqual(calls);
  });

  test('is in Velt as soon as the vendor’s own record is read, of which another look tells nothing', async () => {
    const cloud = await standUp();
    cloud.okta.createUser(ada);
    cloud.okta.createGroup(engineering);
    cloud.okta.addMember('00gENG', ADA);

    await cloud.fire('catch-up');
    await cloud.idle();
    const again = await cloud.fire('catch-up');

    expect(summary(cloud)).toEqual(joined);
    expect(again).toMatchObject({ payload: { okta: 0 } });
  });

  test('is in Velt after the daily run, whichever source they are of', async () => {
    const users = [{ user_id: 'auth0|grace', name: 'Grace Example', email: 'grace@example.com' }];
    const cloud = await standUp({ directory: { users: [ada] }, auth0: { directory: { users } } });

    const result = await cloud.fire('BackfillSchedule');
    await cloud.idle();

    expect(result).toMatchObject({ payload: { okta: { state: 'done' }, auth0: { state: 'done' } } });
    expect(summary(cloud)).toEqual({
      'acme-workforce': { users: [ADA], groups: {} },
      'acme-customers': { users: ['auth0|grace'], groups: {} },
    });
  });

  test('leaves Velt with a run when nobody told that they left', async () => {
    const cloud = await standUp({ directory: { users: [ada, { ...ada, id: '00uBOB' }] } });
    await cloud.fire('backfill', { source: 'okta' });
    await cloud.idle();
    cloud.okta.removeUser(ADA);

    await cloud.fire('backfill', { source: 'okta' });
    await cloud.idle();

    expect(cloud.calls()).toEqual(['users/add', 'users/delete']);
    expect(summary(cloud)['acme-workforce']?.users).toEqual(['00uBOB']);
  });
});

async function receiveAll({ admin, stack }: TestCloud, queue: string): Promise<{ body: string }[]> {
  const sqs = new SQSClient(admin);
  const QueueUrl = stack.ref(queue);
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  await sqs.send(new GetQueueAttributesCommand({ QueueUrl }));
  sqs.destroy();
  return Messages.map(({ Body = '{}' }) => JSON.parse(Body));
}
