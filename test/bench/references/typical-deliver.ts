import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import middy from '@middy/core';
import type { SQSEvent } from 'aws-lambda';
import * as z from 'zod';

/**
 * The consumer as it is usually written: a record at a time, each made idempotent by two writes to a table, as Powertools does it,
 * and sent by `fetch`. Without a tracer, and without Powertools' own packages for batches and idempotency, which cost more.
 */
const logger = new Logger();
const metrics = new Metrics();
const secrets = new SecretsManagerClient();
const table = DynamoDBDocumentClient.from(new DynamoDBClient());

const Message = z.object({
  changes: z.array(
    z.object({
      id: z.string(),
      personId: z.string(),
      profile: z.object({ name: z.string().nullish(), email: z.string().nullish() }),
    }),
  ),
});
const Secret = z.object({ apiKey: z.string(), authToken: z.string() });

let secret: z.infer<typeof Secret> | undefined;

async function credentials() {
  if (secret) return secret;
  const SecretId = process.env.VELT_CREDENTIALS_SECRET;
  const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId }));
  secret = Secret.parse(JSON.parse(SecretString));
  return secret;
}

async function tell({ id, personId, profile }: z.infer<typeof Message>['changes'][number]) {
  const TableName = process.env.MIRROR_TABLE;
  const Key = { pk: `done#${id}`, sk: 'done' };
  await table.send(
    new PutCommand({
      ...{ TableName, Item: { ...Key, status: 'INPROGRESS' } },
      ConditionExpression: 'attribute_not_exists(pk)',
    }),
  );
  const { apiKey, authToken } = await credentials();
  const user = { userId: personId, name: profile.name, email: profile.email };
  const response = await fetch(`${process.env.VELT_BASE_URL}/v2/users/add`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-velt-api-key': apiKey,
      'x-velt-auth-token': authToken,
    },
    body: JSON.stringify({ data: { organizationId: 'acme-workforce', users: [user] } }),
  });
  await response.json();
  await table.send(
    new UpdateCommand({
      ...{ TableName, Key, UpdateExpression: 'SET #s = :s', ExpressionAttributeNames: { '#s': 'status' } },
      ExpressionAttributeValues: { ':s': 'COMPLETED' },
    }),
  );
}

export const handler = middy<SQSEvent>().handler(async ({ Records }) => {
  const batchItemFailures: { itemIdentifier: string }[] = [];
  for (const { messageId, body } of Records) {
    try {
      for (const change of Message.parse(JSON.parse(body)).changes) await tell(change);
    } catch (error) {
      logger.error('Could not deliver', error as Error);
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  logger.info('Delivered', { count: Records.length });
  metrics.addMetric('MessagesDelivered', MetricUnit.Count, Records.length);
  metrics.publishStoredMetrics();
  return { batchItemFailures };
});
