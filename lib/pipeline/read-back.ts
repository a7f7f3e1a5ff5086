import type { Mirror, Stored } from '../aws/mirror.ts';
import type { Queue } from '../aws/queue.ts';
import type { DirectoryConfig, SourceConfig } from '../config.ts';
import type { Change } from '../directory/change.ts';
import { desired } from '../directory/desired.ts';
import { type PersonEntry, parseScopeKey, type Scope } from '../directory/entry.ts';
import { createSeen, type Seen } from '../directory/seen.ts';
import { CallRefused } from '../errors.ts';
import type { Log, Meter } from '../observability.ts';
import type { ListedUser, Velt } from '../velt/client.ts';
import { containersAround } from './compare.ts';

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
  /** Users of these organizations whom this product did not put there. */
  strangers: number;
  /** Strangers who are removed, where the configuration adopts them. */
  adopted: number;
  /** Why nothing was done; the lists are no proof then. */
  reason?: string;
}

/** Lists that miss more than this share of what was confirmed are not believed. */
const BELIEVABLE = 0.5;

/**
 * Compares what Velt confirmed with what Velt lists, over all sources, and queues whoever is missing or changed for another
 * delivery. Nobody is removed for being listed, unless the configuration adopts strangers, and then no more than the
 * breaker's share. A list that is empty, refused or misses most is never taken as the truth: nothing is done then.
 *
 * Reads the mirror twice and Velt's lists once, by a `deadline` (ms since the epoch). Throws WorldFault.
 */
export async function readBack(deadline: number, deps: ReadBackDeps): Promise<Drift> {
  const { config, log, meter } = deps;
  const ours = createSeen();
  const places = await confirmedPlaces(ours, deps);
  const theirs = createSeen();
  const strangers: { organizationId: string; userId: string }[] = [];
  const drift: Drift = { confirmed: 0, missing: 0, changed: 0, strangers: 0, adopted: 0 };
  try {
    for (const place of places.values()) {
      for await (const { userId, name, email } of usersOf(place, deadline, deps)) {
        theirs.add(nameOf(place, userId));
        theirs.add(profileOf(place, userId, name, email));
        if (place.groupId === undefined && !ours.has(nameOf(place, userId)))
          strangers.push({ organizationId: place.organizationId, userId });
      }
    }
  } catch (error) {
    if (!(error instanceof CallRefused)) throw error;
    return end({ ...drift, reason: 'Velt refused to list its users: are advanced queries enabled?' });
  }
  drift.strangers = strangers.length;
  const doubted: Change[] = [];
  for await (const person of peopleOf(deps)) {
    const found = compare(person.entry, person.profile, theirs);
    drift.confirmed += found.confirmed;
    drift.missing += found.missing;
    drift.changed += found.changed;
    doubted.push(...found.userIds.map((userId) => changeOf(person.entry, userId, { doubted: userId }, deps)));
  }
  if (drift.missing > (drift.confirmed + drift.missing) * BELIEVABLE) {
    return end({
      ...drift,
      reason: 'Velt lists too few of those it confirmed: are advanced queries enabled?',
    });
  }
  const adopted = adoptable(strangers, drift.confirmed, deps);
  drift.adopted = adopted.length;
  await deps.queue.send([...doubted, ...adopted]);
  return end(drift);

  function end(result: Drift): Drift {
    const { confirmed, missing, changed, strangers: others, reason } = result;
    meter.record({ DriftFound: missing + changed, StrangersFound: others });
    const fields = { count: confirmed, missing, changed, strangers: others };
    if (reason === undefined) log.info('Looked at what Velt holds', fields);
    else log.error('What Velt lists was not believed', { ...fields, error: reason });
    return result;
  }

  /** Strangers as people whom this product put there, so that nothing speaks for them; none where there are too many. */
  function adoptable(found: typeof strangers, confirmed: number, { clock }: ReadBackDeps): Change[] {
    const { removalShare, removalsAtLeast } = config.reconcile;
    if (!config.velt.adopt || found.length > Math.max(removalsAtLeast, confirmed * removalShare)) return [];
    const at = new Date(clock()).toISOString();
    return found.flatMap(({ organizationId, userId }): Change[] => {
      const [source] =
        Object.entries(config.sources).find(([, candidate]) =>
          organizationsOf(candidate).includes(organizationId),
        ) ?? [];
      if (source === undefined) return [];
      return [
        { v: 1, kind: 'person', source, personId: userId, at, id: 'read-back', adopted: organizationId },
      ];
    });
  }
}

/** Notes everything that Velt confirmed; returns the organizations and groups that it is in. */
async function confirmedPlaces(ours: Seen, deps: ReadBackDeps): Promise<Map<string, Scope>> {
  const places = new Map<string, Scope>();
  for (const source of Object.values(deps.config.sources)) {
    for (const organizationId of organizationsOf(source))
      places.set(JSON.stringify([organizationId]), { organizationId });
  }
  for await (const { entry } of peopleOf(deps)) {
    for (const { userId, scope } of confirmed(entry)) {
      ours.add(nameOf(scope, userId));
      places.set(JSON.stringify([scope.organizationId, scope.groupId]), scope);
    }
  }
  return places;
}

async function* usersOf(place: Scope, deadline: number, { velt }: ReadBackDeps): AsyncGenerator<ListedUser> {
  let next: string | undefined;
  do {
    const page = await velt.readUsers(place, next, deadline);
    yield* page.users;
    if (page.next !== undefined && page.next === next) return;
    next = page.next;
  } while (next !== undefined);
}

/** Everyone in the mirror, each with what Velt should know of their profile. */
async function* peopleOf({ config, mirror }: ReadBackDeps) {
  for (const [name, source] of Object.entries(config.sources)) {
    let next: string | undefined;
    do {
      const page = await mirror.scan(name, next);
      const people = page.entries.filter(
        (stored): stored is Stored<PersonEntry> => stored.entry.kind === 'person',
      );
      const containers = await containersAround(
        people.map(({ entry }) => entry),
        [],
        mirror,
      );
      for (const { entry } of people) yield { entry, profile: desired(entry, containers, source)?.user };
      next = page.next;
    } while (next !== undefined);
  }
}

function compare(
  entry: PersonEntry,
  profile: { userId: string; name: string; email?: string } | undefined,
  theirs: Seen,
): { confirmed: number; missing: number; changed: number; userIds: string[] } {
  const found = { confirmed: 0, missing: 0, changed: 0 };
  const userIds = new Set<string>();
  for (const { userId, scope } of confirmed(entry)) {
    const isThere = theirs.has(nameOf(scope, userId));
    const isSame =
      scope.groupId !== undefined ||
      profile?.userId !== userId ||
      theirs.has(profileOf(scope, userId, profile.name, profile.email));
    if (!isThere) found.missing += 1;
    else if (!isSame) found.changed += 1;
    else found.confirmed += 1;
    if (!isThere || !isSame) userIds.add(userId);
  }
  return { ...found, userIds: [...userIds] };
}

/** What Velt confirmed of a person and lists by itself: their organizations and groups. */
function confirmed({ delivered }: PersonEntry): { userId: string; scope: Scope }[] {
  return Object.entries(delivered).flatMap(([userId, scopes]) =>
    Object.entries(scopes)
      .filter(([, { present }]) => present)
      .map(([key]) => ({ userId, scope: parseScopeKey(key) }))
      .filter(({ scope }) => scope.folderId === undefined && scope.documentId === undefined),
  );
}

function changeOf(
  { source, id }: PersonEntry,
  userId: string,
  facts: { doubted: string },
  { clock }: ReadBackDeps,
): Change {
  const at = new Date(clock()).toISOString();
  return { v: 1, kind: 'person', source, personId: id, at, id: `read-back ${userId}`, ...facts };
}

function organizationsOf({ organization }: SourceConfig): string[] {
  return typeof organization === 'string' ? [organization] : Object.values(organization);
}

function nameOf({ organizationId, groupId }: Scope, userId: string): string {
  return JSON.stringify([organizationId, groupId ?? null, userId]);
}

function profileOf(place: Scope, userId: string, name = '', email = ''): string {
  return JSON.stringify([nameOf(place, userId), name, email]);
}
