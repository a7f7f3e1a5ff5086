import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { WorldFault } from '../errors.ts';

export interface HttpRequest {
  method: 'GET' | 'POST';
  url: string;
  headers: Record<string, string>;
  body?: string;
  /** For the whole exchange, connection and body included (ms). */
  timeoutMs: number;
}

export interface HttpResponse {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Sends one request; any status is an answer. Throws WorldFault `timeout`, `connection` or `unreadable-answer`. */
export type Http = (request: HttpRequest) => Promise<HttpResponse>;

/** The JSON of an answer, or undefined when it holds something else. */
export function jsonOf({ body }: Pick<HttpResponse, 'body'>): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const MAX_ANSWER_BYTES = 20 * 1024 * 1024;

/**
 * An HTTP client over node:https that keeps connections alive between calls and invocations. Not `fetch`: that costs
 * 90 ms at a cold start and three times the CPU per call.
 */
export function createHttp(): Http {
  const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };
  return async ({ method, url, headers, body, timeoutMs }) => {
    const { protocol, host } = new URL(url);
    const signal = AbortSignal.timeout(timeoutMs);
    const options = { method, headers, signal };
    const request =
      protocol === 'https:'
        ? https.request(url, { ...options, agent: agents.https })
        : http.request(url, { ...options, agent: agents.http });
    // Also after the answer began, when nobody else listens.
    request.on('error', () => undefined);
    try {
      request.end(body);
      const [response]: IncomingMessage[] = await once(request, 'response');
      return await read(response as IncomingMessage);
    } catch (cause) {
      if (cause instanceof WorldFault) throw cause;
      if (signal.aborted) throw new WorldFault('timeout', `no answer from ${host} within ${timeoutMs} ms`);
      throw new WorldFault('connection', `connection to ${host} failed`, { cause });
    }
  };
}

async function read(response: IncomingMessage): Promise<HttpResponse> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES)
      throw new WorldFault('unreadable-answer', `answer of more than ${MAX_ANSWER_BYTES} bytes`);
  }
  const body = Buffer.concat(chunks).toString('utf8');
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}
