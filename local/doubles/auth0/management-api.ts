import type { Fault } from '../faults.ts';
import type { HttpAnswer, HttpRequest } from '../http-server.ts';
import { auth0Error, badBody, badQuery, faultStatus } from './error.ts';
import { faultInQuery } from './paging.ts';
import type { Auth0Rates } from './rates.ts';
import { eventStreamRoutes } from './routes/event-streams.ts';
import { groupRoutes } from './routes/groups.ts';
import { organizationRoutes } from './routes/organizations.ts';
import { type Api, type Asked, insufficient, type Route } from './routes/route.ts';
import { userRoutes } from './routes/users.ts';
import { type Auth0Tokens, parseJson } from './token.ts';

/** An answer `delayMs` late, or a search that does not find users who were created in the last `lagMs`. */
export type OwnFault = { kind: 'slow'; delayMs: number } | { kind: 'lagging'; lagMs: number };

type Drawn = Fault<OwnFault>['answer'] | undefined;

export type Request = Omit<HttpRequest, 'body'> & { body?: string };

/** What a request meets before its endpoint: the token, the rate limit, and the faults that a test asked for. */
export type Gate = {
  tokens: Auth0Tokens;
  countRequest: Auth0Rates;
  drawFault: (path: string) => Drawn;
  clock: () => number;
  retryAfter: boolean;
  searchLagMs: number;
};

/** The endpoints of the Management API that are here (auth0.com/docs/api/management/v2, OpenAPI 2026-06). */
export function createManagementApi(api: Api, gate: Gate): (request: Request, url: URL) => HttpAnswer {
  const routes = [
    ...userRoutes(api),
    ...organizationRoutes(api),
    ...groupRoutes(api),
    ...eventStreamRoutes(api),
  ].map((route) => ({
    route,
    pattern: new RegExp(`^/api/v2/${route.path.replaceAll('*', '([^/]+)')}$`),
  }));
  return (request, url) => {
    const { route, pattern } =
      routes.find((one) => one.route.method === request.method && one.pattern.test(url.pathname)) ?? {};
    if (!route) return auth0Error(404, 'Not Found');
    return answerThrough(gate, route, request, url, idsIn(pattern?.exec(url.pathname)));
  };
}

/** A fault of the whole answer: cut off in the middle, or late. */
export function spoiled(answer: HttpAnswer, fault: Drawn): HttpAnswer {
  if (fault?.kind === 'cut-body') return { ...answer, body: answer.body.slice(0, answer.body.length / 2) };
  return fault?.kind === 'slow' ? { ...answer, delayMs: fault.delayMs } : answer;
}

/** Checks the token, counts the request, and answers it unless a limit or a fault stands in the way. */
function answerThrough(
  gate: Gate,
  route: Route,
  request: Request,
  url: URL,
  ids: string[] | undefined,
): HttpAnswer {
  const { tokens, countRequest, clock, retryAfter } = gate;
  const scopes = tokens.read(request.headers.authorization);
  if (typeof scopes === 'string') return auth0Error(401, scopes);
  const { headers: rates, exhausted } = countRequest(route.bucket);
  const fault = exhausted ? ({ kind: 'status', status: 429 } as const) : gate.drawFault(request.path);
  const answer =
    fault?.kind === 'status'
      ? faultStatus(fault.status)
      : answerChecked(route, request, url, { ids, scopes, ...pageFault(gate, fault) });
  const limits = { ...rates, ...(answer.status === 429 && { 'x-ratelimit-remaining': '0' }) };
  const wait = String(Math.max(1, Number(rates['x-ratelimit-reset']) - Math.floor(clock() / 1000)));
  const patience = answer.status === 429 && retryAfter ? { 'retry-after': wait } : {};
  return spoiled({ ...answer, headers: { ...answer.headers, ...limits, ...patience } }, fault);
}

/** Answers a request, or refuses it for its scopes, query, path or body. */
function answerChecked(
  route: Route,
  { headers, body = '' }: Request,
  url: URL,
  { ids, scopes, ...asked }: Pick<Asked, 'scopes' | 'fault' | 'lagMs'> & { ids: string[] | undefined },
): HttpAnswer {
  if (!route.scopes.some((scope) => scopes.has(scope))) return insufficient(route.scopes);
  const wrong = faultInQuery(url.searchParams, route.query);
  if (wrong !== undefined) return badQuery(wrong);
  if (!ids) return auth0Error(400, 'Path validation error', 'invalid_uri');
  if (route.path.startsWith('users/*') && !ids[0]?.includes('|')) {
    const fault = `Object didn't pass validation for format user-id: ${ids[0]}`;
    return auth0Error(400, `Path validation error: '${fault}' on property id.`, 'invalid_uri');
  }
  const isJson = String(headers['content-type'] ?? '').startsWith('application/json');
  const sent = body === '' || !isJson ? undefined : parseJson(body);
  if (body !== '' && sent === undefined) return badBody('Invalid request payload JSON format');
  return route.answer({ ids, query: url.searchParams, body: sent, scopes, ...asked });
}

function pageFault({ searchLagMs }: Gate, fault: Drawn): Pick<Asked, 'fault' | 'lagMs'> {
  if (fault?.kind === 'lagging') return { fault: undefined, lagMs: fault.lagMs };
  const ofAnswer = fault?.kind === 'status' || fault?.kind === 'cut-body' || fault?.kind === 'slow';
  return { fault: ofAnswer ? undefined : fault, lagMs: searchLagMs };
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
