import type { Call, CallKind, Item } from '../directory/calls.ts';
import { chunk } from '../directory/chunk.ts';
import type { ItemOutcome } from '../directory/confirmations.ts';
import type { Scope } from '../directory/entry.ts';
import { CallRefused, WorldFault } from '../errors.ts';
import type { HttpResponse } from '../http/client.ts';
import { readAnswer, readListing, withoutNames } from './outcome.ts';
import { createRequests, type GivenUp, type RequestDeps } from './request.ts';
import type { ListedUser } from './schema.ts';

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

/** Where users are listed, and which of them. */
type Asked = Scope & { userIds?: string[] | undefined };

export type Velt = ReturnType<typeof createVelt>;

/** As many ids as `users/get` takes. */
const MAX_IDS_PER_READ = 30;

/** Velt's REST API (docs.velt.dev/api-reference/rest-apis, 2026-08-19) as the calls of a plan need it. */
export function createVelt(deps: VeltDeps) {
  const request = createRequests(deps);
  /** How many items of a call of this kind Velt takes, where it was seen to leave the rest out. */
  const taken = new Map<CallKind, number>();
  return { apply, applyRefused, readUsers };

  /**
   * Makes a call, ending before `deadline` (ms since the epoch). Whoever is refused with attributes is sent once more by id and
   * name alone, and stays refused where nothing proves that Velt took that. Whom Velt answers success without naming them is looked
   * up in its own list; what that cannot tell is unproven. Throws nothing but programming errors.
   */
  async function apply(call: Call, deadline: number): Promise<Applied> {
    return finish(call, await send(call, deadline), deadline);
  }

  /** What `apply` does after Velt refused all items of a call for this reason, as which the caller takes what it answered. */
  async function applyRefused(call: Call, reason: string, deadline: number): Promise<Applied> {
    return finish(call, refusalOf(call, reason), deadline);
  }

  async function finish(call: Call, answered: Applied, deadline: number): Promise<Applied> {
    const applied = await sentPlain(call, answered, async (plain) =>
      finish(plain, await sentUntilNamed(plain, (some) => send(some, deadline)), deadline),
    );
    const open = call.items.filter(({ id }) => applied.outcomes.get(id)?.kind === 'unproven');
    if (open.length === 0 || call.kind === 'groups.add') return applied;
    const settled = await settle({ ...call, items: open }, deadline);
    return { ...applied, outcomes: new Map([...applied.outcomes, ...settled]) };
  }

  async function send(call: Call, deadline: number): Promise<Applied> {
    const count = taken.get(call.kind) ?? Number.POSITIVE_INFINITY;
    if (call.items.length > count) return sendInParts(call, count, deadline);
    const givenUp: GivenUp = {};
    const applied = await attempt(call, deadline, givenUp);
    const { fault, landsUntil } = givenUp;
    if (!fault || !landsUntil) return applied;
    return { outcomes: new Map(), fault, landsUntil: Math.max(landsUntil, applied.landsUntil ?? 0) };
  }

  async function attempt(call: Call, deadline: number, givenUp: GivenUp): Promise<Applied> {
    const all = (outcome: ItemOutcome) => new Map(call.items.map(({ id }) => [id, outcome]));
    try {
      const sent = { ...requestOf(call, deps.usersAdd), items: call.items.length };
      const read = (response: HttpResponse) => readAnswer(call, response, deps.clock());
      const named = await request(sent, read, deadline, givenUp);
      if (named.size === 0) return { outcomes: all({ kind: 'unproven' }) };
      const items = call.items.filter(({ id }) => !named.has(id));
      if (items.length === 0) return { outcomes: named };
      // Velt takes as many items as it named and keeps silent on the rest, or one of them is odd: then it names none of these.
      const { outcomes, ...rest } = await sendInParts({ ...call, items }, named.size, deadline);
      const isTooLong = [...outcomes.values()].some(({ kind }) => kind !== 'unproven');
      if (isTooLong) taken.set(call.kind, named.size);
      return { ...rest, outcomes: new Map([...named, ...outcomes]) };
    } catch (error) {
      if (error instanceof WorldFault) return { outcomes: new Map(), fault: error };
      if (!(error instanceof CallRefused)) throw error;
      const verdict = verdictOf(call, error);
      // Narrowed down to the items that cause it: two more calls per halving and culprit.
      return verdict
        ? { outcomes: all(verdict) }
        : sendInParts(call, Math.ceil(call.items.length / 2), deadline);
    }
  }

  async function sendInParts(call: Call, count: number, deadline: number): Promise<Applied> {
    const outcomes = new Map<string, ItemOutcome>();
    for (const items of chunk(call.items, { count })) {
      const applied = await send({ ...call, items }, deadline);
      for (const [id, outcome] of applied.outcomes) outcomes.set(id, outcome);
      if (applied.fault) return { ...applied, outcomes };
    }
    return { outcomes };
  }

  /**
   * What Velt's list says of the items of a call. It says nothing where it names neither one of them nor anybody else of the
   * organization: without "advanced queries" it is empty, or refused (v2/users/get-users-v2, 2026-08-19).
   */
  async function settle({ kind, scope, items }: Call, deadline: number): Promise<Map<string, ItemOutcome>> {
    const { organizationId } = scope;
    try {
      const listed = new Map<string, ListedUser>();
      for (const some of chunk(items, { count: MAX_IDS_PER_READ })) {
        const userIds = some.map(({ id }) => id);
        const { users } = await readUsers({ ...scope, userIds }, undefined, deadline);
        for (const user of users) if (userIds.includes(user.userId)) listed.set(user.userId, user);
      }
      if (listed.size === 0 && !(await readUsers({ organizationId }, undefined, deadline)).users.length)
        return new Map();
      return new Map(items.map((item) => [item.id, listedOutcome(kind, item, listed.get(item.id))]));
    } catch (error) {
      if (error instanceof WorldFault || error instanceof CallRefused) return new Map();
      throw error;
    }
  }

  /**
   * One page of the users of an organization, or of a group, a folder or a document in it, as Velt itself lists them, and
   * where the next one is; with `userIds` (30 at most) only of these.
   * An empty page proves nothing: without "advanced queries" Velt may list nobody. Throws WorldFault and CallRefused.
   */
  async function readUsers(of: Asked, pageToken: string | undefined, deadline: number) {
    const sent = listRequestOf(of, pageToken);
    return request(sent, (response) => readListing(response, deps.clock()), deadline);
  }
}

/** Sends a call, and alone whom its answer does not name: any of several may be one for whom Velt had no place. */
async function sentUntilNamed(call: Call, send: (call: Call) => Promise<Applied>): Promise<Applied> {
  let applied = await send(call);
  const silent = call.items.filter(({ id }) => applied.outcomes.get(id)?.kind === 'unproven');
  for (const item of call.items.length > 1 ? silent : []) {
    if (applied.fault) break;
    const alone = await send({ ...call, items: [item] });
    applied = { ...alone, outcomes: new Map([...applied.outcomes, ...alone.outcomes]) };
  }
  return applied;
}

function refusalOf({ items }: Call, reason: string): Applied {
  return { outcomes: new Map(items.map(({ id }) => [id, { kind: 'refused', reason }])) };
}

/** What became of a call once those who were refused with attributes were sent without: what Velt refuses may be one of them. */
async function sentPlain(
  call: Call,
  applied: Applied,
  send: (plain: Call) => Promise<Applied>,
): Promise<Applied> {
  const refused = call.items.flatMap((item) => {
    const outcome = applied.outcomes.get(item.id);
    const { userId, name, ...rest } = item.user ?? { userId: item.id, name: '' };
    const attributes = Object.keys(rest);
    if (outcome?.kind !== 'refused' || attributes.length === 0) return [];
    return [{ item: { ...item, user: { userId, name } }, reason: outcome.reason, attributes }];
  });
  if (refused.length === 0) return applied;
  const again = await send({ ...call, items: refused.map(({ item }) => item) });
  const outcomes = new Map(applied.outcomes);
  for (const { item, ...without } of refused) {
    const kind = again.outcomes.get(item.id)?.kind;
    if (kind === undefined) outcomes.delete(item.id);
    if (kind === 'exists') outcomes.set(item.id, { kind });
    if (kind === 'done') outcomes.set(item.id, { kind: 'partly', ...without });
  }
  return { ...applied, ...again, outcomes };
}

/** Velt answered success, without a word on this item, and lists it as it was before. */
const CONTRADICTED: ItemOutcome = { kind: 'refused', reason: "Velt's list contradicts its success" };

/** What an item's place in Velt's list says of a call: also that its profile or role may still be an older one. */
function listedOutcome(kind: CallKind, { user, role }: Item, listed: ListedUser | undefined): ItemOutcome {
  const isRemoval = kind.endsWith('.delete');
  if (isRemoval !== (listed === undefined)) return CONTRADICTED;
  if (!listed || !user) return { kind: 'done' };
  const isSame =
    listed.name === user.name &&
    (!listed.email || !user.email || listed.email.toLowerCase() === user.email.toLowerCase()) &&
    (!listed.accessRole || !role || listed.accessRole === role);
  if (isSame) return { kind: role && !listed.accessRole ? 'unproven' : 'done' };
  if (kind === 'users.add') return { kind: 'exists' };
  return listed.name === undefined ? { kind: 'unproven' } : CONTRADICTED;
}

/** What a refused call means where it needs no narrowing: for all of its items, or because only one is left. */
function verdictOf({ kind, items }: Call, error: CallRefused): ItemOutcome | undefined {
  const { status, message } = error;
  const missing = status === 'NOT_FOUND' ? missingIn(error, items) : undefined;
  if (kind.endsWith('.delete') && (missing === 'scope' || (missing && items.length === 1)))
    return { kind: 'done' };
  if (kind === 'group.users.add' && missing === 'scope' && /group/i.test(message))
    return { kind: 'refused', reason: message, prerequisite: 'group' };
  if (kind === 'users.update' && (missing === 'scope' || (missing && items.length === 1)))
    return { kind: 'refused', reason: message, prerequisite: 'user' };
  if (items.length > 1) return undefined;
  return status === 'ALREADY_EXISTS' && kind.endsWith('.add')
    ? { kind: 'exists' }
    : { kind: 'refused', reason: message };
}

/** Whether Velt misses somebody, or what they should be in; only its message tells. */
function missingIn({ message }: CallRefused, items: Item[]): 'user' | 'scope' | undefined {
  const said = withoutNames(message, items);
  if (/\busers?\b(?! group)/.test(said)) return 'user';
  return /\b(group|folder|document|organization)\b/.test(said) ? 'scope' : undefined;
}

const PATHS: Record<CallKind, string> = {
  'groups.add': '/v2/organizations/usergroups/add',
  'users.add': '/v2/users/add',
  'users.update': '/v2/users/update',
  'users.delete': '/v2/users/delete',
  'group.users.add': '/v2/organizations/usergroups/users/add',
  'group.users.delete': '/v2/organizations/usergroups/users/delete',
};

function listRequestOf({ groupId, ...of }: Asked, pageToken: string | undefined) {
  const organizationUserGroupIds = groupId === undefined ? undefined : [groupId];
  return { path: '/v2/users/get', data: { ...of, organizationUserGroupIds, pageToken }, items: 0 };
}

/** Where a call goes, and what it says. */
function requestOf({ kind, scope, items }: Call, usersAdd: 'v1' | 'v2'): { path: string; data: object } {
  // Of the two, only v2 takes roles.
  const isV1 = kind === 'users.add' && usersAdd === 'v1' && items.every(({ role }) => role === undefined);
  const { groupId: organizationUserGroupId, ...level } = scope;
  const createOrganization = (kind === 'groups.add' || kind === 'users.add') && !isV1 ? true : undefined;
  const content =
    kind === 'groups.add'
      ? { organizationUserGroups: items.map(({ id, groupName }) => ({ groupId: id, groupName })) }
      : kind === 'users.add' || kind === 'users.update'
        ? { users: items.map(({ user, role: accessRole }) => ({ ...user, accessRole })) }
        : { userIds: items.map(({ id }) => id) };
  return {
    path: isV1 ? '/v1/users/add' : PATHS[kind],
    data: { ...level, organizationUserGroupId, createOrganization, ...content },
  };
}
