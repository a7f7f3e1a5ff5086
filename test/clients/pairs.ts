import { isDeepStrictEqual } from 'node:util';
import type { Exchange, Network } from './network.ts';

/** One call as the product makes it, and the same call as the vendor's client makes it. */
export interface Pair<Api, Client, World> {
  ours: (api: Api, world: World) => Promise<unknown>;
  theirs: (client: Client, world: World) => Promise<unknown>;
  /** Parameters that the product sends, and the client has no name for. */
  unknownToClient?: string[];
  /** The type of what the vendor was seen to answer beside what the client declares. */
  beside?: string;
  /** What the client declares the body to be. */
  sends?: string;
}

/** What was exchanged by the product, and by the client. */
export type Driven = Record<'ours' | 'theirs', Exchange[]>;

/** Both calls of a pair, without the requests for tokens, which have tests of their own. */
export async function drive<Api, Client, World>(
  { ours, theirs }: Pair<Api, Client, World>,
  { api, client, world, network }: { api: Api; client: Client; world: World; network: Network },
): Promise<Driven> {
  const calls = (exchanges: Exchange[]) => exchanges.filter(({ path }) => !path.endsWith('/token'));
  return {
    ours: calls(await network.during(() => ours(api, world))),
    theirs: calls(await network.during(() => theirs(client, world))),
  };
}

/** The requests of the product that the client does not make: with that method, path, body and each of its parameters. */
export function unmatched({ ours, theirs }: Driven, unknownToClient: string[] = []) {
  return ours
    .map(({ method, path, query, sent }) => {
      const known = Object.entries(query).filter(([name]) => !unknownToClient.includes(name));
      return { method, path, query: Object.fromEntries(known), sent };
    })
    .filter((asked) => !theirs.some((exchange) => covers(exchange, asked)));
}

type Asked = Pick<Exchange, 'method' | 'path' | 'query' | 'sent'>;

function covers(exchange: Exchange, { method, path, query, sent }: Asked): boolean {
  return (
    exchange.method === method &&
    exchange.path === path &&
    Object.entries(query).every(([name, value]) => exchange.query[name] === value) &&
    isDeepStrictEqual(exchange.sent, sent)
  );
}

/** Requests as `METHOD path`, each once, with a `*` for every id: paths below `/api/` go by kind and id in turns. */
export function endpointsOf(requests: Pick<Exchange, 'method' | 'path'>[]): string[] {
  const patterns = requests.map(({ method, path }) => {
    const [root, api, version, ...parts] = (path.split('?')[0] ?? '').split('/');
    const isId = (nth: number) => api === 'api' && nth % 2 === 1 && parts[nth - 1] !== 'lifecycle';
    return `${method} ${[root, api, version, ...parts.map((part, nth) => (isId(nth) ? '*' : part))].join('/')}`;
  });
  return [...new Set(patterns)].sort();
}

/** Whether there are any, and all were answered with what was asked for. */
export function succeeded(exchanges: Exchange[]): boolean {
  return exchanges.length > 0 && exchanges.every(({ status }) => status >= 200 && status < 300);
}
