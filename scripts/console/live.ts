import type { ServerResponse } from 'node:http';
import { HEADERS } from './guard.ts';

/** One thing that the page is told by itself: server-sent events (html.spec.whatwg.org, 2026-11). */
export interface News {
  event: 'delivery' | 'status';
  data: unknown;
}

export interface Live {
  /** Answers with all news from now on, until the page is gone. */
  open(response: ServerResponse): void;
  tell(news: News): void;
  /** How many pages listen. */
  listeners(): number;
  close(): void;
}

/** As many pages as may listen at once: each holds a connection. */
const MAX_PAGES = 4;
/** Whoever reads so slowly is cut off, and comes again (bytes). */
const MAX_UNREAD = 4 * 1024 * 1024;
/** A sign of life, so that the page notices when the console ended (ms). */
const BEAT_MS = 15_000;

export function createLive(): Live {
  const pages = new Set<ServerResponse>();
  const write = (text: string) => {
    for (const page of pages) {
      if (page.writableLength > MAX_UNREAD) page.destroy();
      else page.write(text);
    }
  };
  const beat = setInterval(() => write(': still here\n\n'), BEAT_MS);
  beat.unref();

  return {
    open(response) {
      if (pages.size >= MAX_PAGES) {
        response.writeHead(503, { ...HEADERS, 'retry-after': '5' }).end();
        return;
      }
      response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream; charset=utf-8' });
      response.write(': here\n\n');
      pages.add(response);
      response.once('close', () => pages.delete(response));
    },
    tell: ({ event, data }) => write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    listeners: () => pages.size,
    close() {
      clearInterval(beat);
      for (const page of pages) page.destroy();
    },
  };
}
