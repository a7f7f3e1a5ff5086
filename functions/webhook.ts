import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import configuration from '../directory.config.json' with { type: 'json' };
import { createPark, createQueue } from '../lib/aws/queue.ts';
import { createSecret } from '../lib/aws/secrets.ts';
import { readConfig, readEnv, WebhookEnv } from '../lib/config.ts';
import { WebhookCredentials } from '../lib/http/bearer.ts';
import { type Answer, answerErrors, readRequest } from '../lib/http/edge.ts';
import {
  isPartnerEvent,
  type PartnerEvent,
  type ReceiveDeps,
  receive,
  receivePartnerEvent,
} from '../lib/inbound/receive.ts';
import { createLog, createMeter } from '../lib/observability.ts';

export function create(deps: ReceiveDeps) {
  const answer = middy<APIGatewayProxyEventV2, Answer>({ timeoutEarlyInMillis: 0 })
    .use(answerErrors(deps.log))
    .handler((event) => receive(readRequest(event), deps));
  // EventBridge waits for no answer: by what is thrown Lambda knows that it has to try again.
  return (event: APIGatewayProxyEventV2 | PartnerEvent, context: Context) =>
    isPartnerEvent(event) ? receivePartnerEvent(event, deps) : answer(event, context);
}

const env = readEnv(WebhookEnv, process.env);
const clock = Date.now;
const sqs = new SQSClient();
const credentials = createSecret(env.WEBHOOK_CREDENTIALS_SECRET, WebhookCredentials, {
  client: new SecretsManagerClient(),
  clock,
});

export const handler = create({
  config: readConfig(configuration),
  credentials,
  queue: createQueue({ client: sqs, queueUrl: env.CHANGES_QUEUE_URL, shards: env.SHARDS }),
  park: createPark({ client: sqs, queueUrl: env.PARKED_QUEUE_URL }),
  clock,
  log: createLog(),
  meter: createMeter(),
});

// Init has a full CPU, the first invocation a fraction of one: the secret is fetched now, and again later if this fails.
await credentials().catch(() => undefined);
