import { createFaults, type Fault } from '../faults.ts';
import { type Handle, type HttpAnswer, type HttpRequest, startHttpServer } from '../http-server.ts';
import { oktaError as error, faultStatus } from './error.ts';
import { type Challenge, createOktaHooks } from './hooks.ts';
import { createOktaLog } from './log.ts';
import { createOktaOperations } from './operations.ts';
import { createOktaOrg, type OktaOrgOptions } from './org.ts';
import { createOktaRate, type OktaRateLimit } from './rate.ts';
import { answerFrom } from './routes.ts';
import { createServiceTokens, type OktaServiceApp } from './service-app.ts';

// A double of what is used of Okta's Management API (developer.okta.com/docs/api, OpenAPI 2026.06.3): reading users,
// groups, memberships and the users of applications with cursor paging, polling the System Log, and event hooks; with
// rate-limit headers and Okta's error bodies.

export type { OktaGroup, OktaUser } from './org.ts';

export type OktaOptions = OktaOrgOptions & {
  /** Base of the links in answers, for example `https://example-org.okta.com`. */
  orgUrl: string;
  /** The API token of `Authorization: SSWS <token>`. */
  ssws?: string;
  /** Gets access tokens for `Authorization: Bearer <token>`; none by default. */
  serviceApp?: OktaServiceApp;
  /** None by default. */
  rateLimit?: OktaRateLimit;
  /** How the verification of an event hook reaches the hook's URL; default: over HTTP. */
  challenge?: Challenge;
  /** Milliseconds since the epoch. */
  clock?: () => number;
};

export type OktaCall = { at: number; path: string; status: number };

type Request = Omit<HttpRequest, 'body'> & { body?: string };

/**
 * Okta in memory. `handle` answers as Okta does: cursors are opaque, a plain user list leaves DEPROVISIONED out,
 * `search` and `filter` include it (of their language only `lastUpdated gt "…"` and `status eq "…"` are
 * understood, the rest is ignored; lists of groups refuse what is not understood), members stay listed after deactivation. Users and groups are listed in the order of
 * their ids.
 */
export function createOkta(options: OktaOptions) {
  const { orgUrl, ssws = 'example-ssws-token', rateLimit, clock = Date.now } = options;
  const org = createOktaOrg(orgUrl, options);
  const log = createOktaLog(orgUrl, clock);
  const calls: OktaCall[] = [];
  const hooks = createOktaHooks({ orgUrl, clock, challenge: options.challenge });
  const faults = createFaults();
  const meter = createOktaRate(rateLimit, clock);
  const tokens = createServiceTokens(orgUrl, clock, options.serviceApp);

  const answerTo = ({ method, path, headers, body: sent }: Request, verified: boolean): HttpAnswer => {
    if (method === 'POST' && tokens.owns(new URL(path, orgUrl).pathname)) return tokens.give(sent ?? '');
    const authorization = String(headerOf(headers, 'authorization') ?? '');
    if (authorization !== `SSWS ${ssws}` && !tokens.accepts(authorization)) {
      return error(401, 'E0000011', 'Invalid token provided');
    }
    const { headers: rates, exhausted } = meter();
    const fault = exhausted ? ({ kind: 'status', status: 429 } as const) : faults.draw(path);
    const answer = (() => {
      const url = new URL(path, orgUrl);
      const ofHooks = hooks.owns(url.pathname);
      if (method !== 'GET' && !ofHooks)
        return error(405, 'E0000022', 'The endpoint does not support the HTTP method');
      if (fault?.kind === 'status') return faultStatus(fault.status);
      if (ofHooks) return hooks.route({ method, pathname: url.pathname, body: sent }, verified);
      const pageFault = fault?.kind === 'cut-body' ? undefined : fault;
      return answerFrom(org, log, { orgUrl, url, fault: pageFault });
    })();
    const body = fault?.kind === 'cut-body' ? answer.body.slice(0, answer.body.length / 2) : answer.body;
    const remaining = answer.status === 429 && { 'x-rate-limit-remaining': '0' };
    return { ...answer, headers: { ...answer.headers, ...rates, ...remaining }, body };
  };

  const handle = (request: Request, verified = false): HttpAnswer => {
    const answer = answerTo(request, verified);
    calls.push({ at: clock(), path: request.path, status: answer.status });
    const stamp = {
      date: new Date(clock()).toUTCString(),
      'x-okta-request-id': `example-${String(calls.length).padStart(8, '0')}`,
    };
    return { ...answer, headers: { ...answer.headers, ...stamp } };
  };

  return {
    /** Answers without waiting, so the verification of an event hook fails here: no challenge is sent. */
    handle: (request: Request) => handle(request),
    /** Answers like `handle`, and verifies event hooks by a challenge to their URL. */
    answer: async (request: Request) => handle(request, await hooks.prove(request)),
    calls,
    /** The users and groups in the org, and the ids of a group's members in ascending order. */
    users: org.users,
    groups: org.groups,
    membersOf: (groupId: string): readonly string[] => org.memberList(groupId).ids,
    /** What an admin does; has events in the System Log. */
    ...createOktaOperations(org, log, clock),
    /** Changes without an event: for the state that a test begins with, or for events that Okta never made. */
    putUser: org.putUser,
    removeUser: org.removeUser,
    putGroup: org.putGroup,
    removeGroup: org.removeGroup,
    log,
    /** Only authorized requests count. */
    faults: { add: (fault: Fault) => faults.add(fault), clear: () => faults.clear() },
  };
}

export type Okta = ReturnType<typeof createOkta>;

/** {@link createOkta} behind HTTP on 127.0.0.1; its links point at the server unless `orgUrl` says otherwise. */
export async function startOkta({
  port,
  ...options
}: Omit<OktaOptions, 'orgUrl'> & { orgUrl?: string; port?: number } = {}) {
  const handle: Handle = (request) => okta.answer(request);
  const { url, close } = await startHttpServer({ ...(port !== undefined && { port }), handle });
  const okta = createOkta({ orgUrl: url, ...options });
  return { url, okta, close };
}

const headerOf = (headers: Record<string, unknown>, wanted: string) =>
  Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1];
