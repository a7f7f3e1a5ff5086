import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod';
import { causeOf } from '../cause.ts';
import { HttpError, WorldFault } from '../errors.ts';
import type { Log } from '../observability.ts';
import { parse } from '../parse.ts';

/** A webhook call as the pipeline sees it: no trace of API Gateway left. */
export interface WebhookRequest {
  method: string;
  /** The source's name in the path. */
  source: string;
  /** By lower-case name. */
  headers: Record<string, string | undefined>;
  body: Buffer;
  /** API Gateway's name for it, which its access log has too. */
  requestId: string | undefined;
}

export type Answer = APIGatewayProxyStructuredResultV2;

/** Payload format 2.0 (docs.aws.amazon.com/apigateway, http-api-develop-integrations-lambda, 2026), as far as needed. */
const ApiEvent = z.object({
  requestContext: z.object({ http: z.object({ method: z.string() }), requestId: z.string().optional() }),
  pathParameters: z.object({ source: z.string() }),
  headers: z.record(z.string(), z.string().optional()).default({}),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
});

/** Reads the event of an HTTP API; the body comes out as the bytes that were sent, base64 or not. */
export function readRequest(event: APIGatewayProxyEventV2): WebhookRequest {
  const read = parse(ApiEvent, event, 'API Gateway event');
  const headers = Object.entries(read.headers).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    method: read.requestContext.http.method,
    requestId: read.requestContext.requestId,
    source: read.pathParameters.source,
    headers: Object.fromEntries(headers),
    body: Buffer.from(read.body, read.isBase64Encoded ? 'base64' : 'utf8'),
  };
}

export function json(statusCode: number, value: unknown, headers: Record<string, string> = {}): Answer {
  const answered = { 'content-type': 'application/json', ...headers };
  return { statusCode, headers: answered, body: JSON.stringify(value) };
}

/**
 * Turns whatever was thrown into an answer. A fault of the world is 503, which both vendors try again; any other error is
 * ours: 500, and the caller learns nothing of it.
 */
export function answerErrors(log: Log): MiddlewareObj<APIGatewayProxyEventV2, Answer> {
  return {
    onError: (request) => {
      const { error, event } = request;
      const requestId = event.requestContext?.requestId;
      if (error instanceof HttpError) {
        request.response = json(error.status, { message: error.message }, error.headers);
      } else if (error instanceof WorldFault) {
        log.error('Could not take a delivery', { requestId, ...causeOf(error) });
        const message = 'Temporarily unavailable, please send it again.';
        request.response = json(503, { message }, { 'retry-after': '1' });
      } else {
        log.error('Unexpected error', { requestId, ...causeOf(error) });
        request.response = json(500, { message: 'Internal error.' });
      }
    },
  };
}
