import type { Secret } from '../aws/secrets.ts';
import type { Item, Step } from '../directory/calls.ts';
import type { ItemOutcome } from '../directory/confirmations.ts';
import { CallRefused, WorldFault } from '../errors.ts';
import type { Http, HttpResponse } from '../http/client.ts';
import { retry } from '../retry.ts';
import { CredentialsRefused, readAnswer, readListing } from './outcome.ts';
import type { VeltCredentials } from './schema.ts';

export interface VeltDeps {
  http: Http;
  credentials: Secret<VeltCredentials>;
  baseUrl: string;
  usersAdd: 'v1' | 'v2';
  /** How long one call may take (ms); 8 seconds by default. */
  timeoutMs?: number | undefined;
  /** How long after it was given up a call may still take effect (ms); a minute by default. */
  lateMs?: number | undefined;
  clock: () => number;
  random: () => number;
  sleep: (ms: number) => Promise<void>;
  /** Told of every call that was answered or failed: its path, how long it took (ms) and with what status. */
  onCall?: (call: { path: string; items: number; ms: number; status: number | undefined }) => void;
}

/** What became of a step: an outcome for each item that Velt judged, and the fault that kept it from the rest. */
export interface Applied {
  outcomes: Map<string, ItemOutcome>;
  fault?: WorldFault;
  /**
   * Until when a try that was given up may still take effect (ms since the epoch). Then no outcome is proven, whatever a later
   * try was answered.
   */
  landsUntil?: number;
}

export interface Velt {
  /** Makes the calls of one step, ending before `deadline` (ms since the epoch). Throws nothing but programming errors. */
  apply(step: Step, deadline: number): Promise<Applied>;
  /**
   * One page of the users of an organization, or of a group in it, as Velt itself lists them, and where the next one is;
   * with `userIds` (30 at most) only of these.
   * An empty page proves nothing: without "advanced queries" Velt may list nobody. Throws WorldFault and CallRefused.
   */
  readUsers(
    of: UsersOf,
    pageToken: string | undefined,
    deadline: number,
  ): Promise<{ users: ListedUser[]; next: string | undefined }>;
}

export interface UsersOf {
  organizationId: string;
  groupId?: string | undefined;
  userIds?: string[] | undefined;
}

/** A user as Velt lists them; what else they have is not documented. */
export interface ListedUser {
  userId: string;
  name?: string | undefined;
  email?: string | undefined;
}

/** Longer than any gateway lets a request go on that its caller gave up (ms). */
export const LATE_MS = 60_000;

const TRY_MS = 8_000;
const TOTAL_MS = 20_000;
const TRIES = 3;
/** The longest a call waits inside an invocation for Velt's patience to return; longer waits go back to the queue (ms). */
const MAX_WAIT_MS = 2_000;

/**
 * Velt's REST API (docs.velt.dev/api-reference/rest-apis, 2026-08-19) as the steps of a plan need it. Holds one state: the
 * moment before which Velt, by its own word, wants no call.
 */
export function createVelt(deps: VeltDeps): Velt {
  let notBefore = 0;

  return { apply, readUsers };

  async function apply(step: Step, deadline: number): Promise<Applied> {
    const givenUp: GivenUp = {};
    const applied = await attempt(step, deadline, givenUp);
    const { fault, until: landsUntil } = givenUp;
    return fault && landsUntil ? { outcomes: new Map(), fault, landsUntil } : applied;
  }

  async function attempt(step: Step, deadline: number, givenUp: GivenUp): Promise<Applied> {
    try {
      const { path, data } = requestOf(step, deps.usersAdd);
      const ids = step.items.map(({ id }) => id);
      const read = (response: HttpResponse) => readAnswer(step.kind, ids, response, deps.clock());
      const request = { path, data, items: ids.length };
      return { outcomes: await call(request, read, totalUntil(deadline), givenUp) };
    } catch (error) {
      if (error instanceof WorldFault) return { outcomes: new Map(), fault: error };
      if (!(error instanceof CallRefused)) throw error;
      const verdict = verdictOf(step, error);
      if (verdict) return { outcomes: new Map(step.items.map(({ id }) => [id, verdict])) };
      return bisect(step, deadline);
    }
  }

  /** Narrows a refusal down to the items that cause it: at most two more calls per halving and culprit. */
  async function bisect(step: Step, deadline: number): Promise<Applied> {
    const middle = Math.ceil(step.items.length / 2);
    const first = await apply({ ...step, items: step.items.slice(0, middle) }, deadline);
    if (first.fault) return first;
    const second = await apply({ ...step, items: step.items.slice(middle) }, deadline);
    return { ...second, outcomes: new Map([...first.outcomes, ...second.outcomes]) };
  }

  async function readUsers(
    { organizationId, groupId, userIds }: UsersOf,
    pageToken: string | undefined,
    deadline: number,
  ): Promise<{ users: ListedUser[]; next: string | undefined }> {
    const data = {
      organizationId,
      ...(groupId !== undefined && { organizationUserGroupIds: [groupId] }),
      ...(userIds !== undefined && { userIds }),
      ...(pageToken !== undefined && { pageToken }),
    };
    const read = (response: HttpResponse) => readListing(response, deps.clock());
    return call({ path: '/v2/users/get', data, items: 0 }, read, totalUntil(deadline));
  }

  function totalUntil(deadline: number): number {
    return Math.min(deadline, deps.clock() + TOTAL_MS);
  }

  async function call<T>(
    request: VeltRequest,
    read: (response: HttpResponse) => T,
    deadline: number,
    givenUp: GivenUp = {},
  ): Promise<T> {
    let credentials: VeltCredentials | undefined;
    let refused: VeltCredentials | undefined;
    const act = async () => {
      await patience(deadline);
      credentials = await deps.credentials({ refused });
      return read(await send(request, credentials, deadline));
    };
    const waitFor = (error: unknown, failures: number) => {
      if (error instanceof CredentialsRefused && refused === undefined) {
        refused = credentials;
        return 0;
      }
      if (!(error instanceof WorldFault) || error.code === 'credentials' || error.code === 'out-of-time')
        return undefined;
      if (error.code === 'timeout' || error.code === 'connection')
        Object.assign(givenUp, { fault: error, until: deps.clock() + (deps.lateMs ?? LATE_MS) });
      const wait = error.retryAfterMs ?? deps.random() * 250 * 2 ** failures;
      if (error.code === 'throttled') notBefore = deps.clock() + wait;
      const isTooLong = wait > MAX_WAIT_MS || deps.clock() + wait >= deadline;
      return failures >= TRIES || isTooLong ? undefined : wait;
    };
    return retry(act, waitFor, async (ms) => {
      if (ms > 0) await deps.sleep(ms);
    });
  }

  async function patience(deadline: number): Promise<void> {
    const wait = notBefore - deps.clock();
    if (wait <= 0) return;
    if (wait > MAX_WAIT_MS || deps.clock() + wait >= deadline) {
      throw new WorldFault('throttled', 'waiting as Velt asked', { retryAfterMs: wait });
    }
    await deps.sleep(wait);
  }

  async function send(
    { path, data, items }: VeltRequest,
    { apiKey, authToken }: VeltCredentials,
    deadline: number,
  ): Promise<HttpResponse> {
    const started = deps.clock();
    const timeoutMs = Math.min(deps.timeoutMs ?? TRY_MS, deadline - started);
    if (timeoutMs <= 0) throw new WorldFault('out-of-time', 'no time left for another call');
    let status: number | undefined;
    try {
      const response = await deps.http({
        method: 'POST',
        url: `${deps.baseUrl.replace(/\/+$/, '')}${path}`,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          'x-velt-api-key': apiKey,
          'x-velt-auth-token': authToken,
        },
        body: JSON.stringify({ data }),
        timeoutMs,
      });
      status = response.status;
      return response;
    } finally {
      deps.onCall?.({ path, items, ms: deps.clock() - started, status });
    }
  }
}

/** What a refused call means where it needs no bisecting: for all of its items, or because only one is left. */
function verdictOf({ kind, items }: Step, { status, message }: CallRefused): ItemOutcome | undefined {
  const missing = status === 'NOT_FOUND' && /user|group|folder|document|organization/i.test(message);
  if (missing && kind.endsWith('.delete')) return { kind: 'done' };
  if (missing && kind === 'group.users.add' && /group/i.test(message)) {
    return { kind: 'refused', reason: message, prerequisite: 'group' };
  }
  if (items.length > 1) return undefined;
  return status === 'ALREADY_EXISTS' && kind.endsWith('.add')
    ? { kind: 'exists' }
    : { kind: 'refused', reason: message };
}

/** The last try of a call that nobody waits for any more and that may still take effect, until when (ms). */
interface GivenUp {
  fault?: WorldFault;
  until?: number;
}

interface VeltRequest {
  path: string;
  data: Record<string, unknown>;
  /** How many users or groups it is about. */
  items: number;
}

function requestOf({ kind, scope, items }: Step, usersAdd: 'v1' | 'v2'): Omit<VeltRequest, 'items'> {
  const { organizationId, groupId, folderId, documentId } = scope;
  const level = {
    organizationId,
    ...(folderId !== undefined && { folderId }),
    ...(documentId !== undefined && { documentId }),
  };
  const users = items.map(({ user }: Item) => user);
  const userIds = items.map(({ id }) => id);
  switch (kind) {
    case 'groups.add':
      return {
        path: '/v2/organizations/usergroups/add',
        data: {
          organizationId,
          createOrganization: true,
          organizationUserGroups: items.map(({ id, groupName }) => ({ groupId: id, groupName })),
        },
      };
    case 'users.add':
      return usersAdd === 'v1'
        ? { path: '/v1/users/add', data: { ...level, users } }
        : { path: '/v2/users/add', data: { ...level, createOrganization: true, users } };
    case 'users.update':
      return { path: '/v2/users/update', data: { ...level, users } };
    case 'users.delete':
      return { path: '/v2/users/delete', data: { ...level, userIds } };
    case 'group.users.add':
      return {
        path: '/v2/organizations/usergroups/users/add',
        data: { organizationId, organizationUserGroupId: groupId, userIds },
      };
    case 'group.users.delete':
      return {
        path: '/v2/organizations/usergroups/users/delete',
        data: { organizationId, organizationUserGroupId: groupId, userIds },
      };
  }
}
