import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { readConfig } from '../../lib/config.ts';
import { createHttp } from '../../lib/http/client.ts';
import { Auth0Credentials } from '../../lib/sources/auth0/credentials.ts';
import type { Auth0, Auth0Directory, Auth0Event } from '../../local/doubles/auth0/auth0.ts';
import { readArguments, setupAuth0 } from '../../scripts/setup-auth0.ts';
import type { AnyHttp } from '../../scripts/setup-report.ts';
import { setupGiven } from '../support/setup-given.ts';
import { standUp } from './cloud.ts';

const PUBLIC_URL = 'https://hooks.example.com';
const DOMAIN = 'example-tenant.us.auth0.com';

export type Auth0Cloud = Awaited<ReturnType<typeof standUpWithAuth0>>;

/**
 * A local cloud that its Auth0 reaches under a public address, and `npm run sync -- setup auth0` against that tenant, with the
 * credentials that the directory secret holds. No two things happen at the same millisecond there, and nobody waits between
 * the tries of a delivery.
 */
export async function standUpWithAuth0({
  root = process.cwd(),
  config,
  directory = {},
}: {
  root?: string;
  config: object;
  directory?: Auth0Directory;
}) {
  const answers: { event: Auth0Event; status: number; again: () => Promise<{ status: number }> }[] = [];
  let now = 0;
  const clock = () => {
    now = Math.max(now + 1, Date.now());
    return now;
  };
  const deliver = async (
    url: string,
    headers: Record<string, string>,
    body: string,
  ): Promise<{ status: number }> => {
    const { status } = await fetch(url.replace(PUBLIC_URL, cloud.baseUrl), { method: 'POST', headers, body });
    answers.push({ event: JSON.parse(body), status, again: () => deliver(url, headers, body) });
    return { status };
  };
  const sleep = async () => undefined;
  const cloud = await standUp({ root, auth0: { clock, sleep, deliver, directory } });
  const { auth0: access } = z
    .object({ auth0: Auth0Credentials })
    .parse(await cloud.readSecret('DirectoryCredentials'));
  // Other sources have webhooks only: each would read the same tenant.
  await cloud.putSecret('DirectoryCredentials', { auth0: access });
  const credentials: Record<string, { current: string }> = {};
  const printed: string[] = [];

  /** The command against the tenant; what is only known under its public name is taken for the double. */
  const http = createHttp() as AnyHttp;
  function run(source = 'auth0', ...more: string[]) {
    const flags = ['--domain', DOMAIN, '--url', `${PUBLIC_URL}/webhooks/${source}`, '--source', source];
    const toDouble = (text: string) => text.replaceAll(`https://${DOMAIN}`, access.url);
    return setupAuth0(readArguments(setupGiven([...flags, '--apply', ...more]), readConfig(config), access), {
      http: ({ url, body, ...request }) =>
        http({ ...request, url: toDouble(url), ...(body !== undefined && { body: toDouble(body) }) }),
      clock: Date.now,
      random: randomBytes,
      print: (text) => printed.push(text),
      access,
    });
  }

  /** Puts the credential that the command made last into the secret. */
  async function keepCredential(source = 'auth0'): Promise<void> {
    const made = printed.findLast((text) => text.includes('CREDENTIAL='));
    credentials[source] = { current: /CREDENTIAL='([\w:-]+)'/.exec(made ?? '')?.[1] ?? '' };
    await cloud.putSecret('WebhookCredentials', credentials);
  }

  /** Has an event stream made and enabled for a source, and forgets its test event. */
  async function connect(source = 'auth0'): Promise<void> {
    await run(source);
    await keepCredential(source);
    await run(source);
    await settle();
    answers.length = 0;
  }

  /** Resolves when everything that happened has been delivered by Auth0 and carried to Velt. */
  async function settle(): Promise<void> {
    await cloud.auth0.settled();
    await cloud.idle();
  }

  return {
    ...cloud,
    /** What the webhook answered to each try of a delivery, which `again` repeats. */
    answers,
    printed,
    run,
    keepCredential,
    connect,
    settle,
    /** Lets things happen in the tenant, one right after the other, and resolves when Velt has heard of all of them. */
    async happen(act: (auth0: Auth0) => void): Promise<void> {
      act(cloud.auth0);
      await settle();
    },
  };
}
