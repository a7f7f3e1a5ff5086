import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import pMap from 'p-map';
import { createBatches } from '../../lib/aws/table.ts';
import { chunk } from '../../lib/directory/chunk.ts';
import { entryKey } from '../../lib/directory/entry.ts';
import { ADMIN_ACCESS_KEY } from '../../local/cloud/aws/access.ts';
import { type Cloud, startCloud } from '../../local/cloud/cloud.ts';
import { packageProject } from '../../local/cloud/package.ts';
import { makeDirectory } from '../../local/doubles/okta/made.ts';
import type { Okta } from '../../local/doubles/okta/okta.ts';
import { countOf, readCommandLine } from '../../scripts/command-line.ts';
import { OWN_CONFIG, readConfigFile } from '../../scripts/config-file.ts';
import { makeDelivery } from '../support/delivery.ts';
import { membershipChange, personChange } from '../support/factories.ts';
import { sync } from '../support/sync.ts';
import { rowsText, startSaying } from './traffic.ts';

/**
 * `npm run bench:person`: how long `person` and `status` take on a table of 100,000 people, in this process and as a process of
 * their own. The table is filled with what deliver itself made of these people in memory. Nothing is judged.
 */
const { values } = readCommandLine('npm run bench:person -- [--people 100000] [--times 5]', {
  options: { people: { type: 'string', default: '100000' }, times: { type: 'string', default: '5' } },
});
const people = countOf('people', values.people);
const times = countOf('times', values.times);
const GROUPS = 200;
/** Changes that are delivered together, and rows that are written by one call of the batches. */
const TOGETHER = 500;
const TABLE = 'velt-directory-sync-dev-mirror';

const say = startSaying(console.error);
await packageProject(process.cwd());
const directory = makeDirectory({ users: people, groups: GROUPS, membershipsPerUser: 1, seed: 1 });
const cloud = await startCloud({ directory });
try {
  say(`${await fill(cloud)} rows are in the table`);
  const { id, profile } = [...cloud.okta.users.values()].findLast(({ status }) => status === 'ACTIVE') ?? {};
  const asked = {
    'person <id>': ['person', id],
    'person <address>': ['person', profile?.login],
    status: ['status'],
  };
  const rows: [string, string][] = [];
  for (const [name, argv] of Object.entries(asked)) {
    rows.push([
      `${name}, calls to the table`,
      await callsOf(cloud, () => inProcess(cloud, argv as string[])),
    ]);
    rows.push([`${name}, in this process`, await median(() => inProcess(cloud, argv as string[]))]);
    rows.push([`${name}, npm run sync`, await median(() => asProcess(cloud, argv as string[]))]);
    say(name);
  }
  console.log(
    `${people} people, ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}; ms, median of ${times}`,
  );
  console.log(rowsText(rows));
} finally {
  await cloud.close();
}

/** Delivers everybody of the directory in memory, and writes what is in that table then into the cloud's. */
async function fill({ okta, admin }: Cloud): Promise<number> {
  const { memory, run } = makeDelivery(readConfigFile(OWN_CONFIG).sources);
  for (const part of chunk(changesOf(okta), { count: TOGETHER })) await run(...part);
  say('everybody is delivered in memory');
  const entries = new Map(memory.entries().map((entry) => [entryKey(entry), entry]));
  const items = memory
    .keys()
    .map(({ pk, sk }) => ({ pk, sk, ...(sk === 'entry' && { entry: entries.get(pk), revision: 1 }) }));
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(admin), {
    marshallOptions: { removeUndefinedValues: true },
  });
  const { writeAll } = createBatches({
    ...{ client, table: TABLE, random: Math.random },
    sleep: async (ms) => void (await sleep(ms)),
  });
  const parts = chunk(items, { count: TOGETHER });
  await pMap(parts, (part) => writeAll(part.map((Item) => ({ PutRequest: { Item } }))), { concurrency: 4 });
  client.destroy();
  return items.length;
}

/** What events would have said of everybody who is active. */
function changesOf(okta: Okta) {
  const here = [...okta.users.values()].filter(({ status }) => status === 'ACTIVE');
  const facts = here.map(({ id, profile: { firstName, lastName, email } }) =>
    personChange({
      personId: id,
      exists: true,
      active: true,
      profile: { name: `${firstName} ${lastName}`, email: String(email) },
    }),
  );
  const isHere = new Set(here.map(({ id }) => id));
  const memberships = [...okta.groups.values()].flatMap(({ id, profile: { name } }) =>
    okta
      .membersOf(id)
      .filter((personId) => isHere.has(personId))
      .map((personId) => membershipChange({ personId, container: { kind: 'group', id, name } })),
  );
  return [...facts, ...memberships];
}

async function inProcess({ admin }: Cloud, argv: string[]): Promise<void> {
  const { code, stderr } = await sync(argv, { aws: admin });
  if (code > 1) throw new Error(stderr);
}

/** Exit code 1 says that somebody has to look, as where no run has ever ended. */
async function asProcess({ aws, admin }: Cloud, argv: string[]): Promise<void> {
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL: aws?.url,
    AWS_REGION: admin.region,
    AWS_ACCESS_KEY_ID: ADMIN_ACCESS_KEY,
    AWS_SECRET_ACCESS_KEY: 'local',
  };
  const args = ['run', 'sync', '--', ...argv, '--stage', 'dev', '--config', OWN_CONFIG];
  await promisify(execFile)('npm', args, { env }).catch((error) => {
    if (error.code !== 1) throw error;
  });
}

/** How often each action was called on the table meanwhile: what does not depend on the machine. */
async function callsOf({ aws }: Cloud, act: () => Promise<void>): Promise<string> {
  const counts = new Map<string, number>();
  const stop = aws?.watch(({ permission }) => {
    const [service, action = ''] = permission.split(':');
    if (service === 'dynamodb') counts.set(action, (counts.get(action) ?? 0) + 1);
  });
  await act();
  stop?.();
  return [...counts].map(([action, count]) => `${count} ${action}`).join(', ');
}

async function median(act: () => Promise<void>): Promise<string> {
  const took: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const began = performance.now();
    await act();
    took.push(performance.now() - began);
  }
  return String(Math.round(took.sort((a, b) => a - b)[Math.floor(times / 2)] ?? 0));
}
