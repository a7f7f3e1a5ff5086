import * as z from 'zod';
import { containersAround, membersOf } from '../lib/aws/around.ts';
import type { Mirror } from '../lib/aws/mirror.ts';
import type { EntryRef } from '../lib/directory/change.ts';
import {
  type ContainerEntry,
  confirmationsOf,
  type Entry,
  entryKey,
  type PersonEntry,
} from '../lib/directory/entry.ts';
import { whyNotAtVelt } from '../lib/directory/explain.ts';
import type { Containers } from '../lib/directory/graph.ts';
import { isConfirmed } from '../lib/directory/owed.ts';
import type { Policy } from '../lib/directory/policy.ts';
import { readCursor } from '../lib/sources/cursor.ts';
import { BadArguments } from './command.ts';
import { findPeople } from './find-person.ts';

/** Somebody in a list of people, in one line. */
export interface PersonLine {
  source: string;
  id: string;
  name?: string | undefined;
  email?: string | undefined;
  state: 'confirmed' | 'owed' | 'refused' | 'out' | 'unreadable';
  /** Why they are not meant to be in Velt, if so. */
  why?: string | undefined;
}

/** A group, or whatever else people are in, in one line. */
export interface GroupLine {
  source: string;
  kind: ContainerEntry['kind'];
  id: string;
  name?: string | undefined;
  /** False once it was deleted. */
  exists: boolean;
  /** The organizations of Velt that have it as a user group. */
  organizations: string[];
}

/** What a search found, how many entries it looked at, and where it goes on, unless it is at the end. */
export interface Found<Line> {
  found: Line[];
  looked: number;
  next?: string | undefined;
  /** Where it goes on nowhere: whether all were counted. */
  isAll?: boolean;
}

/** What is searched for: a part of a name, an address or an id, in any case; nothing stands for everyone. */
export interface Sought {
  text: string;
  sources: string[];
  /** Where an earlier search stopped. */
  after?: string | undefined;
}

export interface SearchDeps {
  mirror: Pick<Mirror, 'read' | 'scan' | 'members'>;
  policies: ReadonlyMap<string, Policy>;
  clock: () => number;
}

/** As many as are found at once, and as long as is looked for them (ms): whoever waits sees something within a second. */
const FOUND = 50;
const PATIENCE_MS = 600;
const Place = z.object({ source: z.string(), cursor: z.string().optional() });

/**
 * Searches people by name, address or id, through the table. Throws BadArguments for a place in another source, and WorldFault for
 * what is none.
 */
export async function searchPeople(sought: Sought, deps: SearchDeps): Promise<Found<PersonLine>> {
  const matches = ({ profile: { name, email, userId }, id, delivered }: PersonEntry) =>
    isIn(sought.text, [id, name?.value, email?.value, userId?.value, ...Object.keys(delivered)]);
  const isSought = (entry: Entry): entry is PersonEntry => entry.kind === 'person' && matches(entry);
  const { found, ...rest } = await search(sought, isSought, deps);
  const named = await peopleNamed(sought, deps);
  const keys = new Set(named.map(entryKey));
  const others = found.filter((entry) => !keys.has(entryKey(entry)));
  // The first answer has them, wherever they are in the table.
  const all = sought.after === undefined ? [...named, ...others] : others;
  return { ...rest, found: await linesOf(all, deps) };
}

/** Whoever has the whole text as an id, here or at Velt: found at once, however many there are. */
async function peopleNamed({ text, sources }: Sought, { mirror }: SearchDeps): Promise<PersonEntry[]> {
  if (text === '') return [];
  const asked = { who: text, sources, scan: false };
  const { known } = await findPeople(asked, { mirror, directories: new Map(), readable: [] });
  return known.map(({ entry }) => entry);
}

/** Searches groups and whatever else people are in, by name or id. Throws as `searchPeople`. */
export async function searchGroups(sought: Sought, deps: SearchDeps): Promise<Found<GroupLine>> {
  const isSought = (entry: Entry): entry is ContainerEntry =>
    entry.kind !== 'person' && isIn(sought.text, [entry.id, entry.name?.value]);
  const { found, ...rest } = await search(sought, isSought, deps);
  return { ...rest, found: found.map(groupLine) };
}

/**
 * Those who are in a container, `group:00g…` or `role:rol_…`, by themselves or through what is nested in it: the first of them,
 * and how many there are in `looked`, or unless `isAll` were counted within a moment. Throws BadArguments for what names no container, and WorldFault.
 */
export async function membersIn(
  source: string,
  container: string,
  deps: SearchDeps,
): Promise<Found<PersonLine>> {
  const [kind = ''] = container.split(':', 1);
  const id = container.slice(kind.length + 1);
  if (id === '') throw new BadArguments(`--in ${container} is none such as group:00g…, as groups shows them`);
  const until = deps.clock() + PATIENCE_MS;
  const first: EntryRef[] = [];
  const counted = new Set<string>();
  let isAll = true;
  for await (const refs of membersOf({ source, kind: kind as EntryRef['kind'], id }, deps.mirror)) {
    const others = refs.filter((ref) => !counted.has(entryKey(ref)));
    first.push(...others.slice(0, FOUND - first.length));
    for (const ref of others) counted.add(entryKey(ref));
    isAll = deps.clock() <= until;
    if (!isAll) break;
  }
  return { found: await linesOf(await peopleIn(first, deps), deps), looked: counted.size, isAll };
}

async function search<T extends Entry>(
  { sources, after }: Sought,
  isSought: (entry: Entry) => entry is T,
  { mirror, clock }: SearchDeps,
): Promise<Found<T>> {
  const until = clock() + PATIENCE_MS;
  const place = after === undefined ? undefined : readCursor(Place, after, 'place in the list');
  if (place && !sources.includes(place.source))
    throw new BadArguments(`--after is a place in ${place.source}, which is not searched`);
  const left = place ? sources.slice(sources.indexOf(place.source)) : sources;
  const found: T[] = [];
  let looked = 0;
  let cursor = place?.cursor;
  for (const source of left) {
    do {
      if (found.length >= FOUND || (looked > 0 && clock() > until))
        return { found, looked, next: JSON.stringify({ source, cursor }) };
      const page = await mirror.scan(source, cursor);
      looked += page.entries.length;
      found.push(...page.entries.map(({ entry }) => entry).filter(isSought));
      cursor = page.next;
    } while (cursor !== undefined);
  }
  return { found, looked };
}

async function peopleIn(refs: EntryRef[], { mirror }: SearchDeps): Promise<PersonEntry[]> {
  return [...(await mirror.read(refs)).values()].map(({ entry }) => entry as PersonEntry);
}

/** Whether a text is a part of one of these, however it is written. */
function isIn(text: string, texts: (string | null | undefined)[]): boolean {
  const sought = plainest(text);
  return texts.some((one) => one && plainest(one).includes(sought));
}

function plainest(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase();
}

async function linesOf(
  people: PersonEntry[],
  { mirror, policies, clock }: SearchDeps,
): Promise<PersonLine[]> {
  const containers = await containersAround(people, [], mirror);
  return people.map((entry) => personLine(entry, containers, policies.get(entry.source), clock()));
}

function personLine(
  entry: PersonEntry,
  containers: Containers,
  policy: Policy | undefined,
  now: number,
): PersonLine {
  const { source, id, profile, unreadable } = entry;
  if (unreadable) return { source, id, state: 'unreadable' };
  const why = policy ? whyNotAtVelt(entry, containers, policy, now) : 'their source is not configured';
  const known = confirmationsOf(entry);
  const isRefused = known.some(({ refusal }) => refusal !== undefined);
  const isThere = known.length > 0 && isConfirmed(entry);
  const isOut = why !== undefined && known.length === 0;
  const calm = isOut ? 'out' : isThere && why === undefined ? 'confirmed' : 'owed';
  const [name, email] = [profile.name?.value ?? undefined, profile.email?.value ?? undefined];
  return { source, id, name, email, why, state: isRefused ? 'refused' : calm };
}

function groupLine({ source, kind, id, name, exists, delivered }: ContainerEntry): GroupLine {
  const there = Object.entries(delivered).filter(([, { present }]) => present);
  return {
    ...{ source, kind, id, name: name?.value, exists: exists?.value !== false },
    organizations: there.map(([organizationId]) => organizationId),
  };
}
