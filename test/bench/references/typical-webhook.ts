import { createHash, timingSafeEqual } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod';

/**
 * The webhook as the documents of these packages have one write it: a check of the credential, a schema, a message a change.
 * Without a tracer (another 38 ms), which this project does not have.
 */
const logger = new Logger();
const metrics = new Metrics();
const secrets = new SecretsManagerClient();
const sqs = new SQSClient();

const Target = z.object({
  id: z.string(),
  type: z.string(),
  alternateId: z.string().nullish(),
  displayName: z.string().nullish(),
});
const Delivery = z.object({
  data: z.object({
    events: z.array(
      z.object({
        uuid: z.string(),
        published: z.iso.datetime(),
        eventType: z.string(),
        outcome: z.object({ result: z.string().nullish() }).nullish(),
        target: z.array(Target).nullish(),
      }),
    ),
  }),
});
const Secret = z.record(z.string(), z.object({ current: z.string() }));

let secret: z.infer<typeof Secret> | undefined;

async function credentials() {
  if (secret) return secret;
  const SecretId = process.env.WEBHOOK_CREDENTIALS_SECRET;
  const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId }));
  secret = Secret.parse(JSON.parse(SecretString));
  return secret;
}

const digestOf = (text: string) => createHash('sha256').update(text).digest();

export const handler = middy<APIGatewayProxyEventV2>().handler(async (event) => {
  const { okta } = await credentials();
  const given = event.headers.authorization ?? '';
  if (!timingSafeEqual(digestOf(given), digestOf(okta?.current ?? ''))) return { statusCode: 401 };
  const { events } = Delivery.parse(JSON.parse(event.body ?? '')).data;
  const changes = events.flatMap(({ eventType, uuid, published, target }) => {
    const user = target?.find(({ type }) => type === 'User');
    return user ? [{ eventType, id: uuid, at: published, personId: user.id, name: user.displayName }] : [];
  });
  await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: process.env.CHANGES_QUEUE_URL,
      Entries: changes.map((change, index) => ({
        ...{ Id: String(index), MessageBody: JSON.stringify(change) },
        ...{ MessageGroupId: change.personId, MessageDeduplicationId: change.id },
      })),
    }),
  );
  logger.info('Took a delivery', { changes: changes.length });
  metrics.addMetric('ChangesReceived', MetricUnit.Count, changes.length);
  metrics.publishStoredMetrics();
  return { statusCode: 200, body: JSON.stringify({ changes: changes.length }) };
});
