import { createServer } from 'node:http';
import { listen } from '../../listen.ts';
import { createFaults, type Fault } from '../faults.ts';
import { type HttpAnswer, startHttpServer } from '../http-server.ts';
import { faultStatus } from './error.ts';
import type { Auth0Event } from './event.ts';
import { createAuth0Exports } from './exports.ts';
import { createManagementApi, type OwnFault, type Request, spoiled } from './management-api.ts';
import { type Auth0OperationOptions, createAuth0Operations } from './operations/operations.ts';
import { type Auth0Bucket, type Auth0Limit, createAuth0Rates } from './rates.ts';
import type { Auth0StreamOptions } from './stream-deliveries.ts';
import { createAuth0Streams } from './streams.ts';
import { completeUser, EPOCH } from './tenant/objects.ts';
import { type Auth0Directory, createAuth0Tenant } from './tenant/tenant.ts';
import { type Auth0TokenOptions, type Auth0Tokens, createAuth0Tokens } from './token.ts';

// A double of what is used of Auth0 (auth0.com/docs/api, OpenAPI 2026-06; recorded answers in Auth0's Terraform provider):
// tokens by client credentials, reading users, organizations, roles, groups and connections through the Management API,
// exports of users, and event streams that deliver to webhooks; with scopes, rate limits and Auth0's error bodies.

export type { Auth0Event } from './event.ts';
export type { Auth0Group, Auth0GroupMember, Auth0User, NewAuth0User } from './tenant/objects.ts';
export type { Auth0Directory } from './tenant/tenant.ts';

/** Where Auth0's behaviour is not documented, a test may choose; each choice has a default. */
export type Auth0Options = Auth0TokenOptions &
  Auth0OperationOptions &
  Auth0StreamOptions & {
    /** Without a slash at the end; the Management API's audience begins with it. */
    tenantUrl?: string;
    directory?: Auth0Directory;
    /** Milliseconds since the epoch. */
    clock?: () => number;
    /** For ids, which are never the same twice in a tenant whatever it returns. */
    random?: () => number;
    /** By group of endpoints; none by default. */
    rateLimits?: Partial<Record<Auth0Bucket, Auth0Limit>>;
    /** Whether a 429 has `retry-after` beside its `x-ratelimit-reset`. Default false. */
    retryAfter?: boolean;
    /** Search does not find users who were created so recently (ms); reading by id does. Default 0. */
    searchLagMs?: number;
    /** Whether events of updates have the previous object. Default true. */
    previousObjects?: boolean;
    /** Whether the Management API shows the organization of a group, as events do. Default false. */
    groupsTellOrganization?: boolean;
    /** How long an export of users is pending (ms), default a second. */
    exportMs?: number;
    /** Where exports are downloaded: not from Auth0's API. */
    exportsUrl?: string;
  };

/** On `/api/v2/` only authorized requests count. */
export type Auth0Fault = Fault<OwnFault>;

export type Auth0Call = { at: number; method: string; path: string; status: number };

const ID_LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';
/** An event is dated a little later than the update that it tells of (auth0.com/docs/customize/events, a sample of 2025-10). */
const EVENT_LATER_MS = 4;
const EXAMPLE_USER = 'auth0|507f1f77bcf86cd799439020';

/**
 * Auth0 in memory. `handle` answers as Auth0 does: users only by numbered pages up to the 1,000th, other lists by checkpoint
 * too. When an operation returns, its events are being delivered to the webhooks of enabled streams.
 */
export function createAuth0(options: Auth0Options = {}) {
  const { tenantUrl = 'https://example-tenant.us.auth0.com', directory = {}, rateLimits = {} } = options;
  const { clock = Date.now, random = Math.random, retryAfter = false, searchLagMs = 0 } = options;
  const { previousObjects = true, groupsTellOrganization = false } = options;
  const { exportsUrl: url = 'https://user-export.example.com', exportMs: takesMs = 1_000 } = options;
  const host = new URL(tenantUrl).hostname;
  const tenantName = host.split('.')[0] ?? host;
  const newId = createIds(random);
  const eventOf = (type: string, object: Record<string, unknown>) =>
    makeEvent(type, object, { host, tenantName, id: newId('evt_', 26), time: clock() + EVENT_LATER_MS });

  const tenant = createAuth0Tenant(directory);
  const tokens = createAuth0Tokens(`${tenantUrl}/api/v2/`, clock, options);
  const faults = createFaults<OwnFault>();
  const calls: Auth0Call[] = [];
  const streams = createAuth0Streams({
    ...options,
    tenant: tenantName,
    clock,
    newId,
    testEvent: (type, object = completeUser({ user_id: EXAMPLE_USER }, EPOCH)) => eventOf(type, object),
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
  const exports = createAuth0Exports({ tenant, tenantName, clock, newId, url, takesMs });
  const countRequest = createAuth0Rates(rateLimits, clock);
  const answerManagement = createManagementApi(
    { tenant, tenantName, streams, exports, clock, groupsTellOrganization },
    { tokens, countRequest, drawFault: faults.draw, clock, retryAfter, searchLagMs },
  );

  return {
    handle(request: Request): HttpAnswer {
      const address = new URL(request.path, tenantUrl);
      const asksToken = address.pathname === '/oauth/token' && request.method === 'POST';
      const answer = asksToken
        ? giveToken(tokens, request, faults.draw(request.path))
        : answerManagement(request, address);
      calls.push({ at: clock(), method: request.method, path: request.path, status: answer.status });
      return { ...answer, headers: { ...answer.headers, date: new Date(clock()).toUTCString() } };
    },
    calls,
    /** What an admin does; the events are delivered to the webhooks of enabled streams. */
    ...operations,
    /** Resolves when no delivery to a webhook is under way, retries and redeliveries included. */
    settled: streams.settled,
    state: tenant.state,
    /** Answers as the host of the exports does to the `location` of a job. */
    download: exports.download,
    tokensGiven: tokens.given,
    rotateSecret: tokens.rotateSecret,
    grantScopes: tokens.grantScopes,
    revokeTokens: tokens.revokeTokens,
    faults: { add: (fault: Auth0Fault) => faults.add(fault), clear: () => faults.clear() },
  };
}

function giveToken(
  tokens: Auth0Tokens,
  { headers, body = '' }: Request,
  fault: Auth0Fault['answer'] | undefined,
): HttpAnswer {
  const answer = fault?.kind === 'status' ? faultStatus(fault.status) : tokens.give({ headers, body });
  return spoiled(answer, fault);
}

/** Makes ids that are never the same twice: each ends with its number. */
function createIds(random: () => number): (prefix: string, length: number) => string {
  let given = 0;
  return (prefix, length) => {
    given += 1;
    const number = String(given).padStart(8, '0');
    const letters = Array.from({ length: length - prefix.length - number.length }, () => {
      return ID_LETTERS[Math.floor(random() * ID_LETTERS.length)];
    });
    return prefix + letters.join('') + number;
  };
}

function makeEvent(
  type: string,
  object: Record<string, unknown>,
  { host, tenantName, id, time }: { host: string; tenantName: string; id: string; time: number },
): Auth0Event {
  return {
    specversion: '1.0',
    type,
    source: `urn:auth0:${host}`,
    id,
    time: new Date(time).toISOString(),
    data: { object: structuredClone(object), context: { tenant: { id: tenantName } } },
    a0tenant: tenantName,
    a0stream: 'est_ExampleStream000000000',
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
