import { containersAround } from '../aws/around.ts';
import type { Mirror } from '../aws/mirror.ts';
import { type DirectoryConfig, policiesOf, type SourceConfig } from '../config.ts';
import {
  type Change,
  containersOf,
  type PersonNews,
  personOf,
  type QueueItem,
  takeIn,
} from '../directory/change.ts';
import {
  type ContainerEntry,
  entryKey,
  newContainer,
  newPerson,
  type PersonEntry,
} from '../directory/entry.ts';
import { type Explanation, explain } from '../directory/explain.ts';
import { foldAll, foldContainer } from '../directory/fold.ts';
import { ConfigError } from '../errors.ts';
import { deliveredTo, mapBody, mapEvent } from '../inbound/map.ts';
import { isAddress } from '../sources/attributes.ts';
import { directories } from '../sources/directories.ts';
import type { Mapped } from '../sources/mapped.ts';
import type { Made } from '../sources/mapping.ts';
import type { Directory } from '../sources/source.ts';
import { type Field, fieldsOf } from './preview-fields.ts';

/** What Velt would be told of one person. */
export interface Preview extends Explanation {
  id: string;
  fields: Field[];
}

export interface Previews {
  source: string;
  people: Preview[];
  /** What was given beside people, and what came of that. */
  notes: string[];
  /** Whether what the people are in was read; what is only told of them is not all. */
  isWhole: boolean;
}

/** Who is previewed: a person by id or address, user objects of the vendor, or what it delivered. */
export type Given = { person: string } | { people: unknown[] } | { body: unknown[] } | { event: unknown };

export interface PreviewDeps {
  config: Pick<DirectoryConfig, 'sources'>;
  clock: () => number;
  /** The directories under a configuration, and what is known of groups; both only where a person is read. */
  connect?: ((config: Pick<DirectoryConfig, 'sources'>) => ReadonlyMap<string, Directory>) | undefined;
  mirror?: Pick<Mirror, 'read'> | undefined;
}

/** What was told of people, before it is folded. */
interface Told {
  changes: QueueItem[];
  notes?: string[];
}

/**
 * Works out what a configuration would tell Velt of people, and why, as a delivery would that knows nothing of them yet. Sends and
 * writes nothing. Throws ConfigError where there is no such source, or what was given is no user, and WorldFault as the directory does.
 */
export async function preview(source: string, given: Given, deps: PreviewDeps): Promise<Previews> {
  const configured = Object.hasOwn(deps.config.sources, source) ? deps.config.sources[source] : undefined;
  const policy = policiesOf(deps.config).get(source);
  if (!configured || !policy)
    throw refuse('source', `is one of ${Object.keys(deps.config.sources).join(', ')}`);
  const made = new Map<unknown, Made>();
  // A copy, so that nobody else's mapping tells.
  const telling = { ...configured, onMade: (id: unknown, of: Made) => void made.set(id, of) };
  const { changes, notes = [] } = await tell(source, telling, given, deps);
  const entries = peopleOf(changes);
  const containers = await containersOfAll(entries, changes, deps.mirror);
  const isEvent = 'body' in given || 'event' in given;
  const people = entries.map((entry): Preview => {
    const explained = explain(entry, containers, policy, deps.clock());
    const fields = fieldsOf(entry, explained.user, {
      config: telling,
      policy,
      made: made.get(entry.id) ?? {},
      isEvent,
    });
    return { id: entry.id, ...explained, fields };
  });
  return { source, people, notes, isWhole: 'person' in given };
}

function refuse(path: string, message: string): ConfigError {
  return new ConfigError('what is to be previewed', [{ path, message }]);
}

/** What is told of those who were given. */
async function tell(source: string, config: SourceConfig, given: Given, deps: PreviewDeps): Promise<Told> {
  const now = deps.clock();
  if ('person' in given) {
    const directory = deps.connect?.({ sources: { [source]: config } }).get(source);
    if (!directory) throw refuse('person', 'needs a source with an API');
    return { changes: await readPeople(given.person, directory) };
  }
  if ('people' in given) {
    const face = directories[config.kind];
    if (!face) throw refuse('people', 'needs a source with an API');
    const told = face.factsOf(given.people, config, { source, askedAt: now });
    return { changes: takeIn(told).taken };
  }
  const delivered = deliveredTo(source, config, now);
  const mapped = 'body' in given ? mapBody(given.body, delivered) : mapEvent(given.event, delivered);
  return { changes: mapped.changes, notes: notesOf(mapped) };
}

/** Whoever is known by an address, or else by this id, with all that they are in. */
async function readPeople(person: string, directory: Directory): Promise<Change[]> {
  const found = isAddress(person) ? ((await directory.findPeople?.(person)) ?? []) : [];
  const changes: Change[] = [];
  for (const id of found.length > 0 ? found : [person])
    changes.push(...(await directory.readPerson(id, { memberships: true })).changes);
  return takeIn(changes).taken;
}

function notesOf({ changes, ignored, unreadable }: Mapped): string[] {
  const asked = changes.flatMap((change) => (change.kind === 'recheck' ? change.of.id : []));
  return [
    ...ignored.map(({ type, reason }) => `${type} tells Velt nothing: ${reason}`),
    ...unreadable.map(({ path, message }) => `it cannot be read: ${path}: ${message}`),
    ...asked.map((id) => `it asks to read ${id}: preview them with --person ${JSON.stringify(id)}`),
  ];
}

function peopleOf(changes: QueueItem[]): PersonEntry[] {
  const about = Map.groupBy(changes.filter(isPersonNews), (change) => change.personId);
  return [...about].map(([id, news]) => foldAll(newPerson(news[0]?.source ?? '', id), news));
}

function isPersonNews(item: QueueItem): item is PersonNews {
  return personOf(item) !== undefined && item.kind !== 'recheck';
}

/** What is known of everything that people are in, with what was told of it now. */
async function containersOfAll(
  people: PersonEntry[],
  changes: QueueItem[],
  mirror: PreviewDeps['mirror'],
): Promise<Map<string, ContainerEntry>> {
  const containers = mirror ? await containersAround(people, [], mirror) : new Map<string, ContainerEntry>();
  for (const change of changes) {
    if (change.kind === 'person' || change.kind === 'recheck') continue;
    for (const ref of containersOf(change)) {
      const entry = containers.get(entryKey(ref)) ?? newContainer(ref);
      containers.set(entryKey(ref), foldContainer(entry, change));
    }
  }
  return containers;
}
