import type { Call } from '../lib/directory/calls.ts';
import { ATTRIBUTES, type QueueItem } from '../lib/directory/change.ts';
import { type Entry, parseContainerKey } from '../lib/directory/entry.ts';
import type { Foretold } from '../lib/reconcile/foretell.ts';
import type { Mapped } from '../lib/sources/mapped.ts';
import { containerText } from './preview-text.ts';

/** What an entry would be after an event: each part that differs, and why a person is not in Velt. */
export interface Folded {
  key: string;
  isNew: boolean;
  parts: { part: string; before: string; after: string }[];
  whyNot?: string | undefined;
}

/** What an event would do. */
export interface Explained {
  source: string;
  changes: QueueItem[];
  ignored: Mapped['ignored'];
  unreadable: Mapped['unreadable'];
  folded: Folded[];
  calls: Call[];
  /** What would come back, and why. */
  waiting: { about: string; why: string }[];
  /** How many further looks at people it would queue that are not shown. */
  left: number;
  notes: string[];
}

/** Puts together what an event comes to and what its delivery would do. */
export function explainedOf(source: string, mapped: Mapped, foretold: Foretold): Explained {
  const { changes, ignored, unreadable } = mapped;
  const { entries, whyNot, waiting, left, log } = foretold;
  return {
    ...{ source, changes, ignored, unreadable, calls: foretold.calls },
    folded: entries.flatMap(({ key, before, after }) => {
      const parts = differencesOf(before, after);
      const why = whyNot.get(key);
      if (parts.length === 0 && why === undefined) return [];
      return { key, isNew: before === undefined, parts, ...(why !== undefined && { whyNot: why }) };
    }),
    waiting: waiting.map(({ item, fault }) => ({ about: changeText(item), why: fault.message })),
    left: left.length,
    notes: log.map(({ message, fields }) => `${message}${fieldsText(fields)}`),
  };
}

/** A change or a recheck in one line. */
export function changeText(item: QueueItem): string {
  switch (item.kind) {
    case 'person':
      return `person ${item.personId}: ${factsText(item)}`;
    case 'membership':
      return `person ${item.personId} ${item.member ? 'is in' : 'left'} ${containerText(item.container)}`;
    case 'nesting':
      return `${item.child.kind} ${item.child.id} ${item.member ? 'is in' : 'left'} ${containerText(item.container)}`;
    case 'recheck':
      return `look at ${item.of.kind} ${item.of.id} again (${item.reason})${item.read ? ', read from the directory' : ''}`;
    default:
      return `${item.kind} ${item.containerId}: ${factsText(item)}`;
  }
}

const FACTS = [
  'exists',
  'active',
  'blocked',
  'emailVerified',
  'name',
  'organization',
  'connections',
] as const;

function factsText(item: object): string {
  const own = Object.entries(item).filter(([name]) => FACTS.some((fact) => fact === name));
  const profile = 'profile' in item ? Object.entries(item.profile ?? {}) : [];
  const told = [...own, ...profile].filter(([, value]) => value !== undefined);
  return told.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(', ') || 'it is there';
}

function fieldsText(fields: object): string {
  const told = Object.entries(fields).map(([name, value]) => `${name} ${value}`);
  return told.length === 0 ? '' : ` (${told.join(', ')})`;
}

/** What differs between two states of an entry, part by part, without what Velt confirmed. */
export function differencesOf(before: Entry | undefined, after: Entry | undefined): Folded['parts'] {
  const [was, is] = [partsOf(before), partsOf(after)];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((part) => {
    const [old = '–', now = '–'] = [was.get(part), is.get(part)];
    return old === now ? [] : { part, before: old, after: now };
  });
}

/** What an entry says, part by part, without what Velt confirmed. */
function partsOf(entry: Entry | undefined): Map<string, string> {
  if (!entry || entry.unreadable) return new Map();
  const facts =
    entry.kind === 'person'
      ? {
          ...{ exists: entry.exists, active: entry.active, blocked: entry.blocked },
          ...{ emailVerified: entry.emailVerified, connections: entry.connections },
          ...Object.fromEntries(ATTRIBUTES.map((attribute) => [attribute, entry.profile[attribute]])),
        }
      : { exists: entry.exists, active: entry.active, name: entry.name };
  const memberships = Object.entries(entry.memberships ?? {}).map(([key, fact]): [string, string] => [
    containerText(parseContainerKey(key)),
    fact.value ? 'in' : 'left',
  ]);
  return new Map([
    ...Object.entries(facts).flatMap(([part, fact]): [string, string][] =>
      fact ? [[part, JSON.stringify(fact.value)]] : [],
    ),
    ...memberships,
  ]);
}
