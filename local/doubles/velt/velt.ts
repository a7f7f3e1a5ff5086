import * as z from 'zod';
import { type Handle, type HttpAnswer, json, type Misbehaviour, startHttpServer } from '../http-server.ts';
import { answer, type Credentials, type Front } from './answer.ts';
import { type FaultRule, faultRule } from './fault-rules.ts';
import { organizationEndpoints } from './organizations.ts';
import { openOrganization, rolesOf, type Store, scopesOf, stateOf, type VeltState } from './store.ts';
import { userEndpoints } from './users.ts';
import { type KeySettings, NEW_KEY, workspaceEndpoints } from './workspace.ts';

// A double of Velt's REST API for users, user groups and organizations, after docs.velt.dev
// api-reference/rest-apis (v1/users/add-users, v2/users/*, v2/user-groups/*, v2/organizations/add-organizations)
// as of 2026-08-19. It is strict where Velt documents a rule; where Velt's answer is not documented,
// an option lets a test take either side.

export type { Credentials } from './answer.ts';
export type { FaultRule } from './fault-rules.ts';
export type { VeltState } from './store.ts';

/** The sides a test may take where Velt's behaviour is not documented; the defaults come first. */
export type VeltOptions = Credentials & {
  /** What adding a known user does: replaces its profile, or fails the item and changes nothing. */
  repeatAdd?: 'added' | 'already-exists';
  /** Where a map with a failing item is put: `result.data` (200), or HTTP 500 with `error.details` or `error.data`. */
  partialFailure?: 'result' | 'error-500' | 'error-data';
  /** What stands in an answer of which every item went well: a map of them, an empty one, or none. */
  success?: 'map' | 'empty' | 'none';
  /** How many items of a call are taken, and named; the answer says success all the same. */
  truncateAt?: number;
  /** What deleting somebody unknown does: fails the item, or refuses the call with NOT_FOUND. */
  deleteUnknown?: 'item' | 'call';
  /** Whether a user deleted from an organization stays a member of its groups. Default true. */
  deleteKeepsGroups?: boolean;
  /** What adding to an unknown folder or document without a create flag does. */
  missingScope?: 'created' | 'not-found';
  /** OpenAPI calls a user's e-mail required, the Node SDK optional. Default false. */
  requireEmail?: boolean;
  /** Without "advanced queries" on the key, listing users "fails or returns nothing". */
  advancedQueries?: 'on' | 'empty' | 'refused';
  /** The OpenAPI file has the role of a user whom `users/get` lists, the samples on its page do not. Default true. */
  listsRoles?: boolean;
  /** What is set for the key; what is left out is not told. Default: what a new key has. */
  settings?: KeySettings;
  random?: () => number;
  /** Milliseconds since the epoch. */
  clock?: () => number;
  /** Told of each call and what was answered, before it is. */
  onCall?: (call: VeltCall, reply: HttpAnswer | Misbehaviour) => void;
};

/** One request as Velt saw it. `effective`: it changed the state. */
export type VeltCall = {
  at: number;
  path: string;
  body: unknown;
  status: number | 'hang' | 'reset';
  effective: boolean;
};

export type Velt = ReturnType<typeof createVelt>;

type Request = { method: string; path: string; headers: Record<string, unknown>; body: string };

/**
 * Velt in memory, without sockets. `handle` answers a request as Velt documents it, or returns a misbehaviour
 * asked for through `faults`; it never throws. Header names are matched without case. Only valid calls meet
 * faults, so a fault never hides a call that Velt would refuse. A repeated add replaces the whole profile but the role: which
 * of Velt's stored fields outlive it is not documented. v1 takes no role, and does not say so.
 */
export function createVelt(options: VeltOptions) {
  const { repeatAdd = 'added', partialFailure = 'result', deleteKeepsGroups = true } = options;
  const { missingScope = 'created', requireEmail = false, advancedQueries = 'on' } = options;
  const { listsRoles = true, settings = NEW_KEY } = options;
  const { success = 'map', truncateAt = Number.POSITIVE_INFINITY, deleteUnknown = 'item' } = options;
  const { apiKey, authToken, random = Math.random, clock = Date.now, onCall } = options;
  const store: Store = { organizations: new Map(), changed: false };
  const sides = {
    repeatAdd,
    deleteKeepsGroups,
    deleteUnknown,
    missingScope,
    requireEmail,
    advancedQueries,
    listsRoles,
  };
  const front: Front = {
    endpoints: new Map([
      ...userEndpoints(store, sides),
      ...organizationEndpoints(store, sides),
      ...workspaceEndpoints(settings),
    ]),
    credentials: { apiKey, authToken },
    rules: [],
    ...{ partialFailure, success, truncateAt },
    random,
  };
  const calls: VeltCall[] = [];

  return {
    handle({ body, ...request }: Request): HttpAnswer | Misbehaviour {
      store.changed = false;
      const parsed = parseJson(body);
      const reply = answer(front, request, parsed);
      const status = 'misbehaviour' in reply ? reply.misbehaviour : reply.status;
      const call = {
        ...{ at: clock(), path: request.path, body: parsed ?? body },
        ...{ status, effective: store.changed },
      };
      calls.push(call);
      onCall?.(call, reply);
      return reply;
    },
    calls,
    state: (): VeltState => stateOf(store),
    roles: () => rolesOf(store),
    faults: {
      /** @throws {z.ZodError} when the rule is malformed. */
      add(rule: FaultRule) {
        front.rules.push(faultRule.parse(rule));
      },
      clear() {
        front.rules = [];
      },
    },
    byHand: changesByHand(store),
    /** The old pair is refused at once. */
    setCredentials(next: Credentials) {
      front.credentials = next;
    },
    /** Forgets everything but the credentials. */
    reset() {
      store.organizations.clear();
      calls.length = 0;
      front.rules = [];
    },
  };
}

/** What people do at Velt without this API: no call is counted, and no fault is met. */
function changesByHand(store: Store) {
  const { organizations } = store;
  return {
    /** Adds somebody to an organization. */
    add(organizationId: string, { userId, ...profile }: { userId: string; name: string; email?: string }) {
      openOrganization(store, organizationId).users.set(userId, profile);
    },
    rename(organizationId: string, userId: string, name: string) {
      const users = organizations.get(organizationId)?.users;
      users?.set(userId, { ...users.get(userId), name });
    },
    setRole(organizationId: string, userId: string, accessRole: string) {
      const users = organizations.get(organizationId)?.users;
      users?.set(userId, { ...users.get(userId), accessRole });
    },
    /** Removes somebody from an organization and everything in it, or from one of its groups only. */
    forget(organizationId: string, userId: string, groupId?: string) {
      const organization = organizations.get(organizationId);
      for (const [id, { members }] of organization?.groups ?? [])
        if (id === (groupId ?? id)) members.delete(userId);
      if (groupId !== undefined) return;
      for (const scope of scopesOf(organization)) scope.delete(userId);
    },
  };
}

/**
 * {@link createVelt} behind HTTP on 127.0.0.1, with more routes for a process that steers it: `GET /__state` answers
 * `{ state, calls }`, `POST /__faults` adds a rule or an array of them, `DELETE /__faults` clears them, `POST /__reset`
 * empties everything.
 */
export async function startVelt({ port, ...options }: VeltOptions & { port?: number }) {
  const velt = createVelt(options);
  const handle: Handle = (request) => steer(velt, request) ?? velt.handle(request);
  const { url, close } = await startHttpServer({ ...(port !== undefined && { port }), handle });
  return { url, velt, close };
}

function steer(
  velt: Velt,
  { method, path, body }: { method: string; path: string; body: string },
): HttpAnswer | undefined {
  switch (`${method} ${path}`) {
    case 'GET /__state':
      return json(200, { state: velt.state(), calls: velt.calls });
    case 'POST /__reset':
      velt.reset();
      return json(200, {});
    case 'DELETE /__faults':
      velt.faults.clear();
      return json(200, {});
    case 'POST /__faults': {
      const given = z.union([faultRule, z.array(faultRule)]).safeParse(parseJson(body));
      if (!given.success) return json(400, { error: z.prettifyError(given.error) });
      for (const rule of [given.data].flat()) velt.faults.add(rule);
      return json(200, {});
    }
    default:
      return undefined;
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
