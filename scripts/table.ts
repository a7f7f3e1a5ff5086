/**
 * Rows of text in aligned columns. `numbers` aligns all columns but the first to the right; `ruled` puts a line under the
 * first row. `indent` is how many spaces every line begins with.
 */
export function tableText(
  rows: string[][],
  {
    numbers = false,
    ruled = false,
    indent = 2,
  }: { numbers?: boolean; ruled?: boolean; indent?: number } = {},
): string {
  const [head = [], ...body] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const align = (text: string, column: number) =>
    numbers && column > 0 ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0);
  const line = (row: string[]) => `${' '.repeat(indent)}${row.map(align).join('   ')}`.trimEnd();
  const ruler = head.map((title, column) => (title === '' ? '' : '─'.repeat(widths[column] ?? 0)));
  return [head, ...(ruled ? [ruler] : []), ...body].map(line).join('\n');
}
