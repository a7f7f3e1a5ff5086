import { createServer } from 'node:http';
import { listen } from '../../listen.ts';
import { createFaults, type Fault, type PageFault } from '../faults.ts';
import { type HttpAnswer, type HttpRequest, startHttpServer } from '../http-server.ts';
import { auth0Error, badBody, badQuery, faultStatus } from './error.ts';
import { createAuth0Exports } from './exports.ts';
import { type Auth0OperationOptions, createAuth0Operations } from './operations.ts';
import { faultInQuery } from './paging.ts';
import { type Auth0Bucket, type Auth0Limit, createAuth0Rates } from './rates.ts';
import { type Asked, createAuth0Routes, insufficient } from './routes.ts';
import { type Auth0Event, type Auth0StreamOptions, createAuth0Streams } from './streams.ts';
import { type Auth0Directory, completeUser, createAuth0Tenant } from './tenant.ts';
import { type Auth0TokenOptions, createAuth0Tokens, parseJson } from './token.ts';

// A double of what is used of Auth0 (auth0.com/docs/api, OpenAPI 2026-06; recorded answers in Auth0's Terraform provider):
// tokens by client credentials, reading users, organizations, roles, groups and connections through the Management API,
// exports of users, and event streams that deliver to webhooks; with scopes, rate limits and Auth0's error bodies.

export type { Auth0Event } from './streams.ts';
export type {
  Auth0Directory,
  Auth0Group,
  Auth0GroupMember,
  Auth0User,
  NewAuth0User,
} from './tenant.ts';

/** The sides a test may take where Auth0's behaviour is not documented have a default here. */
export type Auth0Options = Auth0TokenOptions &
  Auth0OperationOptions &
  Auth0StreamOptions & {
    /** Without a slash at the end; the Management API's audience begins with it. */
    tenantUrl?: string;
    directory?: Auth0Directory;
    /** Milliseconds since the epoch. */
    clock?: () => number;
    /** For ids, which are never the same twice in a tenant whatever it says. */
    random?: () => number;
    /** By group of endpoints; none by default. */
    rateLimits?: Partial<Record<Auth0Bucket, Auth0Limit>>;
    /** Whether a 429 says how long to wait, beside its `x-ratelimit-reset`. Default false. */
    retryAfter?: boolean;
    /** Search does not know yet who was created so recently (ms); by id everybody is found at once. */
    searchLagMs?: number;
    /** Whether updates tell what was before. Default true. */
    previousObjects?: boolean;
    /** Whether the Management API tells of a group which organization it is of, as events do. Default false. */
    groupsTellOrganization?: boolean;
    /** How long an export of users is pending (ms), default a second. */
    exportMs?: number;
    /** Where exports are fetched from: not Auth0's API. */
    exportsUrl?: string;
  };

/** An answer `delayMs` late, or a search that does not know who was created in the last `lagMs`. */
type OwnFault = { kind: 'slow'; delayMs: number } | { kind: 'lagging'; lagMs: number };

/** On `/api/v2/` a request counts once it is authorized. */
export type Auth0Fault = Fault<OwnFault>;

export type Auth0Call = { at: number; method: string; path: string; status: number };

type Request = Omit<HttpRequest, 'body'> & { body?: string };

const ID_LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

/**
 * Auth0 in memory. `handle` answers as Auth0 does: users only by numbered pages up to the 1,000th, other lists by checkpoint
 * too. An event that is emitted is on its way to the webhooks of enabled streams when the operation returns.
 */
export function createAuth0(options: Auth0Options = {}) {
  const {
    tenantUrl = 'https://example-tenant.us.auth0.com',
    clock = Date.now,
    random = Math.random,
  } = options;
  const {
    retryAfter = false,
    searchLagMs = 0,
    previousObjects = true,
    groupsTellOrganization = false,
  } = options;
  const host = new URL(tenantUrl).hostname;
  const tenantName = host.split('.')[0] ?? host;
  const tenant = createAuth0Tenant(options.directory ?? {});
  const tokens = createAuth0Tokens(`${tenantUrl}/api/v2/`, clock, options);
  const takeOf = createAuth0Rates(options.rateLimits ?? {}, clock);
  const faults = createFaults<OwnFault>();
  const calls: Auth0Call[] = [];
  let idsGiven = 0;

  /** The number of the id is at its end. */
  function newId(prefix: string, length: number): string {
    idsGiven += 1;
    const number = String(idsGiven).padStart(8, '0');
    const letters = Array.from({ length: length - prefix.length - number.length }, () => {
      return ID_LETTERS[Math.floor(random() * ID_LETTERS.length)];
    });
    return prefix + letters.join('') + number;
  }

  const eventOf = (type: string, object: Record<string, unknown>): Auth0Event => ({
    specversion: '1.0',
    type,
    source: `urn:auth0:${host}`,
    id: newId('evt_', 26),
    time: new Date(clock()).toISOString(),
    data: { object: structuredClone(object), context: { tenant: { id: tenantName } } },
    a0tenant: tenantName,
    a0stream: 'est_ExampleStream000000000',
  });

  const streams = createAuth0Streams({
    ...options,
    tenant: tenantName,
    clock,
    newId,
    testEvent: (
      type,
      object = completeUser({ user_id: 'auth0|507f1f77bcf86cd799439020' }, '2026-01-05T08:00:00.000Z'),
    ) => eventOf(type, object),
  });
  const operations = createAuth0Operations(tenant, {
    ...options,
    clock,
    emit(type, { object, previous }) {
      const event = eventOf(type, object);
      if (previous && previousObjects) event.data.previous_object = structuredClone(previous);
      streams.publish(event);
      return event;
    },
  });
  const { exportsUrl = 'https://user-export.example.com', exportMs = 1_000 } = options;
  const exports = createAuth0Exports({
    tenant,
    tenantName,
    clock,
    newId,
    url: exportsUrl,
    takesMs: exportMs,
  });

  const routes = createAuth0Routes({
    tenant,
    tenantName,
    streams,
    exports,
    clock,
    groupsTellOrganization,
  });
  const matchers = routes.map((route) => ({
    route,
    pattern: new RegExp(`^/api/v2/${route.path.replaceAll('*', '([^/]+)')}$`),
  }));

  function answerTo({ method, path, headers, body = '' }: Request): HttpAnswer {
    const url = new URL(path, tenantUrl);
    if (url.pathname === '/oauth/token' && method === 'POST') {
      const fault = faults.draw(path);
      return spoiled(
        fault?.kind === 'status' ? faultStatus(fault.status) : tokens.give({ headers, body }),
        fault,
      );
    }
    const { route, pattern } =
      matchers.find((one) => one.route.method === method && one.pattern.test(url.pathname)) ?? {};
    if (!route) return auth0Error(404, 'Not Found');
    const scopes = tokens.read(headers.authorization);
    if (typeof scopes === 'string') return auth0Error(401, scopes);
    const { headers: rates, exhausted } = takeOf(route.bucket);
    const fault = exhausted ? ({ kind: 'status', status: 429 } as const) : faults.draw(path);
    const answer = ((): HttpAnswer => {
      if (fault?.kind === 'status') return faultStatus(fault.status);
      if (!route.scopes.some((scope) => scopes.has(scope))) return insufficient(route.scopes);
      const wrong = faultInQuery(url.searchParams, route.query);
      if (wrong !== undefined) return badQuery(wrong);
      const ids = idsIn(pattern?.exec(url.pathname));
      if (!ids) return auth0Error(400, 'Path validation error', 'invalid_uri');
      if (route.path.startsWith('users/*') && !ids[0]?.includes('|')) {
        const fault = `Object didn't pass validation for format user-id: ${ids[0]}`;
        return auth0Error(400, `Path validation error: '${fault}' on property id.`, 'invalid_uri');
      }
      const isJson = String(headers['content-type'] ?? '').startsWith('application/json');
      const sent = body === '' || !isJson ? undefined : parseJson(body);
      if (body !== '' && sent === undefined) return badBody('Invalid request payload JSON format');
      return route.answer({ ids, query: url.searchParams, body: sent, scopes, ...pageFault(fault) });
    })();
    const limits = { ...rates, ...(answer.status === 429 && { 'x-ratelimit-remaining': '0' }) };
    const wait = String(Math.max(1, Number(rates['x-ratelimit-reset']) - Math.floor(clock() / 1000)));
    const patience = answer.status === 429 && retryAfter ? { 'retry-after': wait } : {};
    return spoiled({ ...answer, headers: { ...answer.headers, ...limits, ...patience } }, fault);
  }

  function pageFault(fault: Auth0Fault['answer'] | undefined): Pick<Asked, 'fault' | 'lagMs'> {
    if (fault?.kind === 'lagging') return { fault: undefined, lagMs: fault.lagMs };
    const isOfPage = fault && ['short-page', 'lost-next', 'repeated-cursor'].includes(fault.kind);
    return { fault: isOfPage ? (fault as PageFault) : undefined, lagMs: searchLagMs };
  }

  return {
    handle(request: Request): HttpAnswer {
      const answer = answerTo(request);
      calls.push({ at: clock(), method: request.method, path: request.path, status: answer.status });
      return { ...answer, headers: { ...answer.headers, date: new Date(clock()).toUTCString() } };
    },
    calls,
    /** What an admin does: with events, on their way to the webhooks of enabled streams. */
    ...operations,
    /** Resolves when no delivery to a webhook is under way, retries and redeliveries included. */
    settled: streams.settled,
    /** What a mirror may be held against, by id; a copy. */
    state: tenant.state,
    /** What the host of the exports answers to the `location` of a job. */
    download: exports.download,
    tokensGiven: tokens.given,
    rotateSecret: tokens.rotateSecret,
    grantScopes: tokens.grantScopes,
    revokeTokens: tokens.revokeTokens,
    faults: { add: (fault: Auth0Fault) => faults.add(fault), clear: () => faults.clear() },
  };
}

export type Auth0 = ReturnType<typeof createAuth0>;

/** {@link createAuth0} behind HTTP on 127.0.0.1, with its exports on a port of their own. */
export async function startAuth0({ port, ...options }: Auth0Options & { port?: number } = {}) {
  const { url, close } = await startHttpServer({
    ...(port !== undefined && { port }),
    handle: (request) => auth0.handle(request),
  });
  const files = createServer((request, response) => {
    const { status, body } = auth0.download(request.url ?? '/');
    response.writeHead(status, { 'content-type': 'application/gzip' }).end(body);
  });
  const exporting = await listen(files, 0);
  const auth0: Auth0 = createAuth0({ tenantUrl: url, exportsUrl: exporting.url, ...options });
  return {
    url,
    auth0,
    close: async () => {
      await Promise.all([close(), exporting.close()]);
    },
  };
}

function spoiled(answer: HttpAnswer, fault: Auth0Fault['answer'] | undefined): HttpAnswer {
  if (fault?.kind === 'cut-body') return { ...answer, body: answer.body.slice(0, answer.body.length / 2) };
  return fault?.kind === 'slow' ? { ...answer, delayMs: fault.delayMs } : answer;
}

/** Undefined when an id is not encoded as it has to be: Auth0 refuses a bare `|`. */
function idsIn(match: RegExpExecArray | null | undefined): string[] | undefined {
  if (match?.[0].includes('|')) return undefined;
  try {
    return (match ?? []).slice(1).map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
