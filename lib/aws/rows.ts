import { parseEntryKey } from '../directory/entry.ts';
import { MEMBER } from './mirror.ts';
import { runKey } from './runs.ts';
import { createBatches, createTable } from './table.ts';

export type Rows = ReturnType<typeof createRows>;

/** An entry or a member of one, and not the record of a run: a source may be called "run". */
const OF_ENTRIES = '(sk = :entry or begins_with(sk, :member))';
const OF_SOURCE = [
  `begins_with(pk, :source) and ${OF_ENTRIES}`,
  'begins_with(pk, :user) and begins_with(sk, :claim)',
  `(pk = :run or begins_with(pk, :parts)) and not ${OF_ENTRIES}`,
]
  .map((one) => `(${one})`)
  .join(' or ');

/** Everything that the mirror table holds, by source. All methods read the whole table, and throw WorldFault `mirror`. */
export function createRows(deps: Parameters<typeof createBatches>[0]) {
  const { scan } = createTable(deps);
  const { writeAll } = createBatches(deps);
  return { sources, forget };

  /** The names of all sources that have an entry, or the record of a run. */
  async function sources(): Promise<Set<string>> {
    const names = new Set<string>();
    const filter = 'sk = :entry or (begins_with(pk, :runs) and not begins_with(sk, :member))';
    const values = { ':entry': 'entry', ':member': MEMBER, ':runs': runKey('') };
    for await (const keys of keysOf(filter, values))
      for (const { pk, sk } of keys)
        names.add(parseEntryKey(sk === 'entry' ? pk : pk.slice(runKey('').length)).source);
    names.delete('');
    return names;
  }

  /**
   * Deletes all of a source: its entries, who is in what, who is which user of Velt, its runs and where catching up stands.
   * Returns how many rows that were.
   */
  async function forget(source: string): Promise<number> {
    let forgotten = 0;
    const values = {
      ...{ ':entry': 'entry', ':member': MEMBER, ':source': `${source}#` },
      ...{ ':user': '#user#', ':claim': `${MEMBER}${source}#` },
      ...{ ':run': runKey(source), ':parts': `${runKey(source)}#` },
    };
    for await (const keys of keysOf(OF_SOURCE, values)) {
      await writeAll(keys.map((Key) => ({ DeleteRequest: { Key } })));
      forgotten += keys.length;
    }
    return forgotten;
  }

  async function* keysOf(filter: string, values: object): AsyncGenerator<{ pk: string; sk: string }[]> {
    let from: Record<string, unknown> | undefined;
    do {
      const { items, last } = await scan({
        FilterExpression: filter,
        ExpressionAttributeValues: values as Record<string, unknown>,
        ProjectionExpression: 'pk, sk',
        ConsistentRead: true,
        ...(from && { ExclusiveStartKey: from }),
      });
      yield items as { pk: string; sk: string }[];
      from = last;
    } while (from);
  }
}
