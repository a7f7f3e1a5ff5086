import { readConfig } from '../../lib/config.ts';
import { hookEventTypes } from '../../lib/sources/okta/inbound.ts';
import type { Challenge } from '../../local/doubles/okta/hooks.ts';
import { createOkta } from '../../local/doubles/okta/okta.ts';
import { hookBody, type WantedHook } from '../../scripts/okta-recipe.ts';
import { readArguments, type SetupDeps, setupOkta } from '../../scripts/setup-okta.ts';
import { NOW } from './factories.ts';
import { setupGiven } from './setup-given.ts';

export const DOMAIN = 'example-org.okta.com';
export const URL_OF_HOOK = 'https://hooks.example.com/webhooks/okta';
export const TOKEN = 'example-ssws-token';
export const ANSWERS: Challenge = async (_url, headers) => ({
  status: 200,
  body: JSON.stringify({ verification: headers['x-okta-verification-challenge'] }),
});

/** An Okta with nothing in it, and runs of the command against it. */
export function makeOrg({ challenge = ANSWERS }: { challenge?: Challenge } = {}) {
  const okta = createOkta({ orgUrl: `https://${DOMAIN}`, challenge, clock: () => NOW });
  const requests: { method: string; path: string; body?: unknown }[] = [];
  const http: SetupDeps['http'] = async ({ method, url, headers, body }) => {
    const path = url.replace(`https://${DOMAIN}`, '');
    requests.push({ method, path, ...(body && { body: JSON.parse(body) }) });
    return okta.answer({ method, path, headers, ...(body !== undefined && { body }) });
  };
  const run = async (
    args: string[] = [],
    { source = {}, token = TOKEN }: { source?: object; token?: string } = {},
  ) => {
    const printed: string[] = [];
    const config = makeConfig(source);
    requests.length = 0;
    const known = token || undefined;
    const result = await setupOkta(readArguments(setupGiven([...FLAGS, ...args]), config, known), {
      http,
      random: (bytes) => Buffer.alloc(bytes, 7),
      print: (text) => printed.push(text),
      token: known,
    });
    return { result, output: printed.join('\n') };
  };
  /** As somebody in the Admin Console would change it. */
  const edit = (change: (hook: ReturnType<typeof hookBody>) => object) => {
    const [hook] = hooks();
    const body = JSON.stringify(change({ ...hook, ...hookBody(wantedHook(), 's3cret') }));
    okta.handle({ method: 'PUT', path: `/api/v1/eventHooks/${hook.id}`, headers: AUTHORIZED, body });
  };
  const hooks = () =>
    JSON.parse(okta.handle({ method: 'GET', path: '/api/v1/eventHooks', headers: AUTHORIZED }).body);
  const writes = () => requests.filter(({ method }) => method !== 'GET').map((r) => `${r.method} ${r.path}`);
  return { okta, run, edit, hooks, writes, requests };
}

export const FLAGS = ['--domain', DOMAIN, '--url', URL_OF_HOOK];
export const AUTHORIZED = { authorization: `SSWS ${TOKEN}` };
export const GENERATED = Buffer.alloc(32, 7).toString('base64url');

export const makeConfig = (source: object = {}) =>
  readConfig({
    sources: {
      okta: { kind: 'okta', organization: 'acme', ...source },
      auth0: { kind: 'auth0', organization: 'acme' },
    },
  });

export const wantedHook = (hook: Partial<WantedHook> = {}): WantedHook => ({
  domain: DOMAIN,
  url: URL_OF_HOOK,
  name: 'velt-directory-sync-dev-okta',
  header: 'authorization',
  eventTypes: hookEventTypes(undefined),
  ...hook,
});

/** An org whose hook is as it should be. */
export async function makeOrgInOrder(options: { challenge?: Challenge } = {}) {
  const org = makeOrg(options);
  await org.run(['--apply', '--credential', 's3cret']);
  return org;
}
