import type { Call, CallKind } from '../directory/calls.ts';
import { chunk } from '../directory/chunk.ts';
import type { ItemOutcome } from '../directory/confirmations.ts';
import { CallRefused, WorldFault } from '../errors.ts';
import { readAnswer, readListing } from './outcome.ts';
import { createRequests, type GivenUp, type RequestDeps } from './request.ts';

export interface VeltDeps extends RequestDeps {
  usersAdd: 'v1' | 'v2';
}

/** What became of a call: an outcome for each item that Velt judged, and the fault that kept it from the rest. */
export interface Applied {
  outcomes: Map<string, ItemOutcome>;
  fault?: WorldFault;
  /**
   * Until when a try that was given up may still take effect (ms since the epoch). Then no outcome is proven, whatever a later
   * try was answered.
   */
  landsUntil?: number;
}

export type Velt = ReturnType<typeof createVelt>;

/** Velt's REST API (docs.velt.dev/api-reference/rest-apis, 2026-08-19) as the calls of a plan need it. */
export function createVelt(deps: VeltDeps) {
  const request = createRequests(deps);
  return { apply, readUsers };

  /** Makes a call, ending before `deadline` (ms since the epoch). Throws nothing but programming errors. */
  async function apply(call: Call, deadline: number): Promise<Applied> {
    const givenUp: GivenUp = {};
    const applied = await attempt(call, deadline, givenUp);
    const { fault, landsUntil } = givenUp;
    return fault && landsUntil ? { outcomes: new Map(), fault, landsUntil } : applied;
  }

  async function attempt(call: Call, deadline: number, givenUp: GivenUp): Promise<Applied> {
    const ids = call.items.map(({ id }) => id);
    const sent = { ...requestOf(call, deps.usersAdd), items: ids.length };
    try {
      const outcomes = await request(
        sent,
        (response) => readAnswer(call.kind, ids, response, deps.clock()),
        deadline,
        givenUp,
      );
      const unproven = call.items.filter(({ id }) => !outcomes.has(id));
      if (unproven.length === 0) return { outcomes };
      if (ids.length === 1) return { outcomes: new Map(ids.map((id) => [id, UNNAMED])) };
      const { outcomes: others, ...rest } = await applySmaller({ ...call, items: unproven }, deadline);
      return { ...rest, outcomes: new Map([...outcomes, ...others]) };
    } catch (error) {
      if (error instanceof WorldFault) return { outcomes: new Map(), fault: error };
      if (!(error instanceof CallRefused)) throw error;
      const verdict = verdictOf(call, error);
      return verdict ? { outcomes: new Map(ids.map((id) => [id, verdict])) } : applySmaller(call, deadline);
    }
  }

  /** Narrows what was refused or not judged down to the items that cause it: two more calls per halving and culprit. */
  async function applySmaller(call: Call, deadline: number): Promise<Applied> {
    const outcomes = new Map<string, ItemOutcome>();
    for (const items of chunk(call.items, { count: Math.ceil(call.items.length / 2) })) {
      const applied = await apply({ ...call, items }, deadline);
      for (const [id, outcome] of applied.outcomes) outcomes.set(id, outcome);
      if (applied.fault) return { ...applied, outcomes };
    }
    return { outcomes };
  }

  /**
   * One page of the users of an organization, or of a group in it, as Velt itself lists them, and where the next one is;
   * with `userIds` (30 at most) only of these.
   * An empty page proves nothing: without "advanced queries" Velt may list nobody. Throws WorldFault and CallRefused.
   */
  async function readUsers(
    of: { organizationId: string; groupId?: string | undefined; userIds?: string[] | undefined },
    pageToken: string | undefined,
    deadline: number,
  ) {
    const { organizationId, groupId, userIds } = of;
    const organizationUserGroupIds = groupId === undefined ? undefined : [groupId];
    const data = { organizationId, organizationUserGroupIds, userIds, pageToken };
    const sent = { path: '/v2/users/get', data, items: 0 };
    return request(sent, (response) => readListing(response, deps.clock()), deadline);
  }
}

/** What becomes of an item that Velt does not name even when asked about it alone: the sweep tries it again. */
const UNNAMED: ItemOutcome = { kind: 'refused', reason: "Velt's answer does not name this item" };

/** What a refused call means where it needs no narrowing: for all of its items, or because only one is left. */
function verdictOf({ kind, items }: Call, { status, message }: CallRefused): ItemOutcome | undefined {
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

const PATHS: Record<CallKind, string> = {
  'groups.add': '/v2/organizations/usergroups/add',
  'users.add': '/v2/users/add',
  'users.update': '/v2/users/update',
  'users.delete': '/v2/users/delete',
  'group.users.add': '/v2/organizations/usergroups/users/add',
  'group.users.delete': '/v2/organizations/usergroups/users/delete',
};

/** Where a call goes, and what it says. */
function requestOf({ kind, scope, items }: Call, usersAdd: 'v1' | 'v2'): { path: string; data: object } {
  const isV1 = kind === 'users.add' && usersAdd === 'v1';
  const { groupId: organizationUserGroupId, ...level } = scope;
  const createOrganization = (kind === 'groups.add' || kind === 'users.add') && !isV1 ? true : undefined;
  const content =
    kind === 'groups.add'
      ? { organizationUserGroups: items.map(({ id, groupName }) => ({ groupId: id, groupName })) }
      : kind === 'users.add' || kind === 'users.update'
        ? { users: items.map(({ user }) => user) }
        : { userIds: items.map(({ id }) => id) };
  return {
    path: isV1 ? '/v1/users/add' : PATHS[kind],
    data: { ...level, organizationUserGroupId, createOrganization, ...content },
  };
}
