import { SendMessageBatchCommand, type SendMessageCommand } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { createPark, createQueue, type QueueDeps } from '../../lib/aws/queue.ts';
import { createSecret, type SecretDeps } from '../../lib/aws/secrets.ts';
import { createConfigSchema, readConfig } from '../../lib/config.ts';
import { Message } from '../../lib/directory/change.ts';
import { WebhookCredentials } from '../../lib/http/bearer.ts';
import type { Answer } from '../../lib/http/edge.ts';
import type { PartnerEvent } from '../../lib/inbound/receive.ts';
import type { Log, Meter } from '../../lib/observability.ts';
import type { InboundRegistry } from '../../lib/sources/source.ts';
import { makeClock, makeLog, makeMeter } from '../support/factories.ts';
import type { InboundContract, Way } from './contract.ts';
import * as sources from './inbound-sources.ts';

const nowhere = 'http://127.0.0.1:1';
Object.assign(process.env, {
  CHANGES_QUEUE_URL: `${nowhere}/1/changes.fifo`,
  PARKED_QUEUE_URL: `${nowhere}/1/parked`,
  WEBHOOK_CREDENTIALS_SECRET: 'webhooks',
  SHARDS: '4',
  STAGE: 'dev',
  LOG_SALT: 'example-salt-of-a-stack',
  AWS_ENDPOINT_URL: nowhere,
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'example',
  AWS_SECRET_ACCESS_KEY: 'example',
  AWS_MAX_ATTEMPTS: '1',
  LOG_LEVEL: 'SILENT',
  POWERTOOLS_METRICS_DISABLED: 'true',
});

/** The function's module, which reads its environment when it is loaded. */
export const webhook = await import('../../functions/webhook.ts');

export const contracts: InboundContract[] = Object.values(sources);
export const ways: Way[] = contracts.flatMap(({ ways }) => ways);
const inbound: InboundRegistry = Object.fromEntries(
  Object.entries(sources).map(([kind, { face }]) => [kind, face]),
);
const schema = createConfigSchema(inbound);

export const CURRENT = 'current:cr3dential';
export const PREVIOUS = 'previous:cr3dential';
const queueUrls = {
  changes: 'https://sqs.example.com/changes.fifo',
  parked: 'https://sqs.example.com/parked',
};

/** The function as it is deployed, with SQS and Secrets Manager in memory; `over` is another log, say. */
export function makeWebhook(over: { log?: Log; meter?: Meter } = {}) {
  const time = makeClock();
  const log = makeLog();
  const meter = makeMeter();
  const world = {
    /** What the secret holds; undefined = out of reach. */
    secret: Object.fromEntries(
      ways.map(({ name }) => [name, { current: CURRENT, previous: PREVIOUS }]),
    ) as unknown,
    fetches: 0,
    refusing: undefined as 'changes' | 'parked' | undefined,
    /** What AWS says where it refuses. */
    words: 'AccessDenied',
    messages: [] as string[],
    parked: [] as string[],
  };
  const denied = () => Object.assign(new Error(world.words), { name: 'AccessDeniedException' });
  const sqs = {
    send: async (command: SendMessageBatchCommand | SendMessageCommand) => {
      const toChanges = command instanceof SendMessageBatchCommand;
      if (world.refusing === (toChanges ? 'changes' : 'parked')) throw denied();
      if (toChanges)
        world.messages.push(...(command.input.Entries ?? []).map(({ MessageBody = '' }) => MessageBody));
      else world.parked.push((command as SendMessageCommand).input.MessageBody ?? '');
      return {};
    },
  } as unknown as QueueDeps['client'];
  const secretsManager = {
    send: async () => {
      world.fetches += 1;
      if (world.secret === undefined) throw denied();
      return { SecretString: JSON.stringify(world.secret) };
    },
  } as unknown as SecretDeps['client'];

  const handler = webhook.create({
    inbound,
    config: readConfig(
      { sources: Object.fromEntries(ways.map(({ name, config }) => [name, config])) },
      schema,
    ),
    credentials: createSecret('webhooks', WebhookCredentials, { client: secretsManager, clock: time.clock }),
    queue: createQueue({ client: sqs, queueUrl: queueUrls.changes, shards: 4 }),
    park: createPark({ client: sqs, queueUrl: queueUrls.parked }),
    ...{ clock: time.clock, log, meter, ...over },
  });
  const send = async (event: APIGatewayProxyEventV2) =>
    readAnswer((await handler(event, {} as Context)) as Exclude<Answer, string>);
  /** Hands over an event as EventBridge does: rejects where Lambda would try again. */
  const put = (event: PartnerEvent) => handler(event, {} as Context);
  /** The changes on the queue, as deliver will read them: this throws where deliver could not. */
  const changes = () => world.messages.flatMap((text) => Message.parse(JSON.parse(text)).changes);
  const parked = () => world.parked.map((text) => JSON.parse(text));
  return { send, put, changes, parked, world, time, log, meter };
}

/** Reads an answer. Throws where it does not say that it is JSON, or is none. */
export function readAnswer({ statusCode = 0, headers = {}, body = '' }: Exclude<Answer, string>) {
  if (headers['content-type'] !== 'application/json') throw new Error('the answer is not called JSON');
  return { status: statusCode, headers, body: JSON.parse(body) };
}

interface Call {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Buffer | undefined;
  /** undefined = no credential at all. */
  credential?: string | undefined;
  requestId?: string;
}

/** A call as API Gateway hands it over (payload format 2.0): bytes as base64, texts as they are. */
export function eventTo(way: Way, call: Call = {}): APIGatewayProxyEventV2 {
  const { method = 'POST', path = way.name, headers = {}, body, requestId = 'request-1' } = call;
  const credential = 'credential' in call ? call.credential : CURRENT;
  return {
    version: '2.0',
    requestContext: { http: { method, path: `/webhooks/${path}` }, requestId },
    pathParameters: { source: path },
    headers: {
      'content-type': way.contentType,
      ...headers,
      ...(credential !== undefined && { [way.header]: way.write(credential) }),
    },
    ...(body !== undefined && {
      body: typeof body === 'string' ? body : body.toString('base64'),
      isBase64Encoded: typeof body !== 'string',
    }),
  } as unknown as APIGatewayProxyEventV2;
}

export const deliveryTo = (way: Way, call: Call = {}, text = 'Ada Example') =>
  eventTo(way, { body: way.delivery(text), ...call });
