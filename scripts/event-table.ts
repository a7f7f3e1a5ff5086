import { readFileSync, writeFileSync } from 'node:fs';

/** `text` with a table between the two marks of a generated part. Throws Error when a mark is missing. */
export function withTable(text: string, command: string, rows: [type: string, effect: string][]): string {
  const start = `<!-- npm run ${command} writes from here -->`;
  const end = '<!-- to here -->';
  const [before, rest] = splitAt(text, start);
  const [, after] = splitAt(rest, end);
  const lines = rows.map(([type, effect]) => `| \`${type}\` | ${effect} |`);
  return `${before}${start}\n\n${['| event type | in Velt |', '| --- | --- |', ...lines].join('\n')}\n\n${end}${after}`;
}

function splitAt(text: string, mark: string): [before: string, after: string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`the mark ${mark} is missing`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

/** Writes a guide of docs/ anew. */
export function rewriteGuide(name: string, rewrite: (text: string) => string): void {
  const file = new URL(`../docs/${name}`, import.meta.url);
  writeFileSync(file, rewrite(readFileSync(file, 'utf8')));
}
