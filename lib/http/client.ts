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
  /** Whether it does no harm to arrive twice, or late; a GET does none unless it says so. */
  repeatable?: boolean;
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
 *
 * A frozen process does not see the far end close a kept connection, and finds it reset by the next request: what may be
 * repeated is sent once more, over a new one.
 */
export function createHttp(): Http {
  const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };
  return async ({ method, url, headers, body, timeoutMs, repeatable = method === 'GET' }) => {
    const { protocol, host } = new URL(url);
    const signal = AbortSignal.timeout(timeoutMs);
    const send = async (isAgain: boolean): Promise<HttpResponse> => {
      // With no agent the connection is new: others that are kept may be as dead.
      const agent = (ofProtocol: http.Agent) => (isAgain ? false : ofProtocol);
      const request =
        protocol === 'https:'
          ? https.request(url, { method, headers, signal, agent: agent(agents.https) })
          : http.request(url, { method, headers, signal, agent: agent(agents.http) });
      // Also after the answer began, when nobody else listens.
      request.on('error', () => undefined);
      request.end(body);
      const response: IncomingMessage | undefined = await once(request, 'response').then(
        ([first]) => first,
        (cause) => {
          if (isAgain || !repeatable || !request.reusedSocket || signal.aborted) throw cause;
        },
      );
      return response ? read(response) : send(true);
    };
    try {
      return await send(false);
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
