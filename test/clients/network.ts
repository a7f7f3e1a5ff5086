import type { AnyHttp } from '../../scripts/setup-report.ts';

/** One request, and what it was answered. */
export interface Exchange {
  method: string;
  path: string;
  query: Record<string, string>;
  /** The body: what its JSON holds, or else the text. */
  sent: unknown;
  status: number;
  answered: unknown;
}

/**
 * Takes requests for the hosts of vendors, which their clients reach by https only, to doubles on loopback, and records
 * them. `hosts` has the address of the double by the host.
 */
export function makeNetwork(hosts: Record<string, string>) {
  let exchanges: Exchange[] = [];

  async function send(address: string, init: RequestInit = {}): Promise<Response> {
    const { host, pathname, search, searchParams } = new URL(address);
    if (hosts[host] === undefined) throw new Error(`There is no double of ${host}`);
    const response = await fetch(hosts[host] + pathname + search, init);
    const text = await response.text();
    exchanges.push({
      method: init.method ?? 'GET',
      path: decodeURIComponent(pathname),
      query: Object.fromEntries(searchParams),
      sent: init.body == null ? undefined : jsonOrText(String(init.body)),
      status: response.status,
      answered: text === '' ? undefined : jsonOrText(text),
    });
    return new Response(text || null, { status: response.status, headers: response.headers });
  }

  const http: AnyHttp = async ({ method, url, headers, body }) => {
    const response = await send(url, { method, headers, ...(body !== undefined && { body }) });
    const { status } = response;
    return { status, headers: Object.fromEntries(response.headers), body: await response.text() };
  };

  return {
    send,
    /** What `lib` and the set-up commands send with. */
    http,
    /** What was exchanged meanwhile. */
    async during(act: () => Promise<unknown>): Promise<Exchange[]> {
      exchanges = [];
      await act();
      return exchanges;
    },
  };
}

export type Network = ReturnType<typeof makeNetwork>;

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
