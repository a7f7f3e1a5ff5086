import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod';
import { createSecret } from '../lib/aws/secrets.ts';
import type { DirectoryConfig } from '../lib/config.ts';
import { WebhookCredentials, writeCredential } from '../lib/http/bearer.ts';
import { faceOf, inbound } from '../lib/sources/inbound.ts';
import { createInvoke } from './invoke.ts';
import type { StackPlace } from './place.ts';

/** What the webhook function made of a delivery. */
const Taken = z.object({
  changes: z.int(),
  ignored: z.int(),
  parked: z.boolean().default(false),
  reasons: z.array(z.string()).default([]),
});
export type Taken = z.infer<typeof Taken>;

/** Calls the webhook function as its callers do. All throw Error with the answer where it took nothing, and what AWS throws. */
export interface WebhookCall {
  /** As a vendor's HTTP request would, with the credential of the source. Throws Error where the source has none. */
  deliver(delivery: { source: string; contentType?: string | undefined; body: Buffer }): Promise<Taken>;
  /** As EventBridge hands over an event. */
  handOver(event: unknown): Promise<Taken>;
}

export function createWebhookCall(
  { stage, aws }: StackPlace,
  { sources }: Pick<DirectoryConfig, 'sources'>,
  clock: () => number,
): WebhookCall {
  const invoke = createInvoke({ aws });
  const secret = createSecret(`velt-directory-sync-${stage}/webhooks`, WebhookCredentials, {
    client: new SecretsManagerClient(aws as object),
    clock,
  });
  const name = `velt-directory-sync-${stage}-webhook`;

  async function headersOf(source: string): Promise<Record<string, string>> {
    const config = Object.hasOwn(sources, source) ? sources[source] : undefined;
    if (!config) throw new Error(`${source} is no source of the configuration`);
    const credentials = await secret();
    const { current } = (Object.hasOwn(credentials, source) ? credentials[source] : undefined) ?? {};
    if (current === undefined) throw new Error(`the webhooks secret has no credential of ${source}`);
    const { header, scheme } = faceOf(config, inbound).credential(config);
    return { [header]: writeCredential(current, scheme) };
  }

  return {
    async deliver({ source, contentType = 'application/json', body }) {
      const headers = { 'content-type': contentType, ...(await headersOf(source)) };
      const { statusCode, body: text } = Answer.parse(await invoke(name, requestOf(source, headers, body)));
      if (statusCode !== 200) throw new Error(`the webhook answered ${statusCode}: ${text}`);
      return Taken.parse(JSON.parse(text));
    },
    handOver: async (event) => Taken.parse(await invoke(name, event)),
  };
}

const Answer = z.object({ statusCode: z.int(), body: z.string() });

/** What of an HTTP API's event (payload format 2.0) the webhook function reads. */
function requestOf(
  source: string,
  headers: Record<string, string>,
  body: Buffer,
): Pick<APIGatewayProxyEventV2, 'headers' | 'body' | 'isBase64Encoded' | 'pathParameters'> & {
  requestContext: { http: { method: string } };
} {
  return {
    requestContext: { http: { method: 'POST' } },
    pathParameters: { source },
    headers,
    body: body.toString('base64'),
    isBase64Encoded: true,
  };
}
