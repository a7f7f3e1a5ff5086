import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from './clock.ts';
import { type Answer, createDynamoDb } from './dynamodb.ts';
import { AwsError } from './error.ts';
import { createFaults } from './faults.ts';
import { checkStatements, type Decision, decide, type Statement } from './iam.ts';
import { createSecrets } from './secrets/secrets.ts';
import { createSqs } from './sqs/sqs.ts';

/** Who a key belongs to: a role's ARN and the statements of its policies. */
export type Principal = { arn: string; statements: Statement[] };

/** One question put to a principal's policies. `action` is as policies spell it: `sqs:SendMessage`. */
export type IamCall = { principal: string; action: string; resource: string; allowed: boolean };

type Watcher = (call: { principal: string; permission: string; input: object }) => void;

export type AwsEndpoint = Awaited<ReturnType<typeof startAwsEndpoint>>;

/** The access key id that may do everything: for whoever sets the stage. */
export const ADMIN_ACCESS_KEY = 'local-admin';

type Service = {
  /** The prefix of its actions in a policy. */
  prefix: string;
  contentType: string;
  /** How its JSON spells a refused permission and an unknown key. */
  denied: { status: number; queryCode?: string };
  unknownKey: { code: string; status: number };
  knows(action: string): boolean;
  resources(action: string, input: object): string[];
  answer(call: {
    action: string;
    input: object;
    body: Buffer;
    request: IncomingMessage;
    signal: AbortSignal;
    senderId: string;
  }): Promise<Answer>;
};

/**
 * One HTTP server on 127.0.0.1 that the AWS SDKs take for SQS, Secrets Manager and DynamoDB (`AWS_ENDPOINT_URL=url`),
 * and that enforces IAM: the access key in the request's signature says who is calling, `setPrincipal` says what that
 * caller may do, every question asked is in `calls`. Signatures themselves are not verified. `faults` makes calls fail
 * that are allowed.
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
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const actualPort = (server.address() as AddressInfo).port;
  const url = `http://127.0.0.1:${actualPort}`;

  const sqs = createSqs({ clock, secondMs, region, accountId, baseUrl: url });
  const secrets = createSecrets({ clock, region, accountId });
  const dynamoDb = createDynamoDb({ region, accountId });
  const principals = new Map<string, Principal>([
    [
      ADMIN_ACCESS_KEY,
      {
        arn: `arn:aws:iam::${accountId}:root`,
        statements: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
      },
    ],
  ]);
  const calls: IamCall[] = [];
  const decisions = new WeakMap<Principal, Map<string, Decision>>();
  const watchers = new Set<Watcher>();
  const faults = createFaults();

  const services: Record<string, Service> = {
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
  };

  function authenticate(
    request: IncomingMessage,
    { unknownKey }: Service,
  ): { key: string; principal: Principal } {
    const key = /Credential=([^/,\s]+)\//.exec(request.headers.authorization ?? '')?.[1];
    if (!key)
      throw new AwsError('MissingAuthenticationTokenException', 'Request is missing Authentication Token', {
        queryCode: 'MissingAuthenticationToken',
      });
    const principal = principals.get(key);
    if (!principal)
      throw new AwsError(unknownKey.code, 'The security token included in the request is invalid.', {
        status: unknownKey.status,
      });
    return { key, principal };
  }

  /** A principal's policies say the same every time, and are asked a hundred thousand times. */
  function decideOnce(principal: Principal, permission: string, resource: string): Decision {
    const known = decisions.get(principal) ?? new Map<string, Decision>();
    decisions.set(principal, known);
    const question = `${permission} ${resource}`;
    const decision = known.get(question) ?? decide(principal.statements, permission, resource);
    known.set(question, decision);
    return decision;
  }

  /** The permission that the call needed and the principal has. */
  function authorize(principal: Principal, service: Service, action: string, input: object): string {
    const permission = `${service.prefix}:${permissionFor(action, service)}`;
    for (const resource of service.resources(action, input)) {
      const decision = decideOnce(principal, permission, resource);
      calls.push({ principal: principal.arn, action: permission, resource, allowed: decision === 'allowed' });
      if (decision !== 'allowed')
        throw new AwsError(
          'AccessDeniedException',
          denial(
            principal.arn,
            service.prefix === 'sqs' ? permission.toLowerCase() : permission,
            resource,
            decision,
          ),
          service.denied,
        );
    }
    return permission;
  }

  async function misbehave(permission: string, signal: AbortSignal): Promise<void> {
    const fault = faults.draw(permission);
    if (fault === undefined) return;
    if (fault === 'hang') await new Promise((resolve) => signal.addEventListener('abort', resolve));
    const { code, status } = fault === 'hang' ? { code: 'InternalFailure' } : fault;
    throw new AwsError(code, 'A fault that was asked for.', { ...(status !== undefined && { status }) });
  }

  async function answer(request: IncomingMessage, signal: AbortSignal): Promise<Answer> {
    const [target = '', action = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
    const service = services[target];
    const body = await bodyOf(request);
    try {
      if (!service?.knows(action))
        throw new AwsError(
          'UnknownOperationException',
          `The local AWS endpoint does not know ${request.method} ${request.url} with X-Amz-Target "${request.headers['x-amz-target'] ?? ''}".`,
        );
      const { key, principal } = authenticate(request, service);
      const input = parse(body);
      const permission = authorize(principal, service, action, input);
      for (const watcher of watchers) watcher({ principal: principal.arn, permission, input });
      await misbehave(permission, signal);
      const answered = await service.answer({ action, input, body, request, signal, senderId: key });
      return { ...answered, headers: { 'content-type': service.contentType, ...answered.headers } };
    } catch (error) {
      return refusal(error, service);
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      const { status, headers, body } = await answer(request, gone.signal);
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

  server.on('request', serve);

  return {
    url,
    port: actualPort,
    sqs,
    secrets,
    calls,
    faults,

    /** Says what the holder of an access key may do from now on. Throws when a statement cannot be judged (iam.ts). */
    setPrincipal(accessKeyId: string, principal: Principal): void {
      checkStatements(principal.statements);
      principals.set(accessKeyId, principal);
    },

    /** Tells of every allowed call with all it asks for, before it is answered; returns what ends that. */
    watch(watcher: Watcher): () => void {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },

    async close(): Promise<void> {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** Not `buffer` of node:stream/consumers, which takes the way through a Blob: slower than most answers. */
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** SQS batches need the permission of the single call (service authorization reference for SQS, 2026-11). */
function permissionFor(action: string, { prefix }: Service): string {
  return prefix === 'sqs' ? action.replace(/Batch$/, '') : action;
}

function denial(principal: string, permission: string, resource: string, decision: Decision): string {
  const reason =
    decision === 'explicitly denied'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${permission} action`;
  return `User: ${principal} is not authorized to perform: ${permission} on resource: ${resource} ${reason}`;
}

function ok(value: object): Answer {
  return { status: 200, headers: {}, body: JSON.stringify(value) };
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

function parse(body: Buffer): object {
  try {
    const parsed: unknown = JSON.parse(body.toString() || '{}');
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // Refused below, as anything that is not an object.
  }
  throw new AwsError('SerializationException', 'The request body is not a JSON object.');
}
