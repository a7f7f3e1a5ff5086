import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { SecretName } from '../../../../scripts/doctor/secrets.ts';
import { byName, edited, expectFound, type Fault, linesOf, makeStage } from '../../../support/doctor.ts';

const FAULTS: Fault[] = [
  {
    fault: 'a secret that does not exist',
    plant: ({ secrets }) => delete secrets.velt,
    found: [/^secrets The secret velt does not exist\. Deploy the stage/],
  },
  {
    fault: 'a secret that is no JSON',
    plant: ({ secrets }) => {
      secrets.webhooks = 'hook-canary';
    },
    found: [/^secrets The secret webhooks holds no JSON object\. Put velt-directory-sync-prod\/webhooks/],
  },
  {
    fault: 'a secret as the deployment made it',
    plant: edited('webhooks', () => ({})),
    found: [/webhooks: there is no credential of okta\./, /webhooks: there is no credential of auth0\./],
  },
  {
    fault: 'a credential of another shape',
    plant: edited('webhooks', (value) => ({ ...value, okta: 'hook-canary' })),
    found: [/webhooks: okta: Invalid input: expected object/],
  },
  {
    fault: 'no user:password where basic authorization needs it',
    made: { sources: { auth0: { scheme: 'basic' } } },
    plant: ({ asTenant, stream, auth0Stream }) => asTenant('PATCH', `/${stream}`, basic(auth0Stream.url)),
    found: [/webhooks: auth0\.current is not user:password/],
  },
  {
    fault: 'a value left at the example of README.md',
    plant: edited('webhooks', (value) => ({ ...value, auth0: { current: 'another' } })),
    found: [/webhooks: auth0\.current is still an example\./],
  },
  {
    fault: 'no credentials of a directory that people are read from',
    made: { sources: { okta: { api: { headroom: 0.2 } } } },
    plant: edited('directory', ({ auth0 }) => ({ auth0 })),
    found: [/directory: there are no credentials of okta, whose people are read by "api"\./],
  },
  {
    fault: 'credentials of a directory of another shape',
    plant: edited('directory', ({ okta, auth0 }) => ({
      okta,
      auth0: { ...(auth0 as object), clientSecret: '' },
    })),
    found: [/directory: auth0\.clientSecret: /],
  },
];

const basic = (url: string) => ({
  destination: {
    type: 'webhook',
    configuration: {
      webhook_endpoint: url,
      webhook_authorization: { method: 'basic', username: 'velt', password: 'stream-canary' },
    },
  },
});

test.each(byName(FAULTS))('%s is found, with its mend, and nothing else', (_name, fault) =>
  expectFound(fault),
);

test('every value of the README that nobody filled in is found', async () => {
  const values = [...readFileSync('README.md', 'utf8').matchAll(/^ *put (\w+) +'(\{[^']+)'$/gm)];
  const stage = await makeStage();
  for (const [, name = '', text = ''] of values) stage.secrets[name as SecretName] = text;

  const { findings } = await stage.examine();

  const examples = linesOf(findings, 'wrong').flatMap(
    (line) => /: (\S+) is still an example/.exec(line)?.[1] ?? [],
  );
  expect(examples).toEqual([
    ...['apiKey', 'authToken', 'okta.current', 'auth0.current', 'okta.url', 'okta.ssws'],
    ...['auth0.url', 'auth0.clientId', 'auth0.clientSecret'],
  ]);
});

test('a secret that stands where a name should be is not repeated', async () => {
  const stage = await makeStage();
  edited('velt', (value) => ({ ...value, 'tok_live-CANARY': '' }))(stage);
  edited('webhooks', (value) => ({ ...value, 'whsec-CANARY': { current: 'a' } }))(stage);

  const examined = await stage.examine();

  expect(JSON.stringify(examined)).not.toContain('CANARY');
  expect(linesOf(examined.findings, 'note').join()).toContain('one of its names is no source');
});
