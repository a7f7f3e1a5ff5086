import type { Mirror, Stored } from '../aws/mirror.ts';
import type { Queue } from '../aws/queue.ts';
import { type DirectoryConfig, policyOf, type SourceConfig } from '../config.ts';
import { QueueItem } from '../directory/change.ts';
import { type Desired, desired } from '../directory/desired.ts';
import {
  type Confirmation,
  type PersonEntry,
  parseScopeKey,
  type Scope,
  scopeKey,
} from '../directory/entry.ts';
import { createHashSet, type HashSet } from '../directory/hash-set.ts';
import { CallRefused } from '../errors.ts';
import type { Log, Meter } from '../observability.ts';
import type { Velt } from '../velt/client.ts';
import type { ListedUser } from '../velt/schema.ts';
import { containersAround } from './diff.ts';

export interface ReadBackDeps {
  config: DirectoryConfig;
  mirror: Mirror;
  queue: Queue;
  velt: Velt;
  clock: () => number;
  log: Log;
  meter: Meter;
}

/** What a look at Velt's own lists found. */
export interface Drift {
  /** Users and members who were confirmed once and are in the lists. */
  confirmed: number;
  /** Those who are not in the lists, or are there by another name or e-mail address; they are delivered anew. */
  missing: number;
  changed: number;
  /** Users of these organizations whom this product did not put there, and is not about to. */
  strangers: number;
  /** Strangers who are removed, where the configuration adopts them. */
  adopted: number;
  /** Why nothing was done; the lists are no proof then. */
  reason?: string;
}

/** Lists that miss more than this share of what was confirmed are not believed. */
const BELIEVABLE = 0.5;
/** The message group of what is queued, so that nobody's live events wait behind it. */
const GROUP = 'read-back';
/** As many as one call takes by their ids. */
const SAMPLE = 30;

/**
 * Compares what Velt confirmed with what Velt lists, over all sources, and queues whoever is missing or changed for another
 * delivery. Nobody is removed for being listed, unless the configuration adopts strangers, and then no more than the
 * breaker's share. A list that is refused or misses most is never taken as the truth: nothing is done then. The empty list of
 * an organization or a group of several tells nothing of them. Where nothing was confirmed yet, there is nothing to compare, and Velt is not asked.
 *
 * Velt lists nobody, or refuses, without "advanced queries" (docs.velt.dev/api-reference/rest-apis/v2/users/get-users-v2,
 * 2026-08-19): one call finds that out before anything is listed.
 *
 * Reads the mirror twice and Velt's lists once in between, by a `deadline` (ms since the epoch); who comes or goes
 * meanwhile is neither missing nor a stranger. Throws WorldFault; nothing is queued then, unless the queue itself failed.
 */
export async function readBack(deadline: number, deps: ReadBackDeps): Promise<Drift> {
  const { config, queue, log, meter } = deps;
  const drift: Drift = { confirmed: 0, missing: 0, changed: 0, strangers: 0, adopted: 0 };
  const { confirmed, told, places, counts, sample } = await recall(deps);
  if (sample === undefined) return end(drift);

  const listed = createHashSet();
  const renamed = createHashSet();
  const empty = new Set<string>();
  const strangers = new Map<string, Stranger>();
  try {
    if (!(await listsAnyOf(sample, deadline, deps)))
      return end({
        ...drift,
        reason: 'Velt lists nobody of those it confirmed: are advanced queries enabled?',
      });
    for (const [key, place] of places) {
      empty.add(key);
      for await (const user of usersOf(place, deadline, deps)) {
        empty.delete(key);
        if (user === 'no such place') continue;
        const name = nameOf(place, user.userId);
        listed.add(name);
        if (place.groupId !== undefined) continue;
        if (!confirmed.has(name)) strangers.set(name, { ...place, userId: user.userId });
        else if (!profileOf(name, user).every((part) => told.has(part))) renamed.add(name);
      }
    }
  } catch (error) {
    if (!(error instanceof CallRefused)) throw error;
    return end({ ...drift, reason: 'Velt refused to list its users: are advanced queries enabled?' });
  }

  const doubted: QueueItem[] = [];
  let users = 0;
  let unproven = 0;
  for await (const { entry, wanted } of peopleOf(deps)) {
    for (const name of claimsOf(entry, wanted)) strangers.delete(name);
    const doubtful = new Set<string>();
    for (const { userId, scope, digest } of deliveredOf(entry)) {
      const name = nameOf(scope, userId);
      if (!confirmed.has(name)) continue;
      if (empty.has(scopeKey(scope)) && (counts.get(scopeKey(scope)) ?? 0) > 1) {
        unproven += 1;
        continue;
      }
      const isTold = wanted?.user.userId === userId && wanted.digest === digest;
      const found = !listed.has(name) ? 'missing' : isTold && renamed.has(name) ? 'changed' : 'confirmed';
      drift[found] += 1;
      if (found !== 'confirmed') doubtful.add(userId);
      else if (scope.groupId === undefined) users += 1;
    }
    doubted.push(...[...doubtful].map((userId) => doubtOf(entry, userId, deps)));
  }
  drift.strangers = strangers.size;
  if (unproven > 0) log.warn('Velt lists nobody where it confirmed some', { count: unproven });
  if (drift.missing > (drift.confirmed + drift.missing + drift.changed) * BELIEVABLE) {
    return end({
      ...drift,
      reason: 'Velt lists too few of those it confirmed: are advanced queries enabled?',
    });
  }
  const adopted = adoptable();
  drift.adopted = adopted.length;
  await queue.send([...doubted, ...adopted], GROUP);
  return end(drift);

  function end(result: Drift): Drift {
    const { confirmed: count, missing, changed, strangers: others, reason } = result;
    meter.record({ DriftFound: missing + changed, StrangersFound: others });
    const fields = { count, missing, changed, strangers: others };
    if (reason === undefined) log.info('Looked at what Velt holds', fields);
    else log.error('What Velt lists was not believed', { ...fields, error: reason });
    return result;
  }

  /** Strangers as people whom this product put there, so that nothing speaks for them; none where there are too many. */
  function adoptable(): QueueItem[] {
    const { removalShare, removalsAtLeast } = config.reconcile;
    const limit = Math.max(removalsAtLeast, Math.floor(users * removalShare));
    if (!config.velt.adopt || strangers.size === 0) return [];
    if (strangers.size > limit) {
      log.warn('Too many strangers to remove', { count: limit, strangers: strangers.size });
      return [];
    }
    // An id that no message can hold would take everyone else in its message along.
    return [...strangers.values()]
      .map((stranger) => adoptionOf(stranger, deps))
      .filter((change) => QueueItem.safeParse(change).success);
  }
}

interface Sample {
  organizationId: string;
  userIds: string[];
}

interface Stranger {
  organizationId: string;
  userId: string;
}

/**
 * What Velt confirmed, what it was told of each user, and the organizations and groups to look into, with how many it
 * confirmed in each; `sample` is some users of the organization with the most, where there are any: one alone may be the very
 * one that somebody took away.
 */
async function recall(deps: ReadBackDeps): Promise<{
  confirmed: HashSet;
  told: HashSet;
  places: Map<string, Scope>;
  counts: Map<string, number>;
  sample: Sample | undefined;
}> {
  const [confirmed, told] = [createHashSet(), createHashSet()];
  const organizations = Object.values(deps.config.sources).flatMap(organizationsOf);
  const places = new Map(
    organizations.map((organizationId): [string, Scope] => [
      scopeKey({ organizationId }),
      { organizationId },
    ]),
  );
  const counts = new Map<string, number>();
  const users = new Map<string, { count: number; userIds: string[] }>();
  for await (const { entry, wanted } of peopleOf(deps)) {
    for (const { userId, scope } of deliveredOf(entry)) {
      const name = nameOf(scope, userId);
      confirmed.add(name);
      const key = scopeKey(scope);
      places.set(key, scope);
      counts.set(key, (counts.get(key) ?? 0) + 1);
      if (scope.groupId !== undefined) continue;
      const { count, userIds } = users.get(scope.organizationId) ?? { count: 0, userIds: [] };
      if (count < SAMPLE) userIds.push(userId);
      users.set(scope.organizationId, { count: count + 1, userIds });
      const { user } = wanted ?? {};
      // Two people can be one user of Velt: it has the name that either of them gave it.
      if (user?.userId === userId) for (const part of profileOf(name, { email: '', ...user })) told.add(part);
    }
  }
  const [[organizationId, { userIds }] = ['', { userIds: [] }]] = [...users].sort(
    ([, a], [, b]) => b.count - a.count,
  );
  const sample = userIds.length > 0 ? { organizationId, userIds } : undefined;
  return { confirmed, told, places, counts, sample };
}

/** Whether Velt lists any of a few users whom it confirmed: one call, to tell whether its lists mean anything. */
async function listsAnyOf(sample: Sample, deadline: number, { velt }: ReadBackDeps): Promise<boolean> {
  const { users } = await velt.readUsers(sample, undefined, deadline);
  return users.some(({ userId }) => sample.userIds.includes(userId));
}

/**
 * Everyone in a place, page by page; a token that was there before is taken for the end. Nobody is in a place that Velt does
 * not know, and says so: it was taken away, or nobody was put there yet.
 */
async function* usersOf(
  place: Scope,
  deadline: number,
  { velt }: ReadBackDeps,
): AsyncGenerator<ListedUser | 'no such place'> {
  const tokens = new Set<string>();
  let next: string | undefined;
  do {
    if (next !== undefined) tokens.add(next);
    try {
      const page = await velt.readUsers(place, next, deadline);
      yield* page.users;
      next = page.next;
    } catch (error) {
      if (!(error instanceof CallRefused) || error.status !== 'NOT_FOUND') throw error;
      yield 'no such place';
      return;
    }
  } while (next !== undefined && !tokens.has(next));
}

/** Everyone in the mirror, each with what Velt should hold for them. */
async function* peopleOf({
  config,
  mirror,
}: ReadBackDeps): AsyncGenerator<{ entry: PersonEntry; wanted: Desired | undefined }> {
  for (const [name, source] of Object.entries(config.sources)) {
    let next: string | undefined;
    do {
      const page = await mirror.scan(name, next);
      const people = page.entries
        .filter((stored): stored is Stored<PersonEntry> => stored.entry.kind === 'person')
        .map(({ entry }) => entry);
      const containers = await containersAround(people, [], mirror);
      for (const entry of people) yield { entry, wanted: desired(entry, containers, policyOf(source)) };
      next = page.next;
    } while (next !== undefined);
  }
}

/** What Velt confirmed of a person and lists by itself: their organizations and groups. */
function deliveredOf(entry: PersonEntry): { userId: string; scope: Scope; digest: Confirmation['digest'] }[] {
  return Object.entries(entry.delivered).flatMap(([userId, scopes]) =>
    Object.entries(scopes)
      .filter(([, { present }]) => present)
      .map(([key, { digest }]) => ({ userId, scope: parseScopeKey(key), digest }))
      .filter(({ scope }) => scope.folderId === undefined && scope.documentId === undefined),
  );
}

/** Which users of which organizations a person is, is about to be, or perhaps is: calls may be on their way. */
function claimsOf({ delivered }: PersonEntry, wanted: Desired | undefined): string[] {
  const begun = Object.entries(delivered).flatMap(([userId, scopes]) =>
    Object.keys(scopes).map((key) => nameOf(parseScopeKey(key), userId)),
  );
  const due = [...(wanted?.scopes.values() ?? [])].map((scope) => nameOf(scope, wanted?.user.userId ?? ''));
  return [...begun, ...due];
}

function doubtOf({ source, id }: PersonEntry, userId: string, { clock }: ReadBackDeps): QueueItem {
  const at = new Date(clock()).toISOString();
  return { kind: 'recheck', source, of: { kind: 'person', id }, at, reason: 'drift', userId };
}

function adoptionOf({ organizationId, userId }: Stranger, { config, clock }: ReadBackDeps): QueueItem {
  const at = new Date(clock()).toISOString();
  const isOf = ([, source]: [string, SourceConfig]) => organizationsOf(source).includes(organizationId);
  const [source = ''] = Object.entries(config.sources).find(isOf) ?? [];
  return {
    kind: 'recheck',
    source,
    of: { kind: 'person', id: userId },
    at,
    reason: 'stranger',
    organizationId,
  };
}

function organizationsOf({ organization }: SourceConfig): string[] {
  return typeof organization === 'string' ? [organization] : Object.values(organization);
}

function nameOf({ organizationId, groupId }: Scope, userId: string): string {
  return JSON.stringify([organizationId, groupId ?? null, userId]);
}

/** What can be compared of a user: what Velt does not list tells nothing, and it may write addresses in its own case. */
function profileOf(name: string, { name: called, email }: Omit<ListedUser, 'userId'>): string[] {
  const parts = Object.entries({ name: called, email: email?.toLowerCase() });
  return parts.filter(([, value]) => value !== undefined).map((part) => JSON.stringify([name, ...part]));
}
