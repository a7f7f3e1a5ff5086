import type { IncomingMessage } from 'node:http';
import type { Answer, DynamoDb } from './dynamodb.ts';
import type { Lambda } from './lambda.ts';
import type { Logs } from './logs.ts';
import type { Secrets } from './secrets/secrets.ts';
import type { Sqs } from './sqs/sqs.ts';

/** One request to a service, after its permissions were checked. */
export type ServiceCall = {
  action: string;
  input: object;
  body: Buffer;
  request: IncomingMessage;
  /** Aborts when the caller is gone. */
  signal: AbortSignal;
  senderId: string;
};

/** A service of AWS as the endpoint serves it. */
export type Service = {
  /** The prefix of its actions in a policy. */
  prefix: string;
  contentType: string;
  /** How its JSON spells a refused permission and an unknown key. */
  denied: { status: number; queryCode?: string };
  unknownKey: { code: string; status: number };
  knows(action: string): boolean;
  /** The ARNs that a policy is asked about. */
  resources(action: string, input: object): string[];
  answer(call: ServiceCall): Promise<Answer>;
};

/** The key of Lambda, whose requests are told by their path. */
export const LAMBDA = '(lambda)';

/** The services by the first part of their `X-Amz-Target`; Lambda has none. */
export function servicesOf({
  sqs,
  secrets,
  dynamoDb,
  lambda,
  logs,
}: {
  sqs: Sqs;
  secrets: Secrets;
  dynamoDb: DynamoDb;
  lambda: Lambda;
  logs: Logs;
}): Record<string, Service> {
  return {
    AmazonSQS: {
      prefix: 'sqs',
      contentType: 'application/x-amz-json-1.0',
      denied: { status: 403, queryCode: 'AccessDenied' },
      unknownKey: { code: 'InvalidClientTokenId', status: 403 },
      knows: sqs.knows,
      resources: sqs.resources,
      answer: async ({ action, input, signal, senderId }) =>
        ok(await sqs.handle(action, input, { signal, senderId })),
    },
    secretsmanager: {
      prefix: 'secretsmanager',
      contentType: 'application/x-amz-json-1.1',
      denied: { status: 400 },
      unknownKey: { code: 'UnrecognizedClientException', status: 400 },
      knows: secrets.knows,
      resources: secrets.resources,
      answer: async ({ action, input }) => ok(await secrets.handle(action, input)),
    },
    DynamoDB_20120810: {
      prefix: 'dynamodb',
      contentType: 'application/x-amz-json-1.0',
      denied: { status: 400 },
      unknownKey: { code: 'UnrecognizedClientException', status: 400 },
      knows: dynamoDb.knows,
      resources: dynamoDb.resources,
      answer: ({ action, body, request }) => dynamoDb.handle({ action, headers: request.headers, body }),
    },
    Logs_20140328: {
      prefix: 'logs',
      contentType: 'application/x-amz-json-1.1',
      denied: { status: 400 },
      unknownKey: { code: 'UnrecognizedClientException', status: 400 },
      knows: logs.knows,
      resources: logs.resources,
      answer: async ({ action, input }) => ok(await logs.handle(action, input)),
    },
    [LAMBDA]: {
      prefix: 'lambda',
      contentType: 'application/json',
      denied: { status: 403 },
      unknownKey: { code: 'UnrecognizedClientException', status: 403 },
      knows: lambda.knows,
      resources: lambda.resources,
      answer: ({ action, input }) => lambda.handle(action, input),
    },
  };
}

function ok(value: object): Answer {
  return { status: 200, headers: {}, body: JSON.stringify(value) };
}
