import type { Call } from '../lib/directory/calls.ts';
import { parseEntryKey } from '../lib/directory/entry.ts';
import { changeText, type Explained, type Folded } from './explain.ts';
import { plain } from './plan-text.ts';
import { placeText, table } from './preview-text.ts';

const LENGTH = 60;
const LINE_LENGTH = 200;
/** So many items of a call are named. */
const ITEMS = 10;

/** What an event would do, as an operator reads it: what it comes to, what is new, what is called. */
export function explainText(explained: Explained): string {
  const { source, changes, ignored, unreadable, folded, calls, waiting, left, notes } = explained;
  return [
    lines(`It tells ${source}:`, [
      ...changes.map((change) => `${changeText(change)}, as of ${change.at}`),
      ...ignored.map(({ type, reason }) => `nothing by ${type}: ${reason}`),
      ...unreadable.map(
        ({ path, message }) => `nothing that can be read at ${path}: ${message}; it is parked`,
      ),
    ]),
    ...folded.map(foldedText),
    ...(changes.length > 0 && folded.every(({ parts }) => parts.length === 0)
      ? ['Nothing of it is new: what is known says the same, or is newer.']
      : []),
    lines(
      'It would come back, for now:',
      waiting.map(({ about, why }) => `${about}: ${why}`),
    ),
    calls.length === 0 ? 'Velt would not be called.' : callsText(calls),
    ...(left === 0 ? [] : [`It would queue ${left} more looks at people, which are not shown.`]),
    lines('The log of the delivery would say:', notes),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function lines(title: string, all: string[]): string {
  return all.length === 0 ? '' : [title, ...all.map((line) => `  ${plain(line, LINE_LENGTH)}`)].join('\n');
}

function foldedText({ key, isNew, parts, whyNot }: Folded): string {
  const { source, kind, id } = parseEntryKey(key);
  const who = `${kind} ${plain(id, LENGTH)} of ${source}`;
  const out = whyNot === undefined ? '' : ` They are not in Velt then: ${whyNot}.`;
  const rows = parts.map(({ part, before, after }) => [part, plain(before, LENGTH), plain(after, LENGTH)]);
  const what = parts.length === 0 ? 'stays as known' : isNew ? 'is new' : 'changes';
  return [`${who} ${what}.${out}`, ...table(['part', 'before', 'after'], rows)].join('\n');
}

function callsText(calls: Call[]): string {
  const rows = calls.map(({ kind, scope, items }, index) => {
    const named = items
      .slice(0, ITEMS)
      .map(({ id, role }) => `${plain(id, LENGTH)}${role ? ` as ${role}` : ''}`);
    const more = items.length > ITEMS ? ` and ${items.length - ITEMS} more` : '';
    return [String(index + 1), kind, placeText(scope), `${named.join(', ')}${more}`];
  });
  return ['Velt would be called, in this order:', ...table(['', 'call', 'in', 'for'], rows)].join('\n');
}
