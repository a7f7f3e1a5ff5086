import { createServer, type IncomingHttpHeaders } from 'node:http';
import { listen } from '../listen.ts';

export type HttpRequest = { method: string; path: string; headers: IncomingHttpHeaders; body: string };

/** `delayMs`: how long the server waits before it sends the answer. */
export type HttpAnswer = {
  status: number;
  headers: Record<string, string | string[]>;
  body: string;
  delayMs?: number;
};

/** What a server may do instead of answering: never answer, or reset the connection. */
export type Misbehaviour = { misbehaviour: 'hang' | 'reset' };

export type Handle = (request: HttpRequest) => Answered | Promise<Answered>;
type Answered = HttpAnswer | Misbehaviour;

/** An answer with a JSON body. */
export function json(status: number, value: unknown, headers: HttpAnswer['headers'] = {}): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  };
}

/**
 * Serves `handle` on 127.0.0.1 (`port` 0, the default, is any free one), and really hangs or resets where a misbehaviour says
 * so. `close()` cuts every open connection, hanging ones too, and resolves when the port is free.
 */
export async function startHttpServer({ port = 0, handle }: { port?: number; handle: Handle }) {
  const delayed = new Set<NodeJS.Timeout>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const { method = '', url: path = '', headers } = request;
      const reply = await handle({ method, path, headers, body: Buffer.concat(chunks).toString('utf8') });
      if ('misbehaviour' in reply) {
        if (reply.misbehaviour === 'reset') request.socket.resetAndDestroy();
        return;
      }
      const send = () => response.writeHead(reply.status, reply.headers).end(reply.body);
      if (!reply.delayMs) return send();
      const timer = setTimeout(() => {
        delayed.delete(timer);
        send();
      }, reply.delayMs);
      delayed.add(timer);
    });
  });
  const { url, close } = await listen(server, port);
  return {
    url,
    close: () => {
      for (const timer of delayed) clearTimeout(timer);
      return close();
    },
  };
}
