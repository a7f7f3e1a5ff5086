import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect, test } from 'vitest';
import type { Run } from '../../lib/aws/runs.ts';
import type { OktaUser } from '../../local/doubles/okta/okta.ts';
import type { TestCloud } from '../pipeline/cloud.ts';
import { MINUTE_MS, standUpWithTime } from './alarm-clock.ts';
import { arrival, bothHere, departure, letTimeCome, peopleAtVelt, refuseBen } from './observe.ts';

// Alarms on what stays as it is: from the fault to the alarm, and to its end.

type TestCloudWithTime = Awaited<ReturnType<typeof standUpWithTime>>;

/** Fires the sweep as often as this, and lets so many minutes pass after each; returns what is on after each sweep. */
async function sweepOn(cloud: TestCloudWithTime, times: number, minutes: number): Promise<string[][]> {
  const on: string[][] = [];
  for (let nth = 0; nth < times; nth += 1) {
    await cloud.fire('sweep', {});
    await cloud.idle();
    on.push(cloud.on());
    cloud.pass(minutes);
  }
  return on;
}

test('somebody whom Velt refuses is told after a day, and no more once Velt takes them', async () => {
  const cloud = await standUpWithTime();
  cloud.velt?.faults.add(refuseBen('no name'));
  await cloud.queue(arrival('Ada'), arrival('Ben'));
  await cloud.idle();

  const on = await sweepOn(cloud, 24, 60);
  cloud.velt?.faults.clear();
  await letTimeCome(cloud);
  const after = await sweepOn(cloud, 2, 60);

  expect(on.slice(0, 23).flat()).toEqual([]);
  expect([on[23], after.at(-1), peopleAtVelt(cloud)]).toEqual([['people-owed'], [], bothHere]);
});

test('somebody who should be out of Velt is told after half an hour, until they are', async () => {
  const cloud = await standUpWithTime();
  await cloud.queue(arrival('Ada'), arrival('Ben'));
  await cloud.idle();
  cloud.velt?.faults.add(refuseBen('not now'));
  await cloud.queue(departure('Ben'));
  await cloud.idle();

  const on = await sweepOn(cloud, 3, 10);
  cloud.velt?.faults.clear();
  await letTimeCome(cloud);
  const after = await sweepOn(cloud, 2, 10);

  expect([on, after.at(-1)]).toEqual([[[], [], ['removals-owed']], []]);
  expect(Object.keys(peopleAtVelt(cloud))).toEqual(['ada']);
});

test('a source without a complete run for two days is told until it has one', async () => {
  const cloud = await standUpWithTime();
  const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 60 * MINUTE_MS).toISOString();
  const run: Run = {
    ...{ v: 2, runId: 'okta-1', source: 'okta', configuration: '', phase: 'breaker', state: 'stopped' },
    ...{ since: daysAgo(3), startedAt: daysAgo(1), endedAt: daysAgo(1), pages: 1, people: 0, unreadable: 0 },
    ...{ queued: 0, asked: 0, listedParts: 0, deferredParts: 0, delivered: 0, losing: 0, toAsk: 0 },
  };
  const table = DynamoDBDocumentClient.from(new DynamoDBClient(cloud.admin));
  const Item = { pk: 'run#okta', sk: 'current', revision: 1, run };
  await table.send(new PutCommand({ TableName: cloud.stack.ref('MirrorTable'), Item }));
  table.destroy();

  const [old] = await sweepOn(cloud, 1, 0);
  await cloud.fire('backfill', { source: 'okta' });
  await cloud.idle();
  cloud.pass(16);
  const [complete] = await sweepOn(cloud, 1, 0);

  expect([old, complete]).toEqual([['run-old'], []]);
});

test('a webhook that brings nothing for hours is told, and a quiet time is not', async () => {
  // What happens there happened three minutes ago.
  const cloud = await standUpWithTime({ directory: { clock: () => Date.now() - 3 * MINUTE_MS } });
  const user = (n: number): OktaUser => ({
    ...{ id: `00uSilent${n}`, status: 'ACTIVE' },
    profile: { firstName: 'A', lastName: `${n}`, login: `a${n}@example.com`, email: `a${n}@example.com` },
  });
  const on: string[][] = [];

  for (const n of [1, 2, 3, 4]) {
    // Nothing happens in the second hour.
    if (n !== 2) cloud.okta.createUser(user(n));
    await cloud.fire('catch-up');
    await cloud.idle();
    on.push(cloud.on());
    cloud.pass(60);
  }
  cloud.pass(6 * 60);

  expect([on, cloud.on()]).toEqual([[[], [], [], ['webhook-silent']], []]);
});

test('a stream that is switched off is told after half an hour, until it is on again', async () => {
  const cloud = await standUpWithTime();
  const stream = await disabledStream(cloud);
  const on: string[][] = [];

  for (const status of ['disabled', 'disabled', 'enabled']) {
    await stream.patch({ status });
    await cloud.fire('catch-up');
    await cloud.idle();
    on.push(cloud.on());
    cloud.pass(15);
  }

  expect([on, cloud.on()]).toEqual([[[], ['stream-disabled'], []], []]);
});

/** An event stream of the Auth0 double that leads to the webhook, and takes changes. */
async function disabledStream({ admin, stack, baseUrl }: TestCloud) {
  const secrets = new SecretsManagerClient(admin);
  const SecretId = stack.ref('DirectoryCredentials');
  const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId }));
  secrets.destroy();
  const { url, clientId, clientSecret } = JSON.parse(SecretString).auth0;
  const call = async (method: string, path: string, body: object, token?: string) => {
    const headers = {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    };
    const response = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
    expect(response.ok).toBe(true);
    return (await response.json()) as Record<string, string>;
  };
  const { access_token } = await call('POST', '/oauth/token', {
    ...{ grant_type: 'client_credentials', audience: `${url}/api/v2/` },
    ...{ client_id: clientId, client_secret: clientSecret },
  });
  const { id } = await call(
    ...(['POST', '/api/v2/event-streams'] as const),
    {
      status: 'disabled',
      subscriptions: [{ event_type: 'user.deleted' }],
      destination: {
        type: 'webhook',
        configuration: {
          webhook_endpoint: `${baseUrl}/webhooks/auth0`,
          webhook_authorization: { method: 'bearer', token: 'any' },
        },
      },
    },
    access_token,
  );
  return { patch: (change: object) => call('PATCH', `/api/v2/event-streams/${id}`, change, access_token) };
}
