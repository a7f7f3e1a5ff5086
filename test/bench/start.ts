import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildFunctions } from '../../scripts/build.ts';
import { countOf, readCommandLine } from '../../scripts/command-line.ts';
import { OWN_CONFIG } from '../../scripts/config-file.ts';
import { tableText } from '../../scripts/table.ts';
import { bundleReferences, sizeOf } from './bundles.ts';
import { type Cold, startCold, type Took } from './cold.ts';
import { deliverEvent, webhookEvent } from './events.ts';
import { createQuota, type Quota } from './quota.ts';
import { median, rounded, spread } from './ratios.ts';
import { keepResult } from './results.ts';
import { startWorld } from './world.ts';

/**
 * `npm run bench:start`: what the functions take until their first answer, beside the references: each time a process of its own, all of
 * them by turns in one run. What counts are ratios within one round, by CPU: clocks tell what else the machine does. `--beside` names
 * the `dist` of another build, which is run in the same rounds. Writes test/bench/results/start.json.
 *
 * Everything is on this machine, so that there is no network in it. NODE_OPTIONS and NODE_EXTRA_CA_CERTS, which cost every start, are not
 * passed on.
 */
const { values } = readCommandLine(
  'npm run bench:start -- [--rounds 25] [--throttled 7] [--beside ../other/dist]',
  {
    options: {
      rounds: { type: 'string', default: '25' },
      throttled: { type: 'string', default: '7' },
      beside: { type: 'string' },
    },
  },
);

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The memory of a function (MB), and the memory for which Lambda gives a whole CPU. */
const MEMORIES = [128, 512];
const WHOLE_CPU_MB = 1769;

interface Variant {
  name: string;
  bundle: string;
  /** `id` is another one each time: a person is new once. */
  events: (id: string) => unknown[];
  typical?: string;
}
type Round = ReadonlyMap<string, Cold>;

const folder = await mkdtemp(join(tmpdir(), 'bench-'));
const world = await startWorld({ tls: true });
try {
  const variants = await variantsIn(folder, values.beside);
  const bundleKb = Object.fromEntries(
    await Promise.all(variants.map(async ({ name, bundle }) => [name, await sizeOf(bundle)])),
  );
  const full = await measure(variants, countOf('rounds', values.rounds));
  const starts = Object.fromEntries(variants.map((one) => [one.name, startOf(one, full)]));
  const throttled: Record<string, Record<string, object>> = {};
  const fewer = countOf('throttled', values.throttled);
  for (const memory of MEMORIES) {
    const quota = fewer > 0 ? createQuota(memory / WHOLE_CPU_MB) : undefined;
    if (!quota) break;
    const some = await measure(variants, fewer, quota);
    throttled[memory] = Object.fromEntries(variants.map((one) => [one.name, throttledOf(one, some)]));
    quota.close();
  }
  const file = keepResult('start', {
    ...{ rounds: full.length, throttledRounds: fewer, bundleKb, starts, throttled },
  });
  print(bundleKb, starts, throttled);
  console.log(`\nThe result is in ${file}.`);
} finally {
  await world.close();
  await rm(folder, { recursive: true });
}

async function variantsIn(outdir: string, beside: string | undefined): Promise<Variant[]> {
  const names = ['empty', 'floor', 'typical-webhook', 'typical-deliver'] as const;
  const references = await bundleReferences(names, outdir);
  await buildFunctions(ROOT, OWN_CONFIG);
  const webhook = { typical: 'typical-webhook', events: (id: string) => [webhookEvent(id)] };
  const deliver = { typical: 'typical-deliver', events: (id: string) => [deliverEvent(id)] };
  const functionsIn = (dist: string, suffix = '') => [
    { name: `webhook${suffix}`, bundle: join(dist, 'webhook/index.mjs'), ...webhook },
    { name: `deliver${suffix}`, bundle: join(dist, 'deliver/index.mjs'), ...deliver },
  ];
  return [
    { name: 'empty', bundle: references.empty, events: () => [{}] },
    { name: 'floor', bundle: references.floor, events: () => [{}] },
    ...functionsIn(join(ROOT, 'dist')),
    ...(beside === undefined ? [] : functionsIn(resolve(beside), ' beside')),
    { name: 'typical-webhook', bundle: references['typical-webhook'], ...webhook },
    { name: 'typical-deliver', bundle: references['typical-deliver'], ...deliver },
  ];
}

/** Starts every variant once a round, in another order each time. */
async function measure(variants: Variant[], rounds: number, quota?: Quota): Promise<Round[]> {
  const measured: Round[] = [];
  for (let round = -1; round < rounds; round += 1) {
    const found = new Map<string, Cold>();
    const order = variants.map((_, index) => variants[(index + round + 1) % variants.length] as Variant);
    for (const { name, bundle, events } of order) {
      const id = `${name.replace(/\W/g, '-')}-${quota ? 't' : ''}${Date.now()}`;
      const limits = quota && { cgroup: quota.folder };
      const cold = await startCold(bundle, { env: world.env, events: events(id), ...limits });
      if (JSON.stringify(cold.answers).includes('itemIdentifier') || faultIn(cold))
        throw new Error(`${name} failed: ${JSON.stringify(cold.answers)}\n${cold.stdout}`);
      found.set(name, cold);
    }
    // The first round reads the bundles from disk, and is the only one.
    if (round >= 0) measured.push(found);
  }
  return measured;
}

function faultIn({ answers }: Cold): boolean {
  return answers.some((answer) => ((answer as { statusCode?: number }).statusCode ?? 200) !== 200);
}

/** What a variant took (ms) and its ratios to the floor and to the typical stack; `invocation` is the first one, after init. */
function startOf({ name, typical }: Variant, all: Round[]) {
  const of = (pick: (cold: Cold) => number) => rounded(median(all.map((round) => pick(coldOf(round, name)))));
  const to = (other: string, pick: (took: Took) => number) =>
    spread(all.map((round) => pick(coldOf(round, name)) / pick(coldOf(round, other))));
  const ratios = (other: string) => ({
    cpu: to(other, ({ cpu }) => cpu),
    wall: to(other, ({ wall }) => wall),
  });
  return {
    cpuMs: of(({ cpu }) => cpu),
    wallMs: of(({ wall }) => wall),
    init: { cpuMs: of(({ init }) => init.cpu), wallMs: of(({ init }) => init.wall) },
    invocation: { cpuMs: of((cold) => first(cold).cpu), wallMs: of((cold) => first(cold).wall) },
    rssMb: of(({ rssMb }) => rssMb),
    toFloor: ratios('floor'),
    ...(typical && { toTypical: ratios(typical) }),
  };
}

/** Under a quota the clock is what is asked for: the time until the first answer, and how much of it is the invocation (ms). */
function throttledOf({ name, typical }: Variant, all: Round[]) {
  const of = (pick: (cold: Cold) => number) => rounded(median(all.map((round) => pick(coldOf(round, name)))));
  const to = (other: string) =>
    spread(all.map((round) => coldOf(round, name).wall / coldOf(round, other).wall));
  const took = { wallMs: of(({ wall }) => wall), invocationMs: of((cold) => first(cold).wall) };
  return { ...took, toFloor: to('floor'), ...(typical && { toTypical: to(typical) }) };
}

function first({ invocations: [invocation] }: Cold): Took {
  return invocation as Took;
}

function coldOf(round: Round, name: string): Cold {
  return round.get(name) as Cold;
}

function print(
  bundleKb: Record<string, number>,
  starts: Record<string, ReturnType<typeof startOf>>,
  throttled: Record<string, Record<string, object>>,
): void {
  const rows = Object.entries(starts).map(([name, one]) => [
    ...[name, bundleKb[name], one.cpuMs, one.init.cpuMs, one.invocation.cpuMs, one.wallMs, one.rssMb],
    ...[one.toFloor.cpu.median, one.toTypical?.cpu.median ?? '', one.toFloor.wall.median],
    one.toTypical?.wall.median ?? '',
  ]);
  const head = [
    ...['', 'KB', 'CPU ms', 'init', 'first invocation', 'wall ms', 'RSS MB'],
    ...['CPU/floor', 'CPU/typical', 'wall/floor', 'wall/typical'],
  ];
  console.log(tableText([head, ...rows.map((row) => row.map(String))], { numbers: true }));
  for (const [memory, variants] of Object.entries(throttled)) {
    const lines = Object.entries(variants).map(([name, one]) => [name, JSON.stringify(one)]);
    console.log(`\n${memory} MB\n${tableText(lines)}`);
  }
}
