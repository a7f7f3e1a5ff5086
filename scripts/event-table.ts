import { readFileSync, writeFileSync } from 'node:fs';
import { auth0Rows } from './auth0-table.ts';
import { oktaRows } from './okta-table.ts';

/** The event types of each kind of source and what each does in Velt; the guide is docs/KIND.md: `npm run docs:KIND`. */
const tables: Record<string, () => [type: string, effect: string][]> = {
  okta: oktaRows,
  auth0: auth0Rows,
};

/** `guide` with the table of this kind of source between its two marks. Throws Error when a mark is missing. */
export function withEventTable(kind: string, guide: string): string {
  const rows = Object.hasOwn(tables, kind) ? tables[kind]?.() : undefined;
  if (!rows) throw new Error(`there are no event types of ${kind}`);
  const start = `<!-- npm run docs:${kind} writes from here -->`;
  const end = '<!-- to here -->';
  const [before, rest] = splitAt(guide, start);
  const [, after] = splitAt(rest, end);
  const lines = rows.map(([type, effect]) => `| \`${type}\` | ${effect} |`);
  return `${before}${start}\n\n${['| event type | in Velt |', '| --- | --- |', ...lines].join('\n')}\n\n${end}${after}`;
}

function splitAt(text: string, mark: string): [before: string, after: string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`the mark ${mark} is missing`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

if (process.argv[1] === import.meta.filename) {
  const [kind = ''] = process.argv.slice(2);
  const file = new URL(`../docs/${kind}.md`, import.meta.url);
  writeFileSync(file, withEventTable(kind, readFileSync(file, 'utf8')));
}
