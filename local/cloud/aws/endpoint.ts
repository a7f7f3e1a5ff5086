import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from '../../listen.ts';
import { createAccess } from './access.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Answer, createDynamoDb } from './dynamodb.ts';
import { AwsError } from './error.ts';
import { type AwsFaults, createFaults } from './faults.ts';
import { createLambda, type Lambda } from './lambda.ts';
import { createLogs } from './logs.ts';
import { createSecrets } from './secrets/secrets.ts';
import { LAMBDA, type Service, servicesOf } from './services.ts';
import { createSqs } from './sqs/sqs.ts';

type Watcher = (call: { principal: string; permission: string; input: object }) => void;

/** What answers a request: who may do what, the services, the faults that were asked for, and who watches. */
type Backend = {
  access: ReturnType<typeof createAccess>;
  services: Record<string, Service>;
  lambda: Lambda;
  faults: AwsFaults;
  watchers: Set<Watcher>;
};

export type AwsEndpoint = Awaited<ReturnType<typeof startAwsEndpoint>>;

/**
 * One HTTP server on 127.0.0.1 that the AWS SDKs take for SQS, Secrets Manager, DynamoDB, Lambda and CloudWatch Logs
 * (`AWS_ENDPOINT_URL=url`), and that enforces IAM: the access key in the request's signature says who is calling, `setPrincipal` says what that
 * caller may do, `calls` has every decision. Signatures themselves are not verified. `faults` makes calls fail that are
 * allowed.
 *
 * `port` 0, the default, is any free one. `secondMs` is how many ms an SQS second lasts. `close` ends waiting receives
 * and open connections. Rejects when the port is taken.
 */
export async function startAwsEndpoint({
  port = 0,
  clock = systemClock,
  secondMs = 1000,
  region = 'us-east-1',
  accountId = '123456789012',
}: {
  port?: number;
  clock?: Clock;
  secondMs?: number;
  region?: string;
  accountId?: string;
} = {}) {
  const server = createServer();
  // Longer than any client keeps an idle connection: reusing one that is being closed reads as a fault of the network.
  server.keepAliveTimeout = 65_000;
  const { url, close } = await listen(server, port);

  const sqs = createSqs({ clock, secondMs, region, accountId, baseUrl: url });
  const secrets = createSecrets({ clock, region, accountId });
  const dynamoDb = createDynamoDb({ region, accountId });
  const lambda = createLambda({ region, accountId });
  const logs = createLogs({ clock, region, accountId });
  const access = createAccess(accountId);
  const watchers = new Set<Watcher>();
  const faults = createFaults();
  const services = servicesOf({ sqs, secrets, dynamoDb, lambda, logs });
  const backend: Backend = { access, services, lambda, faults, watchers };
  server.on('request', (request, response) => serve(backend, request, response));

  return {
    url,
    port: Number(new URL(url).port),
    sqs,
    secrets,
    lambda,
    logs,
    calls: access.calls,
    faults,
    setPrincipal: access.setPrincipal,

    /** Calls `watcher` with every allowed call and its input, before it is answered; returns what ends that. */
    watch(watcher: Watcher): () => void {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },

    close,
  };
}

async function serve(backend: Backend, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const { status, headers, body } = await answer(backend, request, gone.signal);
    const { connection: _, 'transfer-encoding': __, 'keep-alive': ___, ...own } = headers;
    response.writeHead(status, {
      'x-amzn-requestid': randomUUID(),
      ...own,
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  } catch {
    // Only reading the request can fail here: its sender is gone.
    response.destroy();
  }
}

async function answer(backend: Backend, request: IncomingMessage, signal: AbortSignal): Promise<Answer> {
  const { access, services, faults, watchers } = backend;
  const body = await bodyOf(request);
  let service: Service | undefined;
  try {
    const asked = askedIn(request, body, backend);
    service = services[asked.target];
    const { action } = asked;
    if (!service?.knows(action))
      throw new AwsError(
        'UnknownOperationException',
        `The local AWS endpoint does not know ${request.method} ${request.url} with X-Amz-Target "${request.headers['x-amz-target'] ?? ''}".`,
      );
    const { key, principal } = access.authenticate(request, service);
    const input = asked.input ?? parse(body);
    const permission = access.authorize(principal, service, action, input);
    for (const watcher of watchers) watcher({ principal: principal.arn, permission, input });
    await misbehave(faults.draw(permission), signal);
    const answered = await service.answer({ action, input, body, request, signal, senderId: key });
    return { ...answered, headers: { 'content-type': service.contentType, ...answered.headers } };
  } catch (error) {
    return refusal(error, service);
  }
}

/** The service and the action that a request asks for, and its input, where that is not the body. */
function askedIn(
  request: IncomingMessage,
  body: Buffer,
  { lambda }: Backend,
): { target: string; action: string; input?: object } {
  const { method = '', url = '', headers } = request;
  const [target = '', action = ''] = String(headers['x-amz-target'] ?? '').split('.');
  const type = headers['x-amz-invocation-type'];
  const read = target === '' ? lambda.read({ method, url, type: type?.toString(), body }) : undefined;
  return read ? { target: LAMBDA, ...read } : { target, action };
}

/** Does nothing without a fault. Throws the AwsError of one; a call that hangs ends when its caller is gone. */
async function misbehave(fault: ReturnType<AwsFaults['draw']>, signal: AbortSignal): Promise<void> {
  if (fault === undefined) return;
  if (fault === 'hang') await new Promise((resolve) => signal.addEventListener('abort', resolve));
  const { code, status } = fault === 'hang' ? { code: 'InternalFailure' } : fault;
  throw new AwsError(code, 'A fault that was asked for.', { ...(status !== undefined && { status }) });
}

/** Not `buffer` of node:stream/consumers, which takes the way through a Blob: slower than most answers. */
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function parse(body: Buffer): object {
  try {
    const parsed: unknown = JSON.parse(body.toString() || '{}');
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // Refused below, as anything that is not an object.
  }
  throw new AwsError('SerializationException', 'The request body is not a JSON object.');
}

function refusal(error: unknown, service: Service | undefined): Answer {
  const { code, queryCode, status, message } =
    error instanceof AwsError ? error : new AwsError('InternalFailure', String(error), { status: 500 });
  return {
    status,
    headers: {
      'content-type': service?.contentType ?? 'application/x-amz-json-1.0',
      ...(service?.prefix === 'sqs'
        ? { 'x-amzn-query-error': `${queryCode};${status < 500 ? 'Sender' : 'Receiver'}` }
        : {}),
    },
    body: JSON.stringify({ __type: `com.amazonaws#${code}`, message }),
  };
}
