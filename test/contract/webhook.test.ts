import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { SendMessageBatchCommand, type SendMessageCommand } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import fc from 'fast-check';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { createPark, createQueue, type QueueDeps } from '../../lib/aws/queue.ts';
import { createSecret, type SecretDeps } from '../../lib/aws/secrets.ts';
import { readConfig } from '../../lib/config.ts';
import { Message } from '../../lib/directory/change.ts';
import { WebhookCredentials } from '../../lib/http/bearer.ts';
import type { Answer } from '../../lib/http/edge.ts';
import { readEvents } from '../../local/events.ts';
import { makeClock, makeLog, makeMeter, oktaDelivery, oktaEvent } from '../factories.ts';
import { type ContractSource, contractSources } from './sources.ts';

let webhook: typeof import('../../functions/webhook.ts');
beforeAll(async () => {
  const nowhere = 'http://127.0.0.1:1';
  const env = {
    CHANGES_QUEUE_URL: `${nowhere}/1/changes.fifo`,
    PARKED_QUEUE_URL: `${nowhere}/1/parked`,
    WEBHOOK_CREDENTIALS_SECRET: 'webhooks',
    SHARDS: '4',
    AWS_ENDPOINT_URL: nowhere,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'example',
    AWS_SECRET_ACCESS_KEY: 'example',
    AWS_MAX_ATTEMPTS: '1',
    LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_DISABLED: 'true',
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  webhook = await import('../../functions/webhook.ts');
});

const CURRENT = 'current:cr3dential';
const PREVIOUS = 'previous:cr3dential';
const queueUrls = {
  changes: 'https://sqs.example.com/changes.fifo',
  parked: 'https://sqs.example.com/parked',
};

/** The function as it is deployed, with SQS and Secrets Manager in memory. */
function makeWebhook() {
  const time = makeClock();
  const log = makeLog();
  const meter = makeMeter();
  const world = {
    /** What the secret holds; undefined = out of reach. */
    secret: Object.fromEntries(
      contractSources.map(({ name }) => [name, { current: CURRENT, previous: PREVIOUS }]),
    ) as unknown,
    fetches: 0,
    refusing: undefined as 'changes' | 'parked' | undefined,
    messages: [] as string[],
    parked: [] as string[],
  };
  const sqs = {
    send: async (command: SendMessageBatchCommand | SendMessageCommand) => {
      const toChanges = command instanceof SendMessageBatchCommand;
      if (world.refusing === (toChanges ? 'changes' : 'parked')) throw new Error('AccessDenied');
      if (toChanges)
        world.messages.push(...(command.input.Entries ?? []).map(({ MessageBody = '' }) => MessageBody));
      else world.parked.push((command as SendMessageCommand).input.MessageBody ?? '');
      return {};
    },
  } as unknown as QueueDeps['client'];
  const secretsManager = {
    send: async () => {
      world.fetches += 1;
      if (world.secret === undefined) throw new Error('AccessDenied');
      return { SecretString: JSON.stringify(world.secret) };
    },
  } as unknown as SecretDeps['client'];

  const handler = webhook.create({
    config: readConfig({
      sources: Object.fromEntries(contractSources.map(({ name, config }) => [name, config])),
    }),
    credentials: createSecret('webhooks', WebhookCredentials, { client: secretsManager, clock: time.clock }),
    queue: createQueue({ client: sqs, queueUrl: queueUrls.changes, shards: 4 }),
    park: createPark({ client: sqs, queueUrl: queueUrls.parked }),
    ...{ clock: time.clock, log, meter },
  });
  const send = async (event: APIGatewayProxyEventV2) => readAnswer(await handler(event, {} as Context));
  /** The changes on the queue, as deliver will read them: this throws where deliver could not. */
  const changes = () => world.messages.flatMap((text) => Message.parse(JSON.parse(text)).changes);
  const parked = () => world.parked.map((text) => JSON.parse(text));
  return { send, changes, parked, world, time, log, meter };
}

/** Every answer is JSON, and says so. */
function readAnswer({ statusCode = 0, headers = {}, body = '' }: Exclude<Answer, string>) {
  expect(headers['content-type']).toBe('application/json');
  return { status: statusCode, headers, body: JSON.parse(body) };
}

interface Call {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Buffer | undefined;
  /** undefined = no credential at all. */
  credential?: string | undefined;
}

/** A call as API Gateway hands it over (payload format 2.0): bytes as base64, texts as they are. */
function eventTo(source: ContractSource, call: Call = {}): APIGatewayProxyEventV2 {
  const { method = 'POST', path = source.name, headers = {}, body } = call;
  const credential = 'credential' in call ? call.credential : CURRENT;
  return {
    version: '2.0',
    requestContext: { http: { method, path: `/webhooks/${path}` } },
    pathParameters: { source: path },
    headers: {
      'content-type': 'application/json',
      ...headers,
      ...(credential !== undefined && { [source.header]: source.write(credential) }),
    },
    ...(body !== undefined && {
      body: typeof body === 'string' ? body : body.toString('base64'),
      isBase64Encoded: typeof body !== 'string',
    }),
  } as unknown as APIGatewayProxyEventV2;
}

const deliveryTo = (source: ContractSource, call: Call = {}, name = 'Ada Example') =>
  eventTo(source, { body: JSON.stringify(source.delivery(name)), ...call });

const events = readEvents().filter((event) => event.kind === 'request');

describe.each(contractSources)('a webhook of $name', (source) => {
  describe('with the right credential', () => {
    test('puts what it says on the queue', async () => {
      const { send, changes, parked, meter } = makeWebhook();

      const answer = await send(deliveryTo(source));

      expect([answer.status, answer.body]).toEqual([200, { changes: 1, ignored: 0 }]);
      expect(changes()).toMatchObject([{ source: source.name, profile: { name: 'Ada Example' } }]);
      expect([parked(), meter.counted]).toEqual([[], { ChangesReceived: 1 }]);
    });

    test('takes the previous one too, and fetches no secret for it again', async () => {
      const { send, changes, world } = makeWebhook();

      await send(deliveryTo(source));
      const answer = await send(deliveryTo(source, { credential: PREVIOUS }));

      expect([answer.status, changes().length, world.fetches]).toEqual([200, 2, 1]);
    });

    test('reads names of any script, whether API Gateway encoded the body or not', async () => {
      const { send, changes } = makeWebhook();
      const name = 'Zoë Łukasz 山田 🚀';
      const body = JSON.stringify(source.delivery(name));

      await send(eventTo(source, { body }));
      await send(eventTo(source, { body: Buffer.from(body) }));

      const [plain, encoded] = changes();
      expect(plain).toMatchObject({ profile: { name } });
      expect(encoded).toEqual(plain);
    });

    test('counts a type that is not mirrored and parks nothing', async () => {
      const { send, changes, parked, meter } = makeWebhook();

      const answer = await send(eventTo(source, { body: JSON.stringify(source.unmirrored) }));

      expect([answer.status, answer.body]).toEqual([200, { changes: 0, ignored: 1 }]);
      expect([changes(), parked(), meter.counted]).toEqual([[], [], { EventsIgnored: 1 }]);
    });

    test('parks what it cannot read, once and byte for byte, and says where it failed', async () => {
      const { send, changes, parked, meter } = makeWebhook();
      const body = JSON.stringify(source.unreadable.body);

      const answer = await send(eventTo(source, { body }));

      expect([answer.status, answer.body.parked]).toEqual([200, true]);
      expect(answer.body.reasons.join()).toContain(source.unreadable.path);
      const [only, ...more] = parked();
      expect(more).toEqual([]);
      expect(only).toMatchObject({ source: source.name, contentType: 'application/json' });
      expect(gunzipSync(Buffer.from(only.body, 'base64')).toString()).toBe(body);
      expect([changes(), meter.counted]).toEqual([[], { DeliveriesParked: 1 }]);
    });

    test.each([
      ['no JSON', 'this is no JSON'],
      ['JSON cut short', '{"data":'],
      ['nothing', undefined],
      ['null', 'null'],
      ['a number', '7'],
      ['a text', '"com.okta.event_hook"'],
      ['an empty list', '[]'],
      ['an empty object', '{}'],
      ['300 KB of nulls', `[${'null,'.repeat(61_440)}null]`],
      ['10,000 nested lists', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
      ['10,000 lists never closed', '['.repeat(10_000)],
      ['prototype keys for a body', '{"__proto__":{"data":{"events":[]}},"constructor":{"prototype":1}}'],
      ['bytes that are not UTF-8', Buffer.from('{"data":{"object":{"name":"Zo\xeb"}}}', 'latin1')],
    ])('parks %s', async (_what, body) => {
      const { send, changes, parked } = makeWebhook();

      const answer = await send(eventTo(source, { body }));

      expect([answer.status, answer.body.parked, parked().length, changes()]).toEqual([200, true, 1, []]);
    });

    test('parks a name of a megabyte instead of queueing what the mirror could not store', async () => {
      const { send, changes, parked } = makeWebhook();

      const answer = await send(deliveryTo(source, {}, 'x'.repeat(1024 * 1024)));

      expect([answer.status, parked().length, changes()]).toEqual([200, 1, []]);
    });

    test('reaches no prototype by the keys of a body', async () => {
      const { send, changes } = makeWebhook();
      const keys = '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},';
      const body = JSON.stringify(source.delivery('Ada Example')).replaceAll('{', `{${keys}`);

      const answer = await send(eventTo(source, { body }));

      expect([answer.status, changes().length]).toEqual([200, 1]);
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
      expect(changes()).not.toHaveProperty('0.polluted');
    });

    test('refuses a body of more than 4 MiB, after it looked at the credential', async () => {
      const { send, changes, parked } = makeWebhook();
      const body = Buffer.alloc(4 * 1024 * 1024 + 1, ' ');

      const answers = [
        await send(eventTo(source, { body })),
        await send(eventTo(source, { body, credential: 'wrong' })),
      ];

      expect(answers.map(({ status }) => status)).toEqual([413, 401]);
      expect([changes(), parked()]).toEqual([[], []]);
    });

    test('refuses what can neither be read nor kept', async () => {
      const { send, changes, parked } = makeWebhook();

      const answer = await send(eventTo(source, { body: randomBytes(1024 * 1024) }));

      expect([answer.status, changes(), parked()]).toEqual([413, [], []]);
    });

    test.each(events.filter(({ source: vendor }) => vendor === source.kind))(
      'answers $name as its file says: $about',
      async ({ request, expect: expected }) => {
        const { send, changes, parked } = makeWebhook();
        const { method, headers, body } = request;
        const credential = { right: CURRENT, wrong: 'wrong', missing: undefined }[request.credential];

        const answer = await send(eventTo(source, { method, headers, body, credential }));

        expect([answer.status, changes().length, parked().length > 0]).toEqual([
          expected.status,
          expected.changes,
          expected.parked ?? expected.outcome === 'parked',
        ]);
        if (expected.body !== undefined) expect(answer.body).toEqual(expected.body);
      },
    );
  });

  describe('without the right credential', () => {
    test.each([
      ['a wrong one', { credential: 'wrong' }],
      ['an empty one', { credential: '' }],
      ['none', { credential: undefined }],
      ['one that is cut short', { credential: CURRENT.slice(0, -1) }],
    ])('answers 401 and touches no queue: %s', async (_what, call) => {
      const { send, changes, parked } = makeWebhook();

      const answers = [
        await send(deliveryTo(source, call)),
        await send(eventTo(source, { ...call, body: 'this is no JSON' })),
      ];

      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': source.challenge } });
      }
      expect([changes(), parked()]).toEqual([[], []]);
    });

    test('answers no challenge', async () => {
      const { send } = makeWebhook();
      const headers = { 'x-okta-verification-challenge': 'echo-me' };

      const answer = await send(eventTo(source, { method: 'GET', headers, credential: 'wrong' }));

      expect(answer.status).toBe(source.kind === 'okta' ? 401 : 405);
      expect(JSON.stringify(answer)).not.toContain('echo-me');
    });

    test('looks at a fresh secret exactly once before it refuses, and counts the refusal', async () => {
      const { send, world, time, meter } = makeWebhook();
      await send(deliveryTo(source));
      time.now += 2_000;

      const answer = await send(deliveryTo(source, { credential: 'wrong' }));

      expect([answer.status, world.fetches, meter.counted.CredentialMismatch]).toEqual([401, 2, 1]);
    });

    test('accepts it when the fresh secret does', async () => {
      const { send, world, time, changes } = makeWebhook();
      await send(deliveryTo(source));
      world.secret = { [source.name]: { current: 'rotated:cr3dential', previous: CURRENT } };
      time.now += 2_000;

      const answer = await send(deliveryTo(source, { credential: 'rotated:cr3dential' }));

      expect([answer.status, changes().length, world.fetches]).toEqual([200, 2, 2]);
    });

    test('tells neither the caller nor the log any credential', async () => {
      const { send, log } = makeWebhook();

      const answer = await send(deliveryTo(source, { credential: 'wr0ng:guess' }));

      expect(JSON.stringify([answer, log.lines])).not.toMatch(/wr0ng|cr3dential/);
    });
  });

  describe('when the world fails', () => {
    test.each([
      ['is out of reach', undefined],
      ['has no entry for the source', {}],
      ['has entries of another shape', { [source.name]: CURRENT }],
    ])('answers 5xx and never 401 when the secret %s', async (_what, secret) => {
      const { send, world, changes } = makeWebhook();
      world.secret = secret;

      const answers = [
        await send(deliveryTo(source)),
        await send(deliveryTo(source, { credential: 'wrong' })),
      ];

      for (const { status } of answers) expect([500, 503]).toContain(status);
      expect(changes()).toEqual([]);
    });

    test('answers 503 while the secret cannot be had, and takes the delivery when it can', async () => {
      const { send, world } = makeWebhook();
      const secret = world.secret;
      world.secret = undefined;

      const before = await send(deliveryTo(source));
      world.secret = secret;
      const after = await send(deliveryTo(source));

      expect(before).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) } });
      expect(after.status).toBe(200);
    });

    test('finds a source that was added to the secret after it was cached', async () => {
      const { send, world, time } = makeWebhook();
      const secret = world.secret;
      world.secret = {};
      const before = await send(deliveryTo(source));
      world.secret = secret;
      time.now += 2_000;

      const after = await send(deliveryTo(source));

      expect([before.status, after.status]).toEqual([503, 200]);
    });

    test.each(['changes', 'parked'] as const)('answers 503 when the queue refuses: %s', async (queue) => {
      const { send, world, meter } = makeWebhook();
      world.refusing = queue;
      const body = JSON.stringify(queue === 'changes' ? source.delivery('Ada') : source.unreadable.body);

      const answer = await send(eventTo(source, { body }));

      expect([answer.status, meter.counted]).toEqual([503, {}]);
    });
  });

  test('whatever becomes of a valid delivery on its way, it is no error: read, ignored or parked', async () => {
    const bodies = events
      .filter(({ source: vendor, name }) => vendor === source.kind && !name.includes('invalid'))
      .flatMap(({ request: { body } }) => (body ? [JSON.parse(body.toString())] : []));
    const { send, changes, world } = makeWebhook();

    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...bodies), fc.infiniteStream(fc.nat()), async (body, choices) => {
        const text = JSON.stringify(mutated(body, choices));
        world.messages.length = 0;

        const answer = await send(eventTo(source, { body: text.replaceAll('"PROTO"', '"__proto__"') }));

        expect(answer.status).toBe(200);
        expect(changes()).toHaveLength(answer.body.changes);
      }),
      { numRuns: 100, seed: 1 },
    );
  });
});

/** A copy of a value with one to three of its parts dropped, replaced, retyped, nested or given prototype keys. */
function mutated(value: unknown, choices: Iterator<number>): unknown {
  const next = (below: number) => (choices.next().value as number) % below;
  const copy = { whole: structuredClone(value) };
  for (let times = 1 + next(3); times > 0; times -= 1) {
    const places = placesIn(copy);
    const { holder, key } = places[next(places.length)] as Place;
    const part = holder[key];
    const mutations: (() => void)[] = [
      () => (Array.isArray(holder) ? holder.splice(Number(key), 1) : delete holder[key]),
      () => (holder[key] = null),
      () => (holder[key] = [part]),
      () => (holder[key] = { [key]: part }),
      () => (holder[key] = { PROTO: part, constructor: { prototype: part }, toString: part }),
      () => (holder[key] = String(part)),
      () => (holder[key] = part ? '' : 'constructor'),
      () =>
        (holder[key] = [-1, 0, 1e308, true, false, [], {}, '\ud800', '\u0000', '-000001-01-01T00:00:00Z'][
          next(10)
        ]),
      () => (holder[key] = 'x'.repeat(2_000)),
      () => (holder[key] = Array.isArray(part) ? [...part, ...part, null] : part),
    ];
    mutations[next(mutations.length)]?.();
    if (!('whole' in copy)) return null;
  }
  return copy.whole;
}

type Place = { holder: Record<string, unknown>; key: string };

function placesIn(holder: object): Place[] {
  return Object.entries(holder).flatMap(([key, part]) => [
    { holder: holder as Record<string, unknown>, key },
    ...(part !== null && typeof part === 'object' ? placesIn(part) : []),
  ]);
}

const [okta, auth0] = contractSources as [ContractSource, ContractSource];

describe('Okta', () => {
  test('is answered its challenge, with the credential and without a queue', async () => {
    const { send, changes } = makeWebhook();
    const headers = { 'x-okta-verification-challenge': 'echo-me' };

    const answer = await send(eventTo(okta, { method: 'GET', headers }));

    expect([answer.status, answer.body, changes()]).toEqual([200, { verification: 'echo-me' }, []]);
  });

  test('is told what is missing from a GET without a challenge', async () => {
    const { send } = makeWebhook();

    const answer = await send(eventTo(okta, { method: 'GET' }));

    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain('x-okta-verification-challenge');
  });

  test('has the readable events of a mixed delivery queued, and the delivery parked once', async () => {
    const { send, changes, parked, meter } = makeWebhook();
    const body = JSON.stringify(
      oktaDelivery(
        oktaEvent('user.lifecycle.create', { uuid: 'first' }),
        oktaEvent('user.lifecycle.create', { uuid: undefined }),
        oktaEvent('user.session.start'),
        null,
        oktaEvent('user.lifecycle.deactivate', { uuid: 'last' }),
      ),
    );

    const answer = await send(eventTo(okta, { body }));

    expect(answer.body).toMatchObject({ changes: 2, ignored: 1, parked: true });
    expect(changes()).toMatchObject([{ id: 'first' }, { id: 'last' }]);
    expect(parked()).toHaveLength(1);
    expect(meter.counted).toEqual({ ChangesReceived: 2, EventsIgnored: 1, DeliveriesParked: 1 });
  });

  test('is named no more than twenty faults of one delivery', async () => {
    const { send, parked } = makeWebhook();
    const body = JSON.stringify(oktaDelivery(...Array.from({ length: 500 }, () => null)));

    const answer = await send(eventTo(okta, { body }));

    expect([answer.body.reasons.length, parked()[0].reasons.length]).toEqual([20, 20]);
  });
});

describe('Auth0', () => {
  test('is told to use POST, before anyone looks at a secret', async () => {
    const { send, world } = makeWebhook();

    const answer = await send(eventTo(auth0, { method: 'GET' }));

    expect(answer).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect(world.fetches).toBe(0);
  });
});

describe('a source that is not configured', () => {
  test.each(['ldap', '__proto__', 'constructor', 'toString', ''])('is not found: "%s"', async (path) => {
    const { send, world, changes } = makeWebhook();

    const answer = await send(deliveryTo(okta, { path }));

    expect([answer.status, world.fetches, changes()]).toEqual([404, 0, []]);
  });
});

describe('the handler that Lambda calls', () => {
  const call = async (event: APIGatewayProxyEventV2) =>
    readAnswer((await webhook.handler(event, {} as Context)) as Exclude<Answer, string>);

  test('turns what is thrown into answers, also where AWS is out of reach', async () => {
    const answers = [
      await call(deliveryTo(okta, { path: 'ldap' })),
      await call(deliveryTo(okta, { credential: undefined })),
      await call(deliveryTo(okta)),
    ];

    expect(answers.map(({ status }) => status)).toEqual([404, 401, 503]);
  });
});
