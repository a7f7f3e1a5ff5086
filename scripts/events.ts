import { type LogLine, type Logs, OWN } from './logs.ts';

/**
 * What became of a delivery: of those whom it told of, as in the lines of `deliver`; `parked`, `ignored` where it came to
 * nothing else, `not-taken` where the webhook took nothing; and `queued` where no line tells of it: it waits, or is of a group.
 */
export const OUTCOMES = [
  ...['confirmed', 'nothing-to-do', 'refused', 'unproven', 'waits'],
  ...['queued', 'parked', 'ignored', 'not-taken'],
];

/** One whom a delivery told of, by their hash, and what came of it as of the last line about that. */
export interface Told {
  person: string;
  outcome?: string;
  code?: string;
  at?: number;
}

/** A delivery that came in. Hashes are as in the logs, of the first twenty each. */
export interface Arrived {
  /** ms since the epoch. */
  at: number;
  source: string;
  requestId?: string;
  types: string[];
  eventIds: string[];
  /** How many people it named, and those that are known. */
  people: number;
  told: Told[];
  changes: number;
  ignored: number;
  parked: number;
  outcomes: string[];
  /** What the webhook said where it took nothing. */
  why?: string;
}

/**
 * The deliveries from `since` on (ms since the epoch), oldest first: the lines of `webhook` with those of `deliver` about the
 * same events. With `hashes` those that name all of them; where one of those is somebody, only what became of them is told.
 * Throws Error where a log cannot be read.
 */
export async function arrivedSince(since: number, hashes: string[], logs: Logs): Promise<Arrived[]> {
  const [arrived, delivered] = await Promise.all([
    logs.read({ of: 'webhook', since, terms: { all: hashes.length > 0 ? hashes : [OWN] } }),
    logs.read({ of: 'deliver', since, terms: { all: [DELIVERED, ...hashes] } }),
  ]);
  return arrivedIn(arrived, delivered, hashes);
}

const TOOK = 'Took a delivery';
/** Beside one of these there is always one that says that the delivery was taken. */
const PARKED = 'Parked a delivery';
const DELIVERED = 'Delivered a person';

/** Joins lines of `webhook` and of `deliver`, both oldest first, by the hashes of events. */
export function arrivedIn(arrived: LogLine[], delivered: LogLine[], hashes: string[] = []): Arrived[] {
  const byEvent = new Map<string, LogLine[]>();
  for (const line of delivered.filter(({ message }) => message === DELIVERED))
    for (const id of textsIn(line, 'eventIds')) byEvent.set(id, [...(byEvent.get(id) ?? []), line]);
  return arrived.flatMap((line) => {
    if (line.message === TOOK) return takenOf(line, byEvent, hashes);
    return line.message === PARKED || line.level === 'info' ? [] : notTakenOf(line);
  });
}

function takenOf(line: LogLine, byEvent: ReadonlyMap<string, LogLine[]>, hashes: string[]): Arrived {
  const eventIds = textsIn(line, 'eventIds');
  const personIds = textsIn(line, 'personIds');
  const asked = personIds.filter((person) => hashes.includes(person));
  const told = new Map<string, Told>(
    (asked.length > 0 ? asked : personIds).map((person) => [person, { person }]),
  );
  const about = new Set(eventIds.flatMap((id) => byEvent.get(id) ?? []));
  for (const { at, fields } of [...about].sort((a, b) => a.at - b.at)) {
    const { person, outcome, code } = fields;
    if (typeof person !== 'string' || typeof outcome !== 'string') continue;
    if (asked.length > 0 && !asked.includes(person)) continue;
    told.set(person, { person, outcome, at, ...(typeof code === 'string' && { code }) });
  }
  const counts = {
    changes: countIn(line, 'changes'),
    ignored: countIn(line, 'ignored'),
    parked: countIn(line, 'parked'),
  };
  const people = [...told.values()];
  return {
    ...rowOf(line),
    types: textsIn(line, 'types'),
    ...{ eventIds, people: countIn(line, 'people'), told: people },
    ...counts,
    outcomes: outcomesOf(counts, people),
  };
}

function outcomesOf(
  { changes, parked }: { changes: number; parked: number },
  told: readonly Told[],
): string[] {
  const ofPeople = told.map(({ outcome = 'queued' }) => outcome);
  const queued = changes > 0 && told.length === 0 ? ['queued'] : [];
  const rest = changes === 0 && parked === 0 ? ['ignored'] : [];
  return [
    ...new Set([...(changes > 0 ? ofPeople : []), ...queued, ...(parked > 0 ? ['parked'] : []), ...rest]),
  ];
}

function notTakenOf(line: LogLine): Arrived {
  const { code } = line.fields;
  return {
    ...rowOf(line),
    ...{ types: [], eventIds: [], people: 0, told: [], changes: 0, ignored: 0, parked: 0 },
    outcomes: ['not-taken'],
    why: typeof code === 'string' ? `${line.message} (${code})` : line.message,
  };
}

function rowOf({ at, fields: { source, requestId } }: LogLine) {
  return {
    at,
    source: typeof source === 'string' ? source : '',
    ...(typeof requestId === 'string' && { requestId }),
  };
}

function textsIn({ fields }: LogLine, name: string): string[] {
  const value = fields[name];
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function countIn({ fields }: LogLine, name: string): number {
  const value = fields[name];
  return typeof value === 'number' ? value : 0;
}
