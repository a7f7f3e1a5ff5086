import { everyoneOf } from '../aws/around.ts';
import type { Mirror } from '../aws/mirror.ts';
import type { Queue } from '../aws/queue.ts';
import type { Runs } from '../aws/runs.ts';
import { type DirectoryConfig, policiesOf } from '../config.ts';
import { type QueueItem, recheckOf, takeIn } from '../directory/change.ts';
import { type Desired, desired } from '../directory/desired.ts';
import { limitOf } from '../directory/effect.ts';
import {
  type ConfirmationAt,
  confirmationsOf,
  innerOf,
  type PersonEntry,
  type Scope,
  scopeKey,
} from '../directory/entry.ts';
import { createHashSet } from '../directory/hash-set.ts';
import { toldIn } from '../directory/roles.ts';
import { CallRefused, WorldFault } from '../errors.ts';
import type { Log, Meter } from '../observability.ts';
import type { Velt } from '../velt/client.ts';
import { usersOf } from '../velt/listing.ts';
import { nameOf, profileOf, thatOf } from './listed-user.ts';
import { noteUnreadable } from './work.ts';

export interface ReadBackDeps {
  config: DirectoryConfig;
  mirror: Mirror;
  runs: Pick<Runs, 'place' | 'move'>;
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
  /** Those who are not in the lists, or are there by another name, e-mail address or role; they are delivered anew. */
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
/** Where the next read-back begins, under a name that no source can have. */
const PLACE = ['', 'read-back'] as const;

/**
 * Compares what Velt confirmed with what Velt lists, over all sources, and queues whoever is missing or changed for another
 * delivery. Nobody is removed for being listed, unless the configuration adopts strangers, and then no more than the
 * breaker's share. Lists that miss most are not believed: nothing is done then. The empty list of an organization or a group
 * of several, and a list that is refused, tell nothing of who is in it. Where nothing was confirmed yet, Velt is not asked.
 *
 * Velt lists nobody, or refuses, without "advanced queries" (docs.velt.dev/api-reference/rest-apis/v2/users/get-users-v2,
 * 2026-08-19): one call finds that out before anything is listed.
 *
 * Reads the mirror twice and Velt's lists in between, as many as it can by a `deadline` (ms since the epoch); the next one begins
 * with those that are left. Who comes or goes meanwhile is neither missing nor a stranger. Throws WorldFault; nothing is queued
 * then, unless the queue itself failed.
 */
export async function readBack(deadline: number, deps: ReadBackDeps): Promise<Drift> {
  const confirmed = await readConfirmed(deps);
  const sample = sampleOf(confirmed);
  if (sample === undefined) return end(NO_DRIFT, undefined, deps);
  const place = await deps.runs.place(...PLACE);
  const lists = await readLists(confirmed, sample, place.cursor, deadline, deps);
  if (typeof lists === 'string') return end(NO_DRIFT, lists, deps);
  const { found, users, rechecks } = await compare(confirmed, lists, deps);
  const { unproven, ...counts } = found;
  if (unproven > 0) deps.log.warn('Velt lists nobody where it confirmed some', { count: unproven });
  const drift = { ...counts, strangers: lists.strangers.size, adopted: 0 };
  if (found.missing > (found.confirmed + found.missing + found.changed) * BELIEVABLE)
    return end(drift, 'Velt lists too few of those it confirmed', deps);
  const adopted = adoptable([...lists.strangers.values()], users, deps);
  await deps.queue.send([...rechecks, ...adopted], GROUP);
  if (lists.next !== place.cursor) await deps.runs.move(...PLACE, { ...place, cursor: lists.next });
  return end({ ...drift, adopted: adopted.length }, undefined, deps);
}

const NO_DRIFT: Drift = { confirmed: 0, missing: 0, changed: 0, strangers: 0, adopted: 0 };

/** Reports what was found, or why nothing of it is believed. */
function end(drift: Drift, why: string | undefined, { log, meter }: ReadBackDeps): Drift {
  const { confirmed: count, missing, changed, strangers } = drift;
  meter.record({ DriftFound: missing + changed, StrangersFound: strangers });
  const fields = { count, missing, changed, strangers };
  if (why === undefined) {
    log.info('Drift check done', fields);
    return drift;
  }
  const reason = `${why}: are advanced queries enabled?`;
  log.error('What Velt lists was not believed', { ...fields, error: reason });
  return { ...drift, reason };
}

/**
 * What Velt confirmed: every user and member (`names`), what was told of each user, and that a name or an address never is (`told`),
 * and the scopes to list, with how many were confirmed in each and some of these (`sample`).
 */
async function readConfirmed(deps: ReadBackDeps) {
  const [names, told] = [createHashSet(), createHashSet()];
  const scopes = new Map<string, { scope: Scope; count: number; sample: string[] }>();
  const policies = [...policiesOf(deps.config).values()];
  for (const organizationId of policies.flatMap(({ organizationIds }) => organizationIds))
    scopes.set(scopeKey({ organizationId }), { scope: { organizationId }, count: 0, sample: [] });
  for await (const { entry, wanted, policy } of peopleOf(deps)) {
    for (const known of listableOf(entry)) {
      const { userId, key, scope } = known;
      const name = nameOf(key, userId);
      names.add(name);
      const { count, sample } = scopes.get(key) ?? { count: 0, sample: [] as string[] };
      if (count < SAMPLE) sample.push(userId);
      scopes.set(key, { scope, count: count + 1, sample });
      // Two people can be one user of Velt: it has the name that either of them gave it.
      if (innerOf(scope) !== undefined || wanted?.user.userId !== userId) continue;
      const { role: accessRole } = toldIn(scope, wanted, known);
      if (accessRole !== undefined) told.add(thatOf(name, 'role'));
      if (policy.onlyIds) told.add(thatOf(name, 'no name'));
      if (!policy.attributes.has('email')) told.add(thatOf(name, 'no email'));
      for (const part of profileOf(name, { email: '', ...wanted.user, accessRole })) told.add(part);
    }
  }
  return { names, told, scopes };
}

type Confirmed = Awaited<ReturnType<typeof readConfirmed>>;

type Sample = { organizationId: string; userIds: string[] };
type Stranger = { organizationId: string; userId: string };

/** Some users of the organization with the most, where there are any: one alone may be the very one that somebody took away. */
function sampleOf({ scopes }: Confirmed): Sample | undefined {
  const [most] = [...scopes.values()]
    .filter(({ scope, count }) => innerOf(scope) === undefined && count > 0)
    .sort((a, b) => b.count - a.count);
  return most && { organizationId: most.scope.organizationId, userIds: most.sample };
}

/**
 * What Velt lists: the scopes that there was time for (`read`), everyone in them (`names`), who has another profile (`renamed`),
 * of whom it lists nobody (`empty`), who was not confirmed (`strangers`), and the scope to begin with `next`. Or why its lists
 * mean nothing. Throws WorldFault, `out-of-time` where there was time for none.
 */
async function readLists(
  confirmed: Confirmed,
  sample: Sample,
  first: string | undefined,
  deadline: number,
  deps: ReadBackDeps,
) {
  const [names, renamed] = [createHashSet(), createHashSet()];
  const [read, empty] = [new Set<string>(), new Set<string>()];
  let next: string | undefined;
  const strangers = new Map<string, Stranger>();
  try {
    const { users } = await deps.velt.readUsers(sample, undefined, deadline);
    if (!users.some(({ userId }) => sample.userIds.includes(userId)))
      return 'Velt lists nobody of those it confirmed';
    for (const [key, { scope }] of inTurn(confirmed, first)) {
      next = key;
      empty.add(key);
      let isRefused = false;
      for await (const user of usersOf(scope, deadline, deps.velt)) {
        empty.delete(key);
        isRefused = user === 'refused';
        if (user === 'refused' || user === 'no such scope') continue;
        const name = nameOf(key, user.userId);
        names.add(name);
        if (innerOf(scope) !== undefined) continue;
        if (!confirmed.names.has(name)) {
          strangers.set(name, { organizationId: scope.organizationId, userId: user.userId });
          continue;
        }
        const { told } = confirmed;
        // Nobody looks after what is never told: a role, an address, or of whom Velt has nothing but an id a name.
        const comparable = {
          ...(!told.has(thatOf(name, 'no name')) && { name: user.name }),
          ...(!told.has(thatOf(name, 'no email')) && { email: user.email }),
          ...(told.has(thatOf(name, 'role')) && { accessRole: user.accessRole }),
        };
        if (!profileOf(name, comparable).every((part) => told.has(part))) renamed.add(name);
      }
      if (isRefused) deps.log.warn('Velt refuses to list who is in one place');
      else read.add(key);
    }
    next = undefined;
    if (read.size === 0) return 'Velt refused to list its users';
  } catch (error) {
    if (error instanceof CallRefused) return 'Velt refused to list its users';
    if (!(error instanceof WorldFault) || error.code !== 'out-of-time' || read.size === 0) throw error;
  }
  return { names, read, renamed, empty, strangers, next };
}

/** All scopes in one order, from the first one on that has not been read. */
function inTurn({ scopes }: Confirmed, first = '') {
  const ordered = [...scopes].sort(([one], [other]) => (one < other ? -1 : 1));
  return [...ordered.filter(([key]) => key >= first), ...ordered.filter(([key]) => key < first)];
}

type Lists = Exclude<Awaited<ReturnType<typeof readLists>>, string>;

/** Goes through the mirror again, counts what of it is listed, and takes out of the strangers whoever is none. */
async function compare({ names, scopes }: Confirmed, lists: Lists, deps: ReadBackDeps) {
  const found = { confirmed: 0, missing: 0, changed: 0, unproven: 0 };
  const rechecks: QueueItem[] = [];
  let users = 0;
  for await (const { entry, wanted } of peopleOf(deps)) {
    for (const name of claimsOf(entry, wanted)) lists.strangers.delete(name);
    const again = new Set<string>();
    for (const known of listableOf(entry)) {
      const { userId, key, scope, digest } = known;
      const name = nameOf(key, userId);
      if (!names.has(name) || !lists.read.has(key)) continue;
      const isProven = !lists.empty.has(key) || scopes.get(key)?.count === 1;
      const isTold = wanted?.user.userId === userId && toldIn(scope, wanted, known).digest === digest;
      const listed = isTold && lists.renamed.has(name) ? 'changed' : 'confirmed';
      const what = lists.names.has(name) ? listed : isProven ? 'missing' : 'unproven';
      found[what] += 1;
      if (what === 'missing' || what === 'changed') again.add(userId);
      if (what === 'confirmed' && innerOf(scope) === undefined) users += 1;
    }
    for (const userId of again) rechecks.push(recheckOf(entry, deps.clock(), { reason: 'drift', userId }));
  }
  return { found, users, rechecks };
}

/** Strangers as people whom this product put there, so that nothing speaks for them; none where there are too many. */
function adoptable(strangers: Stranger[], users: number, { config, log, clock }: ReadBackDeps): QueueItem[] {
  const limit = limitOf(users, config.reconcile);
  if (!config.velt.adopt) return [];
  if (strangers.length > limit) {
    log.warn('Too many strangers to remove', { count: limit, strangers: strangers.length });
    return [];
  }
  const policies = [...policiesOf(config)];
  const sourceOf = (organizationId: string) =>
    policies.find(([, policy]) => policy.organizationIds.includes(organizationId));
  const rechecks = strangers.map(({ organizationId, userId: id }) => {
    const [source = ''] = sourceOf(organizationId) ?? [];
    return recheckOf({ source, kind: 'person', id }, clock(), { reason: 'stranger', organizationId });
  });
  const { taken, refused } = takeIn(rechecks);
  if (refused.length > 0) log.warn('Left out what no message can hold', { count: refused.length });
  return taken;
}

/** Everyone in the mirror, each with what Velt should hold for them. */
async function* peopleOf({ config, mirror, clock, log, meter }: ReadBackDeps) {
  for (const [name, policy] of policiesOf(config))
    for await (const { people, containers, unreadable } of everyoneOf(name, mirror)) {
      if (unreadable > 0) noteUnreadable(name, unreadable, { log, meter });
      for (const entry of people)
        yield { entry, wanted: desired(entry, containers, policy, clock()), policy };
    }
}

/** What Velt confirmed of a person and lists by itself: their organizations and groups. */
function listableOf(entry: PersonEntry): ConfirmationAt[] {
  const isListed = (scope: Scope) => [undefined, 'group'].includes(innerOf(scope));
  return confirmationsOf(entry).filter(({ present, scope }) => present && isListed(scope));
}

/** Which users of which scopes a person is, is about to be, or perhaps is: calls may be on their way. */
function claimsOf(entry: PersonEntry, wanted: Desired | undefined): string[] {
  const begun = confirmationsOf(entry).map(({ key, userId }) => nameOf(key, userId));
  const due = [...(wanted?.scopes.keys() ?? [])].map((key) => nameOf(key, wanted?.user.userId ?? ''));
  return [...begun, ...due];
}
