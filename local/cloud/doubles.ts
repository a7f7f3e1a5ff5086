import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { readConfig, type SourceConfig } from '../../lib/config.ts';
import { writeCredential } from '../../lib/http/bearer.ts';
import { faceOf, inbound } from '../../lib/sources/inbound.ts';
import { type Auth0Options, startAuth0 } from '../doubles/auth0/auth0.ts';
import { type OktaOptions, startOkta } from '../doubles/okta/okta.ts';
import { startVelt, type VeltOptions } from '../doubles/velt/velt.ts';
import type { ClientOptions, Stack } from './template/stack.ts';

export type DoublesOptions = {
  /** A Velt to talk to in place of the double. */
  veltBaseUrl?: string;
  veltCredentials?: { apiKey: string; authToken: string };
  /** How the Velt double behaves. */
  velt?: Omit<VeltOptions, 'apiKey' | 'authToken'>;
  /** What is in the Okta double. */
  directory?: Omit<OktaOptions, 'orgUrl' | 'ssws'>;
  /** What is in the Auth0 double, and how it behaves. */
  auth0?: Omit<Auth0Options, 'tenantUrl' | 'exportsUrl' | 'clientId' | 'clientSecret'>;
};

/** A source as the double of its vendor needs it: where to send deliveries, and the header with the credential. */
export type CloudSource = { kind: SourceConfig['kind']; url: string; headers: Record<string, string> };

/**
 * Starts the doubles of the vendors, and makes up the credentials by which they and the stack know each other. This is the
 * only file of the local cloud that names a vendor.
 */
export async function startDoubles(
  root: string,
  options: DoublesOptions,
  closers: (() => Promise<unknown>)[],
) {
  const { veltCredentials = { apiKey: 'local-api-key', authToken: 'local-auth-token' } } = options;
  const velt =
    options.veltBaseUrl === undefined ? await startVelt({ ...options.velt, ...veltCredentials }) : undefined;
  if (velt) closers.push(velt.close);
  const veltUrl = options.veltBaseUrl ?? velt?.url ?? '';
  const ssws = randomBytes(16).toString('hex');
  const okta = await startOkta({ ...options.directory, ssws });
  closers.push(okta.close);
  const auth0Client = { clientId: 'local-client-id', clientSecret: randomBytes(32).toString('hex') };
  const auth0 = await startAuth0({ ...options.auth0, ...auth0Client });
  closers.push(auth0.close);

  const configured = Object.entries(await readSources(root));
  const webhooks = Object.fromEntries(
    configured.map(([name]) => [name, { current: randomBytes(24).toString('hex') }]),
  );
  const clients: Record<string, object | undefined> = {
    okta: { url: okta.url, ssws },
    auth0: { url: auth0.url, ...auth0Client },
  };
  const directory = Object.fromEntries(configured.map(([name, { kind }]) => [name, clients[kind]]));

  return {
    doubles: { veltUrl, velt: velt?.velt, okta: okta.okta, auth0: auth0.auth0 },
    /** The only thing in the template that is replaced: the address of Velt. */
    environment: { VELT_BASE_URL: veltUrl },
    /** What the owner of the stack puts into its secrets after a deployment, by the end of the secret's name. */
    secrets: { velt: veltCredentials, webhooks, directory },
    sourcesAt: (baseUrl: string) =>
      Object.fromEntries(
        configured.map(([name, source]): [string, CloudSource] => {
          const headers = credentialHeader(source, webhooks[name]?.current ?? '');
          return [name, { kind: source.kind, url: `${baseUrl}/webhooks/${name}`, headers }];
        }),
      ),
  };
}

/** Puts values into the secrets of a stack. Throws Error naming the logical id of a secret that has no value in `values`. */
export async function putSecrets(
  stack: Stack,
  admin: ClientOptions,
  values: Record<string, object>,
): Promise<void> {
  const client = new SecretsManagerClient(admin);
  for (const [logicalId, { Name }] of stack.ofType<{ Name: string }>('AWS::SecretsManager::Secret')) {
    const value = values[basename(Name)];
    if (!value)
      throw new Error(`${logicalId}: the local cloud has nothing to put into a secret named ${Name}`);
    await client.send(
      new PutSecretValueCommand({ SecretId: stack.ref(logicalId), SecretString: JSON.stringify(value) }),
    );
  }
  client.destroy();
}

/** The sources of the configuration that was built in. */
async function readSources(root: string): Promise<Record<string, SourceConfig>> {
  return readConfig(JSON.parse(await readFile(join(root, 'dist', 'config.json'), 'utf8'))).sources;
}

/** The header that carries a source's credential, as its vendor sends it. */
function credentialHeader(source: SourceConfig, current: string): Record<string, string> {
  const { header, scheme } = faceOf(source, inbound).credential(source);
  return { [header]: writeCredential(current, scheme) };
}
