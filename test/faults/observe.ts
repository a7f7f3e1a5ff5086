import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Stored } from '../../lib/aws/mirror.ts';
import type { PersonChange } from '../../lib/directory/change.ts';
import type { Entry, PersonEntry } from '../../lib/directory/entry.ts';
import type { Template } from '../../local/cloud/template/template.ts';
import type { FaultRule } from '../../local/doubles/velt/velt.ts';
import { packagedTemplate, type TestCloud } from '../pipeline/cloud.ts';
import { personChange } from '../support/factories.ts';

/** What the tests of faults look at in the end, and the people they are about. */

export const ORGANIZATION = 'acme-workforce';

/** Someone is there under this name; the id is the name in lower case. */
export function arrival(name: string, change: Partial<PersonChange> = {}): PersonChange {
  const profile = { name, email: `${name.toLowerCase()}@example.com` };
  return personChange({ personId: name.toLowerCase(), exists: true, profile, ...change });
}

/** Someone left, long after they came. */
export function departure(name: string): PersonChange {
  const at = '2026-09-02T00:00:00.000Z';
  return personChange({ personId: name.toLowerCase(), exists: false, at, id: 'departure' });
}

/** The packaged template with the settings of `deliver` and of its queue that would take a test too long. */
export async function templateWith({
  veltTimeoutMs,
  timeoutSeconds,
  visibilitySeconds,
  receives,
}: {
  veltTimeoutMs?: number;
  timeoutSeconds?: number;
  visibilitySeconds?: number;
  receives?: number;
}): Promise<Template> {
  const template = structuredClone(await packagedTemplate());
  const deliver = template.Resources.DeliverLambdaFunction?.Properties as {
    Timeout: number;
    Environment: { Variables: Record<string, string> };
  };
  const queue = template.Resources.ChangesQueue?.Properties as {
    VisibilityTimeout: number;
    RedrivePolicy: { maxReceiveCount: number };
  };
  if (veltTimeoutMs !== undefined) deliver.Environment.Variables.VELT_TIMEOUT_MS = String(veltTimeoutMs);
  // The double gives up what its caller gave up.
  deliver.Environment.Variables.VELT_LATE_MS = '100';
  if (timeoutSeconds !== undefined) deliver.Timeout = timeoutSeconds;
  if (visibilitySeconds !== undefined) queue.VisibilityTimeout = visibilitySeconds;
  if (receives !== undefined) queue.RedrivePolicy.maxReceiveCount = receives;
  return template;
}

/** Velt's calls from the `from`-th on, each with the status it was answered with. */
export function answersOf({ velt }: TestCloud, from = 0): string[] {
  return (velt?.calls ?? [])
    .slice(from)
    .map(({ path, status }) => `${path.replace(/^\/v\d\/(organizations\/)?/, '')} ${status}`);
}

/** Who is in the organization at Velt, by id, and under which name. */
export function peopleAtVelt(cloud: TestCloud): Record<string, unknown> {
  const users = cloud.state()[ORGANIZATION]?.users ?? {};
  return Object.fromEntries(Object.entries(users).map(([id, { name }]) => [id, name]));
}

/** The codes of the faults with which messages were given back to the queue; how often a lease is met depends on the time. */
export function returnsOf({ lines }: TestCloud): string[] {
  return lines
    .filter((line) => line.includes('A message comes back'))
    .map((line) => JSON.parse(line.slice(line.indexOf('{'))).code)
    .filter((code) => code !== 'leased');
}

/** How many messages the dead-letter queue of the changes holds. */
export function deadLetters({ aws, stack }: TestCloud): number {
  return aws?.sqs.depth(stack.ref('ChangesDeadQueue').split('/').at(-1) ?? '').visible ?? Number.NaN;
}

/** Every entry of the mirror, by key. */
export async function mirrorOf(cloud: TestCloud): Promise<Map<string, Stored & { dueAt?: number }>> {
  const { Items = [] } = await withTable(cloud, (table, TableName) =>
    table.send(new ScanCommand({ TableName, ConsistentRead: true })),
  );
  return new Map(
    Items.filter(({ sk }) => sk === 'entry').map(({ pk, entry, revision, dueAt }) => [
      String(pk),
      { entry: entry as Entry, revision: Number(revision), dueAt: dueAt as number },
    ]),
  );
}

/** What Velt refused about whom, in Velt's words, as the mirror holds it. */
export async function refusalsOf(cloud: TestCloud): Promise<Record<string, string>> {
  const people = [...(await mirrorOf(cloud)).values()]
    .map(({ entry }) => entry)
    .filter((entry): entry is PersonEntry => entry.kind === 'person');
  return Object.fromEntries(
    people.flatMap(({ id, delivered }) =>
      Object.values(delivered)
        .flatMap((scopes) => Object.values(scopes))
        .flatMap(({ refusal }) => (refusal ? [[id, refusal.reason]] : [])),
    ),
  );
}

/** Who stands in the index by which the sweep finds entries, due now or later. */
export async function owedOf(cloud: TestCloud): Promise<string[]> {
  const { Items = [] } = await withTable(cloud, (table, TableName) =>
    table.send(
      new QueryCommand({
        TableName,
        IndexName: 'due',
        KeyConditionExpression: 'due = :due',
        ExpressionAttributeValues: { ':due': 'due' },
      }),
    ),
  );
  return Items.map(({ pk }) => String(pk)).sort();
}

/** Lets the time of every refusal come, as if the hours until then had passed. */
export async function letTimeCome(cloud: TestCloud): Promise<void> {
  await withTable(cloud, async (table, TableName) => {
    const { Items = [] } = await table.send(new ScanCommand({ TableName }));
    for (const item of Items.filter(({ dueAt }) => dueAt !== undefined)) {
      const text = JSON.stringify(item).replaceAll(/"dueAt":\d+/g, '"dueAt":1');
      await table.send(new PutCommand({ TableName, Item: JSON.parse(text) }));
    }
  });
}

/** Resolves as soon as `seen` holds; the test's own time-out is the limit. */
export async function until(seen: () => boolean): Promise<void> {
  while (!seen()) await sleep(5);
}

async function withTable<T>(
  { admin, stack }: TestCloud,
  work: (table: DynamoDBDocumentClient, name: string) => Promise<T>,
): Promise<T> {
  const client = new DynamoDBClient(admin);
  try {
    return await work(DynamoDBDocumentClient.from(client), stack.ref('MirrorTable'));
  } finally {
    client.destroy();
  }
}

/** Who is at Velt when Ada and Ben arrived. */
export const bothHere = { ada: 'Ada', ben: 'Ben' };

/** An answer of Velt's that is an HTTP error. */
export const status = (code: number, more: object = {}) => ({
  kind: 'status' as const,
  status: code,
  ...more,
});

/** Velt refuses Ben alone. */
export const refuseBen = (reason: string, code?: string): FaultRule => ({
  match: { userId: 'ben' },
  answer: { kind: 'refuse-item', reason, ...(code !== undefined && { code }) },
});
