import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { ContainerRef, EntryRef } from '../directory/change.ts';
import { ContainerEntry, type Entry, entryKey, PersonEntry, parseEntryKey } from '../directory/entry.ts';
import { Conflict, WorldFault } from '../errors.ts';

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

export function createMirror(deps: {
  client: Pick<DynamoDBDocumentClient, 'send'>;
  table: string;
  random: () => number;
  sleep: (ms: number) => Promise<void>;
}): Mirror {
  const { client, table } = deps;
  return { read, write, join, leave, members, due, scan };

  async function read(refs: EntryRef[]): Promise<Map<string, Stored>> {
    const found = new Map<string, Stored>();
    const keys = [...new Set(refs.map(entryKey))];
    for (const part of parts(keys, READ_KEYS)) {
      let Keys: Record<string, unknown>[] = part.map((pk) => ({ pk, sk: 'entry' }));
      await patiently(async () => {
        const { Responses, UnprocessedKeys } = await client.send(
          new BatchGetCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } }),
        );
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
    const Item = {
      pk: entryKey(entry),
      sk: 'entry',
      revision: revision + 1,
      entry,
      ...(times.dueAt !== undefined && { due: 'due', dueAt: times.dueAt }),
      ...(times.lease && { lease: times.lease }),
      ...(times.expiresAt !== undefined && { expiresAt: Math.ceil(times.expiresAt / 1000) }),
    };
    const condition =
      revision === 0
        ? { ConditionExpression: 'attribute_not_exists(pk)' }
        : {
            ConditionExpression: 'revision = :revision',
            ExpressionAttributeValues: { ':revision': revision },
          };
    try {
      await client.send(new PutCommand({ TableName: table, Item, ...condition }));
      return revision + 1;
    } catch (cause) {
      if (cause instanceof ConditionalCheckFailedException)
        throw new Conflict('the entry changed since it was read');
      throw new WorldFault('mirror', 'the mirror table refused a write', { cause });
    }
  }

  function join(memberships: Membership[]): Promise<void> {
    return writeAll(memberKeys(memberships).map((Item) => ({ PutRequest: { Item } })));
  }

  function leave(memberships: Membership[]): Promise<void> {
    return writeAll(memberKeys(memberships).map((Key) => ({ DeleteRequest: { Key } })));
  }

  async function writeAll(
    requests: ({ PutRequest: { Item: MemberKey } } | { DeleteRequest: { Key: MemberKey } })[],
  ) {
    for (const part of parts(requests, WRITE_ITEMS)) {
      let left: NonNullable<ConstructorParameters<typeof BatchWriteCommand>[0]['RequestItems']>[string] =
        part;
      await patiently(async () => {
        const { UnprocessedItems } = await client.send(
          new BatchWriteCommand({ RequestItems: { [table]: left } }),
        );
        left = UnprocessedItems?.[table] ?? [];
        return left.length === 0;
      });
    }
  }

  async function* members(source: string, container: Container): AsyncGenerator<string[]> {
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const page = await query({
        TableName: table,
        KeyConditionExpression: 'pk = :pk and begins_with(sk, :member)',
        ExpressionAttributeValues: { ':pk': entryKey({ ...container, source }), ':member': MEMBER },
        ConsistentRead: true,
        ...(ExclusiveStartKey && { ExclusiveStartKey }),
      });
      yield page.items.map((item) => String(item.sk).slice(MEMBER.length));
      ExclusiveStartKey = page.next;
    } while (ExclusiveStartKey);
  }

  async function due(now: number, limit: number): Promise<EntryRef[]> {
    const { items } = await query({
      TableName: table,
      IndexName: 'due',
      KeyConditionExpression: 'due = :due and dueAt <= :now',
      ExpressionAttributeValues: { ':due': 'due', ':now': now },
      Limit: limit,
    });
    return items.map((item) => parseEntryKey(String(item.pk)));
  }

  async function scan(source: string, cursor: string | undefined) {
    try {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new ScanCommand({
          TableName: table,
          FilterExpression: 'sk = :entry and begins_with(pk, :source)',
          ExpressionAttributeValues: { ':entry': 'entry', ':source': `${source}#` },
          ConsistentRead: true,
          ...(cursor !== undefined && { ExclusiveStartKey: JSON.parse(cursor) }),
        }),
      );
      return {
        entries: Items.map((item) => StoredItem.parse(item)),
        next: LastEvaluatedKey && JSON.stringify(LastEvaluatedKey),
      };
    } catch (cause) {
      throw new WorldFault('mirror', 'the mirror table refused a scan', { cause });
    }
  }

  async function query(input: ConstructorParameters<typeof QueryCommand>[0]) {
    try {
      const { Items = [], LastEvaluatedKey } = await client.send(new QueryCommand(input));
      return { items: Items, next: LastEvaluatedKey };
    } catch (cause) {
      throw new WorldFault('mirror', 'the mirror table refused a query', { cause });
    }
  }

  /** Repeats a batch call until nothing of it is left unprocessed, as DynamoDB asks, with growing pauses. */
  async function patiently(step: () => Promise<boolean>): Promise<void> {
    for (let attempt = 1; attempt <= BATCH_TRIES; attempt += 1) {
      try {
        if (await step()) return;
      } catch (cause) {
        throw new WorldFault('mirror', 'the mirror table refused a batch', { cause });
      }
      await deps.sleep(deps.random() * 50 * 2 ** attempt);
    }
    throw new WorldFault('mirror', 'the mirror table is throttled');
  }
}

const MEMBER = 'member#';
type MemberKey = { pk: string; sk: string };

/** Each key once: DynamoDB refuses a batch that names one twice, and would refuse it every time. */
function memberKeys(memberships: Membership[]): MemberKey[] {
  const keys = memberships.map(({ source, container, personId }) => ({
    pk: entryKey({ ...container, source }),
    sk: `${MEMBER}${personId}`,
  }));
  return [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()];
}

function parts<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
