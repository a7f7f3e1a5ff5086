import { cpus, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../../lib/aws/runs.ts';
import type { runAll } from '../../lib/reconcile/run.ts';
import { type Cloud, startCloud } from '../../local/cloud/cloud.ts';
import { packageProject } from '../../local/cloud/package.ts';
import { readTemplate, type Template } from '../../local/cloud/template/template.ts';
import { makeDirectory } from '../../local/doubles/okta/made.ts';
import { countOf, readCommandLine } from '../../scripts/command-line.ts';
import { changeOnePercent } from './backfill-changes.ts';
import { startKilling, type Work, watch } from './backfill-kills.ts';
import {
  type Held,
  heldByVelt,
  itemsIn,
  losersBetween,
  NOTHING,
  necessary,
  unequal,
  wantedOf,
} from './backfill-truth.ts';
import { seeded } from './seeded.ts';
import { drain, givenUp, startSaying } from './traffic.ts';

/**
 * `npm run bench:backfill`: runs over a directory of 100,000 people in 200 groups with an empty Velt, again unchanged, and
 * again with one in a hundred changed; then once more from the start, killed at random points. What Velt must hold comes
 * from the Okta double's own state, so nothing of lib/ decides what is right. Exits with 1 when a single row is missed.
 */
const { values } = readCommandLine(
  'npm run bench:backfill -- [--people 100000] [--kills 10] [--seed 1] [--json]',
  {
    options: {
      people: { type: 'string', default: '100000' },
      kills: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
    },
  },
);
const people = countOf('people', values.people);
const kills = countOf('kills', values.kills);
const seed = countOf('seed', values.seed);

const GROUPS = 200;
/** What the memory of a large directory is compared with. */
const SMALL = 10_000;
const BATCH_SIZE = 50;
const MEMORY_LIMIT_MB = 256;
const MEMORY_GROWTH_MB = 16;
/** Nobody goes on with a run for so long after its last checkpoint (ms): a kill costs this, and not a minute. */
const LEASE_MS = 1_000;
const PATIENCE_MS = 60 * 60_000;
const MEMORY = 'memory through all of these';
const INTERRUPTED = `first run, killed ${values.kills} times`;

/** One line of the table; without a limit it only informs. */
interface Row {
  name: string;
  value: number;
  limit?: number;
}

interface Part {
  title: string;
  people: number;
  rows: Row[];
  work?: Work;
}

const startedAt = Date.now();
/** Progress, apart from the result. */
const say = startSaying(console.error);
await packageProject(process.cwd());
const template = await readTemplate(process.cwd());
set(template, 'BackfillLambdaFunction', { BACKFILL_LEASE_MS: LEASE_MS });

const sizes = people > SMALL ? [SMALL, people] : [people];
const parts: Part[] = [];
for (const size of sizes) parts.push(...(await runsOver(size)));
const undisturbed = parts.find((part) => part.people === people)?.work;
if (kills > 0 && undisturbed) parts.push(await interrupted(people, undisturbed));
const rows = parts.flatMap((part) => part.rows.map((row) => ({ ...row, part })));
const missed = rows.filter(({ value, limit }) => limit !== undefined && value > limit);
if (values.json) {
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model,
    memoryMb: mb(totalmem()),
    node: process.version,
  };
  const told = rows.map(({ part, ...row }) => ({ ...row, part: part.title, people: part.people }));
  console.log(JSON.stringify({ machine, seed, kills, rows: told, missed: missed.length }, undefined, 2));
} else print();
process.exitCode = missed.length > 0 ? 1 : 0;

/** Three runs over one directory: with an empty Velt, unchanged, and with one in a hundred changed. */
async function runsOver(size: number): Promise<Part[]> {
  const cloud = await stand(size, 1_000);
  const done: Part[] = [];
  try {
    const before = await measured('first run', size, NOTHING, cloud, 1.1);
    done.push(before.part);
    const again = await measured('again, unchanged', size, before.held, cloud, 0);
    done.push(again.part);
    changeOnePercent(cloud.okta, seeded(seed));
    const changed = await measured('again, 1 % changed', size, again.held, cloud, undefined);
    done.push(changed.part);
    done.push(memoryPart(size, cloud));
  } finally {
    await cloud.close();
  }
  return done;
}

/**
 * One run from its start until nothing is left to do, in numbers. `share`: how many calls to Velt may be made for each
 * that the batch size makes necessary; without it, one for each thing that changed.
 */
async function measured(
  title: string,
  size: number,
  before: Held,
  cloud: Cloud,
  share: number | undefined,
): Promise<{ part: Part; held: Held }> {
  say(`${size} people: ${title}`);
  const began = Date.now();
  const from = cloud.velt?.calls.length ?? 0;
  const oktaFrom = cloud.okta.calls.length;
  const watched = watch(cloud);
  const run = await runThrough(cloud);
  await drained(cloud);
  watched.stop();
  const wanted = wantedOf(cloud.okta);
  const calls = (cloud.velt?.calls ?? []).slice(from);
  const need = necessary(before, wanted, BATCH_SIZE);
  const losing = losersBetween(before, wanted);
  const limit = share === undefined ? need.items : Math.floor(share * need.calls);
  const rows: Row[] = [
    {
      name: 'users, groups and memberships that Velt holds otherwise',
      value: unequal(wanted, heldByVelt(cloud.velt)),
      limit: 0,
    },
    { name: 'Velt calls', value: calls.length, limit },
    { name: 'Velt calls that the batch size makes necessary', value: need.calls },
    { name: 'users, groups and memberships in these calls', value: itemsIn(calls), limit: need.items },
    { name: 'of them necessary', value: need.items },
    { name: 'Okta calls', value: cloud.okta.calls.length - oktaFrom },
    { name: 'people and groups that the run asked about', value: run.asked },
    { name: 'people who could lose something', value: losing },
    { name: 'of them by what the run found', value: run.losing, limit: losing },
    { name: 'reads of single people', value: readsOfPeople(cloud, oktaFrom), limit: losing },
    {
      name: 'table writes of entries and memberships',
      value: watched.writes.entries,
      ...(need.items === 0 && { limit: 0 }),
    },
    { name: 'table writes of the run itself', value: watched.writes.run },
    { name: 'messages given up or parked', value: givenUp(cloud), limit: 0 },
    ...peaks(cloud).map(([name, value]) => ({ name: `${name} until here`, value })),
    { name: 'seconds', value: Math.round((Date.now() - began) / 1000) },
  ];
  const part = { title, people: size, rows, work: watched.work() };
  return { part, held: wanted };
}

/** The first run over the same directory, by functions that are killed, and go on as the schedule lets them. */
async function interrupted(size: number, undisturbed: Work): Promise<Part> {
  say(`${size} people: ${INTERRUPTED}`);
  const began = Date.now();
  // Short seconds, because what a killed deliver was sent comes back after six minutes; its leases must end before that.
  set(template, 'DeliverLambdaFunction', { VELT_LATE_MS: 100 }, 20);
  const cloud = await stand(size, 50);
  try {
    const killer = startKilling(cloud, undisturbed, { kills, seed, say });
    await runThrough(cloud);
    await drained(cloud);
    const killed = killer.stop();
    const wrong = unequal(wantedOf(cloud.okta), heldByVelt(cloud.velt));
    const rows: Row[] = [
      { name: 'users, groups and memberships that Velt holds otherwise', value: wrong, limit: 0 },
      { name: 'kills of backfill that were not reached', value: kills - killed.backfill, limit: 0 },
      { name: 'kills of deliver', value: killed.deliver },
      { name: 'Velt calls', value: cloud.velt?.calls.length ?? 0 },
      { name: 'Okta calls', value: cloud.okta.calls.length },
      { name: 'messages given up or parked', value: givenUp(cloud), limit: 0 },
      { name: 'seconds', value: Math.round((Date.now() - began) / 1000) },
    ];
    return { title: INTERRUPTED, people: size, rows: [...rows, ...memoryRows(cloud)] };
  } finally {
    await cloud.close();
  }
}

async function stand(size: number, secondMs: number): Promise<Cloud> {
  const directory = makeDirectory({ users: size, groups: GROUPS, membershipsPerUser: 1, seed });
  return startCloud({ template, directory, secondMs, log: told });
}

/** What the functions have to say when something is wrong; the first words of it are enough. */
function told(name: string, line: string): void {
  if (/"level":"ERROR"|^ERROR|^event source/.test(line)) say(`${name}: ${line.slice(0, 300)}`);
}

/** Fires the schedule, and what resumes, until the run is over. */
async function runThrough(cloud: Cloud): Promise<Run> {
  for (let input: object = { source: 'okta' }; ; input = { source: 'okta', resume: true }) {
    const { error, payload } = await cloud.fire('backfill', input);
    const { okta: run } = (payload ?? {}) as Awaited<ReturnType<typeof runAll>>;
    if (error || run === undefined) say(`backfill failed: ${error?.type}`);
    else if (run === 'nothing') throw new Error('the run is gone');
    else if (run !== 'busy') {
      if (run.state === 'done') return run;
      if (run.state !== 'running') throw new Error(`the run is ${run.state}: ${run.reason}`);
    }
    await sleep(LEASE_MS / 10);
  }
}

function drained(cloud: Cloud): Promise<void> {
  return drain(cloud, { withinMs: PATIENCE_MS, everyMs: 10_000, say });
}

/** How often Okta was asked for one person, since so many calls. */
function readsOfPeople({ okta }: Cloud, from: number): number {
  return okta.calls.slice(from).filter(({ path }) => /^\/api\/v1\/users\/[^/?]+$/.test(path)).length;
}

/** The most memory that a process of each function ever had (MB), by what the row is called. */
function peaks(cloud: Cloud): [name: string, mb: number][] {
  const used = Object.entries(cloud.peakMemory()).filter(([, bytes]) => bytes > 0);
  return used.map(([name, bytes]) => [`peak memory of ${name}, MB`, mb(bytes)]);
}

function memoryRows(cloud: Cloud): Row[] {
  return peaks(cloud).map(([name, value]) => ({ name, value, limit: MEMORY_LIMIT_MB }));
}

/** What functions had at their peak through all runs over a directory, and how much more than with a small one. */
function memoryPart(size: number, cloud: Cloud): Part {
  const small = parts.find(({ title, people }) => title === MEMORY && people < size)?.rows ?? [];
  const rows = memoryRows(cloud).flatMap((row) => {
    const before = small.find(({ name }) => name === row.name);
    if (!before) return row;
    const more = { name: `${row.name}, more than for ${SMALL} people`, value: row.value - before.value };
    return [row, { ...more, limit: MEMORY_GROWTH_MB }];
  });
  return { title: MEMORY, people: size, rows };
}

/** Gives a function of the template other settings than it is deployed with. */
function set(
  { Resources }: Template,
  name: string,
  variables: Record<string, number>,
  timeout?: number,
): void {
  const lambda = Resources[name]?.Properties as {
    Timeout: number;
    Environment: { Variables: Record<string, string> };
  };
  for (const [variable, value] of Object.entries(variables))
    lambda.Environment.Variables[variable] = String(value);
  if (timeout !== undefined) lambda.Timeout = timeout;
}

function print(): void {
  for (const part of parts) {
    console.log(`\n${part.people} people: ${part.title}`);
    for (const { name, value, limit } of rows.filter((row) => row.part === part)) {
      const bound = limit === undefined ? '' : `  ${value > limit ? 'MISSED:' : ''} at most ${limit}`;
      console.log(`  ${name.padEnd(60)}${String(value).padStart(9)}${bound}`);
    }
  }
  console.log(
    `\n${missed.length} missed, ${Math.round((Date.now() - startedAt) / 1000)} seconds, seed ${seed}`,
  );
}

function mb(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
