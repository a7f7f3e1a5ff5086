import { expect, test } from 'vitest';
import configuration from '../../local/demo/config.json' with { type: 'json' };
import { standUpWithAuth0 } from './auth0-stream.ts';

const taken = (lines: string[]) => lines.filter((line) => line.includes('Took a delivery'));

test('setup:auth0 has its stream tested by the deployed webhook once the secret holds the credential', async () => {
  const cloud = await standUpWithAuth0({ config: configuration });

  const created = await cloud.run();
  await cloud.keepCredential();
  const enabled = await cloud.run();
  await cloud.settle();
  const again = await cloud.run();
  await cloud.settle();

  expect([created, enabled, again]).toEqual(['differs', 'in order', 'in order']);
  expect(cloud.printed.at(-1)).toBe('Nothing to change.');
  expect(cloud.answers).toMatchObject([{ event: { a0purpose: 'test' }, status: 200 }]);
  expect(taken(cloud.lines)).toEqual([expect.stringMatching(/"changes":0.*"ignored":1/)]);
  expect(cloud.calls()).toEqual([]);
});

test('a stream that was enabled before the secret held its credential is refused until it does', async () => {
  const cloud = await standUpWithAuth0({ config: configuration });
  await cloud.run();
  await cloud.run();
  await cloud.settle();

  await cloud.keepCredential();
  await cloud.happen((auth0) => auth0.createUser({ user_id: 'auth0|ada', email: 'ada@example.com' }));

  expect(cloud.answers.map(({ status }) => status)).toEqual([401, 200]);
  expect(Object.keys(cloud.state()['acme-customers']?.users ?? {})).toEqual(['auth0|ada']);
});

test('setup:auth0 --rotate has the stream carry another credential', async () => {
  const cloud = await standUpWithAuth0({ config: configuration });
  await cloud.connect();
  await cloud.putSecret('WebhookCredentials', { auth0: { current: 'the-next-one' } });

  const rotated = await cloud.run('auth0', '--rotate', '--credential', 'the-next-one');
  await cloud.happen((auth0) => auth0.createUser({ user_id: 'auth0|ada', email: 'ada@example.com' }));

  expect(rotated).toBe('in order');
  expect(cloud.answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(Object.keys(cloud.state()['acme-customers']?.users ?? {})).toEqual(['auth0|ada']);
});
