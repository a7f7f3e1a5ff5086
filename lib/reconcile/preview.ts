import { containersAround } from '../aws/around.ts';
import type { Mirror } from '../aws/mirror.ts';
import { type DirectoryConfig, policyOf, type SourceConfig } from '../config.ts';
import {
  ATTRIBUTES,
  type Attribute,
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
import type { Policy } from '../directory/policy.ts';
import { withNeeded } from '../directory/trim.ts';
import { ConfigError } from '../errors.ts';
import { deliveredTo, mapBody, mapEvent } from '../inbound/map.ts';
import { isAddress, UNREADABLE } from '../sources/attributes.ts';
import { directories } from '../sources/directories.ts';
import { faceOf, inbound } from '../sources/inbound.ts';
import type { Mapped } from '../sources/mapped.ts';
import { type Made, rulesOf } from '../sources/mapping.ts';
import type { Rule } from '../sources/settings.ts';
import type { Directory } from '../sources/source.ts';

/** A field of a user of Velt. `from` is what made it, or why nothing did. */
export interface Field {
  field: Attribute;
  value: string | null;
  rule: 'path' | 'template' | 'constant' | 'default' | 'null' | 'none';
  from: string;
}

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
  if (!configured)
    throw new ConfigError('command line', [
      { path: '--source', message: `is one of ${Object.keys(deps.config.sources).join(', ')}` },
    ]);
  const made = new Map<unknown, Made>();
  // A copy, so that nobody else's mapping takes notes.
  const noted = { ...configured, note: (id: unknown, of: Made) => void made.set(id, of) };
  const { changes, notes = [] } = await tell(source, noted, given, deps);
  const policy = policyOf(configured);
  const entries = peopleOf(changes).map((entry) => withNeeded(entry, policy));
  const containers = await containersOfAll(entries, changes, deps.mirror);
  const isEvent = 'body' in given || 'event' in given;
  const people = entries.map((entry): Preview => {
    const explained = explain(entry, containers, policy);
    const fields = fieldsOf(entry, explained, {
      config: noted,
      policy,
      made: made.get(entry.id) ?? {},
      isEvent,
    });
    return { id: entry.id, ...explained, fields };
  });
  return { source, people, notes, isWhole: 'person' in given };
}

/** What is told of those who were given. */
async function tell(source: string, config: SourceConfig, given: Given, deps: PreviewDeps): Promise<Told> {
  const now = deps.clock();
  if ('person' in given) {
    const directory = deps.connect?.({ sources: { [source]: config } }).get(source);
    if (!directory)
      throw new ConfigError('command line', [{ path: '--person', message: 'needs a source with an API' }]);
    return { changes: await readPeople(given.person, directory) };
  }
  if ('people' in given) {
    const face = directories[config.kind];
    if (!face)
      throw new ConfigError('command line', [{ path: '--people', message: 'needs a source with an API' }]);
    const told = given.people.flatMap((user) => face.factsOf(user, config, { source, askedAt: now }));
    return { changes: takeIn<Change>(told).taken };
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

interface Making {
  config: SourceConfig;
  policy: Policy;
  /** What the rules made of this user. */
  made: Made;
  isEvent: boolean;
}

/** Each field of which Velt is told, or is expressly not. */
function fieldsOf(entry: PersonEntry, { user }: Explanation, making: Making): Field[] {
  const { attributes = {} } = making.config;
  const isShown = (attribute: Attribute) =>
    attribute === 'userId' ||
    attribute === 'name' ||
    making.policy.attributes.has(attribute) ||
    attribute in attributes;
  return ATTRIBUTES.filter(isShown).map((field) => {
    const value = user ? user[field] : entry.profile[field]?.value;
    const made = madeBy(field, entry, making);
    return {
      field,
      value: value ?? (field === 'userId' && making.policy.userId === 'id' ? entry.id : null),
      ...made,
    };
  });
}

/** By which rule a field came to its value. */
function madeBy(field: Attribute, entry: PersonEntry, making: Making): Pick<Field, 'rule' | 'from'> {
  const { config, policy, made, isEvent } = making;
  const { usual = {} } = faceOf(config, inbound);
  const word = isEvent ? 'as the event has it' : usual[field];
  if (field === 'userId' && policy.userId === 'id') return { rule: 'default', from: usual.userId ?? 'id' };
  if (field === 'userId' && policy.userId !== 'attribute')
    return {
      rule: 'path',
      from: `${usual.email ?? 'email'}${policy.userId === 'email' ? '' : ', in lower case'}`,
    };
  const isTold = field === 'userId' || policy.attributes.has(field);
  if (field === 'name' && !(isTold && entry.profile.name?.value))
    return {
      rule: 'default',
      from: `the ${entry.profile.email?.value && policy.attributes.has('email') ? 'email' : 'userId'}, for Velt wants a name`,
    };
  if (!isTold) return { rule: 'null', from: 'never told' };
  if (!rulesOf(config).has(field)) return { rule: 'default', from: word ?? 'the vendor has none' };
  const { value, rule, nth = 1, rules = 1 } = made[field] ?? { value: undefined };
  if (rule === undefined || typeof value !== 'string') return { rule: 'none', from: whyNone(value) };
  const more = rules > 1 ? ` (rule ${nth} of ${rules})` : '';
  return { rule: kindOf(rule), from: `${textOf(rule)}${more}` };
}

function whyNone(value: unknown): string {
  if (value === UNREADABLE) return 'what the rules name cannot be read';
  return value === undefined ? 'nothing is said of what the rules name' : 'no rule gives a text of use';
}

function kindOf(rule: Rule): 'path' | 'template' | 'constant' {
  if (typeof rule === 'string' || 'path' in rule) return 'path';
  return 'template' in rule ? 'template' : 'constant';
}

function textOf(rule: Rule): string {
  if (typeof rule === 'string') return rule;
  if ('constant' in rule) return JSON.stringify(rule.constant);
  const text = 'template' in rule ? JSON.stringify(rule.template) : [rule.path].flat().join('.');
  return `${text}${rule.lower === true ? ', in lower case' : ''}`;
}
