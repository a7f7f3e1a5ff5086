import {
  BatchGetCommand,
  BatchWriteCommand,
  type BatchWriteCommandInput,
  ScanCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { ContainerRef, EntryRef } from '../directory/change.ts';
import { chunk } from '../directory/chunk.ts';
import { ContainerEntry, type Entry, entryKey, PersonEntry, parseEntryKey } from '../directory/entry.ts';
import { WorldFault } from '../errors.ts';
import { retry } from '../retry.ts';
import { createTable, type TableDeps } from './table.ts';

/**
 * An entry and the revision under which it was read; 0 = not stored yet. `dueAt` (ms): when the sweep should look at it.
 * `lease`: who alone may call Velt for it, and until when (ms).
 */
export interface Stored<T extends Entry = Entry> {
  entry: T;
  revision: number;
  dueAt?: number | undefined;
  lease?: Lease | undefined;
}

export interface Lease {
  owner: string;
  until: number;
}

/** What is stored beside an entry; `expiresAt` (ms) is when it may be forgotten. */
export interface Times extends Pick<Stored, 'dueAt' | 'lease'> {
  expiresAt: number | undefined;
}

/** What people are found by. */
export type Container = { kind: ContainerRef['kind'] | 'user' | 'nest'; id: string };

/** A person's place in a container, or as a Velt user, kept so that everyone in it can be found; a container's in another. */
export interface Membership {
  source: string;
  container: Container;
  personId: string;
}

/**
 * The mirror table: what each person and group should be and what Velt confirmed. Every read is consistent. All methods
 * throw WorldFault `mirror` when the table cannot be reached or is throttled.
 */
export interface Mirror {
  /** Reads entries by entry key; those never stored are missing from the map. */
  read(refs: EntryRef[]): Promise<Map<string, Stored>>;
  /**
   * Stores an entry and returns its new revision; a lease that `times` does not have is given back. Throws Conflict when the
   * stored entry is not of `stored.revision` any more.
   */
  write(stored: Pick<Stored, 'entry' | 'revision'>, times: Times): Promise<number>;
  join(memberships: Membership[]): Promise<void>;
  leave(memberships: Membership[]): Promise<void>;
  /** The ids of everyone who joined a container and did not leave, page by page. */
  members(source: string, container: Container): AsyncIterable<string[]>;
  /** Entries whose time has come at `now` (ms), the oldest first. */
  due(now: number, limit: number): Promise<EntryRef[]>;
  /** One page of every entry of a source, and where the next one is. Reads the whole table in the end. */
  scan(source: string, cursor: string | undefined): Promise<{ entries: Stored[]; next: string | undefined }>;
}

const StoredItem = z.object({
  revision: z.int(),
  dueAt: z.int().optional(),
  lease: z.object({ owner: z.string(), until: z.int() }).optional(),
  entry: z.discriminatedUnion('kind', [PersonEntry, ContainerEntry]),
});

const READ_KEYS = 100;
const WRITE_ITEMS = 25;
const BATCH_TRIES = 6;

export function createMirror(
  deps: TableDeps & { random: () => number; sleep: (ms: number) => Promise<void> },
): Mirror {
  const { client, table } = deps;
  const { attempt, put, query } = createTable(deps);
  return { read, write, join, leave, members, due, scan };

  async function read(refs: EntryRef[]): Promise<Map<string, Stored>> {
    const found = new Map<string, Stored>();
    for (const part of chunk([...new Set(refs.map(entryKey))], { count: READ_KEYS })) {
      let Keys: Record<string, unknown>[] = part.map((pk) => ({ pk, sk: 'entry' }));
      await untilDone(async () => {
        const command = new BatchGetCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } });
        const { Responses, UnprocessedKeys } = await client.send(command);
        for (const item of Responses?.[table] ?? []) found.set(String(item.pk), StoredItem.parse(item));
        Keys = UnprocessedKeys?.[table]?.Keys ?? [];
        return Keys.length === 0;
      });
    }
    return found;
  }

  async function write(
    { entry, revision }: Pick<Stored, 'entry' | 'revision'>,
    times: Times,
  ): Promise<number> {
    const { dueAt, lease, expiresAt } = times;
    const item = {
      ...{ pk: entryKey(entry), sk: 'entry', entry },
      ...(dueAt !== undefined && { due: 'due', dueAt }),
      ...(lease && { lease }),
      ...(expiresAt !== undefined && { expiresAt: Math.ceil(expiresAt / 1000) }),
    };
    await put(item, revision);
    return revision + 1;
  }

  function join(memberships: Membership[]): Promise<void> {
    return writeAll(memberKeys(memberships).map((Item) => ({ PutRequest: { Item } })));
  }

  function leave(memberships: Membership[]): Promise<void> {
    return writeAll(memberKeys(memberships).map((Key) => ({ DeleteRequest: { Key } })));
  }

  async function writeAll(requests: WriteRequest[]): Promise<void> {
    for (const part of chunk(requests, { count: WRITE_ITEMS })) {
      let left = part;
      await untilDone(async () => {
        const { UnprocessedItems } = await client.send(
          new BatchWriteCommand({ RequestItems: { [table]: left } }),
        );
        left = UnprocessedItems?.[table] ?? [];
        return left.length === 0;
      });
    }
  }

  async function* members(source: string, container: Container): AsyncGenerator<string[]> {
    const pages = query({
      KeyConditionExpression: 'pk = :pk and begins_with(sk, :member)',
      ExpressionAttributeValues: { ':pk': entryKey({ ...container, source }), ':member': MEMBER },
      ConsistentRead: true,
    });
    for await (const items of pages) yield items.map((item) => String(item.sk).slice(MEMBER.length));
  }

  async function due(now: number, limit: number): Promise<EntryRef[]> {
    const pages = query({
      IndexName: 'due',
      KeyConditionExpression: 'due = :due and dueAt <= :now',
      ExpressionAttributeValues: { ':due': 'due', ':now': now },
      Limit: limit,
    });
    for await (const items of pages) return items.map((item) => parseEntryKey(String(item.pk)));
    return [];
  }

  async function scan(source: string, cursor: string | undefined) {
    const command = new ScanCommand({
      TableName: table,
      FilterExpression: 'sk = :entry and begins_with(pk, :source)',
      ExpressionAttributeValues: { ':entry': 'entry', ':source': `${source}#` },
      ConsistentRead: true,
      ...(cursor !== undefined && { ExclusiveStartKey: JSON.parse(cursor) }),
    });
    const { Items = [], LastEvaluatedKey } = await attempt('a scan', () => client.send(command));
    return {
      entries: Items.map((item) => StoredItem.parse(item)),
      next: LastEvaluatedKey && JSON.stringify(LastEvaluatedKey),
    };
  }

  /** Repeats a batch until nothing of it is left unprocessed, as DynamoDB asks, with growing pauses. */
  function untilDone(batch: () => Promise<boolean>): Promise<void> {
    const act = async () => {
      if (!(await attempt('a batch', batch))) throw new WorldFault('mirror', 'the mirror table is throttled');
    };
    const waitFor = (error: unknown, failures: number) =>
      error instanceof WorldFault && error.cause === undefined && failures < BATCH_TRIES
        ? deps.random() * 50 * 2 ** failures
        : undefined;
    return retry(act, waitFor, deps.sleep);
  }
}

const MEMBER = 'member#';
type MemberKey = { pk: string; sk: string };
type WriteRequest = NonNullable<BatchWriteCommandInput['RequestItems']>[string][number];

/** Each key once: DynamoDB refuses a batch that names one twice, and would refuse it every time. */
function memberKeys(memberships: Membership[]): MemberKey[] {
  const keys = memberships.map(({ source, container, personId }) => ({
    pk: entryKey({ ...container, source }),
    sk: `${MEMBER}${personId}`,
  }));
  return [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()];
}
