import { isRead, type QueueItem } from '../directory/change.ts';
import type { Answered } from '../directory/confirmations.ts';
import { type Desired, lackOf } from '../directory/desired.ts';
import { confirmationsOf, type PersonEntry, parseEntryKey } from '../directory/entry.ts';
import type { Policy } from '../directory/policy.ts';
import type { WorldFault } from '../errors.ts';
import type { Log, Meter } from '../observability.ts';
import { byPerson, entriesOf, type Loaded, type Workset } from './workset.ts';

interface TellDeps {
  policies: ReadonlyMap<string, Policy>;
  log: Log;
  meter: Meter;
}

/** What a delivery came to. */
interface Delivered {
  people: ReadonlyMap<string, Loaded<PersonEntry>>;
  /** What Velt answered about people, by entry key. */
  answers: ReadonlyMap<string, Answered[]>;
  /** Why somebody has something left to do, if so. */
  faultOf: (key: string) => WorldFault | undefined;
}

/**
 * What became of somebody: Velt `confirmed` all that it was called for, `refused` something of it or refuses it still, or its
 * success named nobody (`unproven`); it `waits` for what its messages come back for, or for a read; or Velt has what it should.
 */
type Outcome = 'confirmed' | 'refused' | 'unproven' | 'waits' | 'nothing-to-do';

const LACKING = { userId: 'PeopleWithoutUserId', organization: 'PeopleWithoutOrganization' } as const;

/** Counts and logs whom something new was told of, or who leaves, and who cannot be in Velt for want of a user id or an organization. */
export function tellWhoLacks(
  desires: Map<string, Desired | undefined>,
  work: Workset,
  { policies, log, meter }: TellDeps,
): void {
  const containers = entriesOf(work);
  for (const [key, { entry, stored }] of work.people) {
    if ((desires.get(key)?.scopes.size ?? 0) > 0) continue;
    const { source, id } = entry;
    const policy = policies.get(source);
    const isNews = entry !== stored.entry || Object.keys(entry.delivered).length > 0;
    const lack = isNews && policy ? lackOf(entry, containers, policy, work.now) : undefined;
    if (lack === undefined) continue;
    log.info(`Somebody is not in Velt: ${lack.why}`, { source, person: id });
    meter.record({ [LACKING[lack.of]]: 1 }, { source });
  }
}

/**
 * Logs a line for everybody whom the items of a delivery were about: what became of them, and which events that was for, as far
 * as the items say so.
 */
export function tellOutcomes(told: QueueItem[], delivered: Delivered, { log }: Pick<TellDeps, 'log'>): void {
  for (const [key, items] of byPerson(told)) {
    const person = parseEntryKey(key);
    const answers = delivered.answers.get(key) ?? [];
    const fault = delivered.faultOf(key);
    const eventIds = [...new Set(items.flatMap(eventOf))];
    log.info('Delivered a person', {
      ...{ source: person.source, person: person.id, code: fault?.code },
      outcome: fault ? 'waits' : outcomeOf(delivered.people.get(key)?.entry, answers),
      ...{ calls: answers.length, events: eventIds.length, eventIds },
    });
  }
}

function outcomeOf(entry: PersonEntry | undefined, answers: Answered[]): Outcome {
  if (!entry || entry.readDue) return 'waits';
  const known = confirmationsOf(entry);
  // Whoever is there without some attributes was confirmed.
  if (known.some(({ refusal }) => refusal && !refusal.attributes)) return 'refused';
  const isUnproven = answers.some(({ outcome }) => outcome.kind === 'unproven');
  if (isUnproven && known.some(({ unproven }) => unproven !== undefined)) return 'unproven';
  return answers.length > 0 ? 'confirmed' : 'nothing-to-do';
}

function eventOf(item: QueueItem): string[] {
  return 'id' in item && item.id !== undefined && !isRead(item) ? [item.id] : [];
}
