import { expect, test } from 'vitest';
import { readConfig } from '../../lib/config.ts';
import { createOkta } from '../../local/doubles/okta/okta.ts';
import { readArguments, setupOkta } from '../../scripts/setup-okta.ts';
import { setupGiven } from '../support/setup-given.ts';
import { standUp, type TestCloud } from './cloud.ts';

const PUBLIC_URL = 'https://hooks.example.com';
const DOMAIN = 'example-org.okta.com';
const TOKEN = 'example-ssws-token';

/** `npm run sync -- setup okta` against an Okta that reaches the local cloud under a public address. */
function makeSetup(cloud: TestCloud) {
  const okta = createOkta({
    orgUrl: `https://${DOMAIN}`,
    ssws: TOKEN,
    challenge: async (url, headers) => {
      const response = await fetch(url.replace(PUBLIC_URL, cloud.baseUrl), { headers });
      return { status: response.status, body: await response.text() };
    },
  });
  const config = readConfig({ sources: { okta: { kind: 'okta', organization: 'acme' } } });
  const flags = ['--domain', DOMAIN, '--url', `${PUBLIC_URL}/webhooks/okta`, '--apply'];
  const printed: string[] = [];
  const run = () =>
    setupOkta(readArguments(setupGiven(flags), config, TOKEN), {
      http: ({ method, url, headers, body }) =>
        okta.answer({ method, path: new URL(url).pathname, headers, ...(body !== undefined && { body }) }),
      random: (bytes) => Buffer.alloc(bytes, 7),
      print: (text) => printed.push(text),
      token: TOKEN,
    });
  return { run, printed };
}

test('setup:okta has its hook verified by the deployed webhook once the secret holds the credential', async () => {
  const cloud = await standUp();
  const { run, printed } = makeSetup(cloud);

  const created = await run();
  const tooEarly = await run();
  const credential = /CREDENTIAL='([\w-]+)'/.exec(printed.join('\n'))?.[1];
  await cloud.putSecret('WebhookCredentials', { okta: { current: credential } });
  const verified = await run();
  const again = await run();

  expect([created, tooEarly, verified, again]).toEqual(['differs', 'differs', 'in order', 'in order']);
  expect(printed.filter((text) => text.startsWith('Not verified:'))).toHaveLength(1);
  expect(printed.at(-1)).toBe('Nothing to change.');
});
