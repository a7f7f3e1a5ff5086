import middy from '@middy/core';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { HttpError, WorldFault } from '../../../lib/errors.ts';
import { type Answer, answerErrors, readRequest } from '../../../lib/http/edge.ts';
import { makeLog } from '../../support/factories.ts';

const makeEvent = (event: object = {}) =>
  ({
    requestContext: { http: { method: 'POST' } },
    pathParameters: { source: 'okta' },
    headers: {},
    ...event,
  }) as unknown as APIGatewayProxyEventV2;

describe('a request', () => {
  test('has the same bytes whether API Gateway encoded them or not', () => {
    const body = '{"name":"Zoë Łukasz 山田 🚀"}';
    const encoded = Buffer.from(body).toString('base64');

    const plain = readRequest(makeEvent({ body, isBase64Encoded: false }));
    const decoded = readRequest(makeEvent({ body: encoded, isBase64Encoded: true }));

    expect(plain.body.toString()).toBe(body);
    expect(decoded.body).toEqual(plain.body);
  });

  test('keeps bytes that are not UTF-8', () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80]);

    const request = readRequest(makeEvent({ body: bytes.toString('base64'), isBase64Encoded: true }));

    expect(request.body).toEqual(bytes);
  });

  test('has headers by lower-case name, its method and its source', () => {
    const request = readRequest(makeEvent({ headers: { 'X-Okta-Thing': 'A' } }));

    expect(request).toMatchObject({ method: 'POST', source: 'okta', headers: { 'x-okta-thing': 'A' } });
  });

  test('may have neither body nor headers', () => {
    const request = readRequest(makeEvent({ headers: undefined }));

    expect(request).toMatchObject({ headers: {}, body: Buffer.alloc(0) });
  });
});

describe('a thrown error becomes an answer', () => {
  const answerTo = async (error: unknown) => {
    const log = makeLog();
    const handler = middy<APIGatewayProxyEventV2, Answer>()
      .use(answerErrors(log))
      .handler(() => {
        throw error;
      });
    const answer = await handler(makeEvent(), {} as Context);
    return { answer, log, body: JSON.parse(String(answer.body)) };
  };

  test('with the status, the words and the headers of an HttpError', async () => {
    const { answer, body, log } = await answerTo(new HttpError(405, 'Send it with POST.', { allow: 'POST' }));

    expect(answer).toMatchObject({ statusCode: 405, headers: { allow: 'POST' } });
    expect(body).toEqual({ message: 'Send it with POST.' });
    expect(log.lines).toEqual([]);
  });

  test('503 for a fault of the world, so that the vendor sends again', async () => {
    const { answer, log } = await answerTo(new WorldFault('queue', 'the queue is away'));

    expect(answer).toMatchObject({ statusCode: 503, headers: { 'content-type': 'application/json' } });
    expect(log.lines).toMatchObject([{ level: 'error', fields: { code: 'queue' } }]);
  });

  test('500 for anything else, of which neither the caller nor the log learns the words', async () => {
    const { answer, log } = await answerTo(new TypeError('ada@example.com is not a function'));

    expect(answer.statusCode).toBe(500);
    expect(JSON.stringify([answer, log.lines])).not.toContain('ada@example.com');
    expect(log.lines).toMatchObject([{ fields: { error: 'TypeError' } }]);
  });
});
