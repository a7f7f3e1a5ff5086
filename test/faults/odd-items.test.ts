import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Cell, columns, rows } from './odd-items.ts';

const ROWS = [
  ...['text', 'attribute', 'item', 'person', 'group', 'organization', 'page', 'message', 'entry', 'source'],
  ...['Velt item', 'Velt call'],
];
const cells = Object.entries(rows).flatMap(([row, ofRow]) =>
  columns.map((column) => ({ row, column, cell: ofRow[column] as Cell | undefined })),
);

test('no cell is empty: each promises something, or says why nothing can be odd there', () => {
  const said = ({ cell }: (typeof cells)[number]) =>
    cell && ('never' in cell ? cell.never : cell.promises).length > 10;

  expect(Object.keys(rows)).toEqual(ROWS);
  expect(cells.filter((one) => !said(one))).toEqual([]);
});

describe.each(
  cells.flatMap(({ row, column, cell }) => (cell && 'by' in cell ? { row, column, ...cell } : [])),
)('an odd $row in a $column', ({ promises, by }) => {
  if (Array.isArray(by)) {
    const [file, title] = by;
    test(`${promises} (test/${file})`, () => {
      const tests = readFileSync(`test/${file}.test.ts`, 'utf8').replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, '');

      expect(tests).toContain(title);
      expect(tests).not.toMatch(/\b(test|describe)\.(skip|todo)\b/);
    });
  } else test(promises, by);
});
