import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pMap from 'p-map';
import { type Cloud, startCloud } from '../../local/cloud/cloud.ts';
import { makeDirectory } from '../../local/doubles/okta/made.ts';
import { countOf, readCommandLine } from '../../scripts/command-line.ts';
import { packageWith } from '../support/package-with.ts';
import { heldByVelt, wantedOf } from './backfill-truth.ts';
import { compare } from './comparison.ts';
import { seeded } from './seeded.ts';
import { drain, givenUp, post, rowsText, shuffled, startSaying } from './traffic.ts';
import { NEWEST, packageRelease } from './upgrade-release.ts';
import { type Delivery, live, makeAuth0Directory, wantedOfAuth0 } from './upgrade-traffic.ts';

/**
 * `npm run test:upgrade`: a release runs on the local cloud, and while both vendors send webhooks and schedules fire, it is upgraded
 * to this checkout, taken back, and upgraded again, one function after the other in any order. In the end every webhook was taken,
 * nothing is dead, parked or dropped, and Velt holds what the directories hold. That is asked of the doubles, and not of lib/.
 */
const { values } = readCommandLine(
  `npm run test:upgrade -- [--from ${NEWEST}] [--changes 40] [--people 300] [--seed N]
  --changes   of each directory, before, between and after the changes of any two functions
  --seed      default: another one each time, which is printed`,
  {
    options: {
      from: { type: 'string', default: NEWEST },
      changes: { type: 'string', default: '40' },
      people: { type: 'string', default: '300' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    },
  },
);
const changes = countOf('changes', values.changes);
const people = countOf('people', values.people);
const seed = countOf('seed', values.seed);

const CONFIG = {
  sources: {
    okta: { kind: 'okta', organization: 'acme-workforce', api: {} },
    auth0: { kind: 'auth0', organization: 'acme-customers', api: {} },
  },
  // Webhooks come late here, so that a run finds many who left: it asks about all of them, and none is stopped.
  reconcile: { removalShare: 1 },
};
const SOURCES = Object.keys(CONFIG.sources);
const FIRED = ['catch-up', 'sweep', ...SOURCES.map((source) => ({ source }))];
const DELIVERIES_AT_ONCE = 8;
/** How far a delivery may be overtaken, which share comes twice, and which only after later ones. */
const ORDER = { window: 10, twice: 0.05 };
const LATE = 0.15;
const PATIENCE_MS = 10 * 60_000;
/** What docs/releases.md says stays at 0. */
const LOSSES = /"(EntriesUnreadable|MessagesBuried|ChangesDropped)":\[?[1-9]/;

const startedAt = Date.now();
const say = startSaying(console.error);
const random = seeded(seed);
const folder = await mkdtemp(join(tmpdir(), 'upgrade-'));
const release = join(folder, 'release');
let checkout = '';
try {
  say(`from ${values.from} to this checkout and back, seed ${seed}`);
  await packageRelease(values.from, CONFIG, release);
  checkout = await packageWith(CONFIG);
  process.exitCode = (await changeOver()) ? 0 : 1;
} finally {
  for (const made of [folder, checkout].filter(Boolean)) await rm(made, { recursive: true, force: true });
}

/** Whether nothing was lost. */
async function changeOver(): Promise<boolean> {
  const errors: string[] = [];
  const losses: string[] = [];
  const cloud = await startCloud({
    root: release,
    directory: makeDirectory({ users: people, groups: 20, membershipsPerUser: 2, seed }),
    auth0: { directory: makeAuth0Directory(people) },
    log: (name, line) => {
      if (/"level":"ERROR"|^ERROR|^event source/.test(line)) errors.push(`${name} ${line}`);
      if (LOSSES.test(line)) losses.push(`${name} ${line}`);
    },
  });
  try {
    const traffic = startTraffic(cloud);
    await runs(cloud);
    say('the release runs, and Velt holds who was there');
    await traffic.go();
    for (const [where, root] of Object.entries({ up: checkout, back: release, 'up again': checkout })) {
      await cloud.deploy({
        root,
        order: (names) => shuffled(names, random, { window: names.length, twice: 0 }),
        between: () => traffic.go(),
      });
      say(`${where}: ${traffic.sent()} webhooks, ${cloud.velt?.calls.length} Velt calls`);
      await traffic.go();
    }
    await traffic.end();
    await drain(cloud, { withinMs: PATIENCE_MS, everyMs: 5_000, say });
    const left = differences(cloud);
    say('the last messages are delivered');
    const states = await runs(cloud);
    await drain(cloud, { withinMs: PATIENCE_MS, everyMs: 5_000, say });
    const after = differences(cloud);
    const bad: [string, number][] = [
      ['webhooks not answered by 200', traffic.refused()],
      ['messages dead or parked', givenUp(cloud)],
      ['changes dropped, or unreadable', losses.length],
      ['lost, wrong or resurrected', left.length],
      ['the same after a run of each source', after.length],
      ['runs that were not done', states.filter((state) => state !== 'done').length],
      ['errors in the logs', errors.length],
    ];
    const counted: [string, number][] = [
      ['webhooks, repeats included', traffic.sent()],
      ['schedules fired beside them', traffic.fired()],
      ['Velt calls', cloud.velt?.calls.length ?? 0],
      ['seconds', Math.round((Date.now() - startedAt) / 1000)],
    ];
    console.log(rowsText([['seed', seed], ...counted, ...bad]));
    console.log([...left, ...after, ...losses, ...errors].slice(0, 30).join('\n'));
    return bad.every(([, count]) => count === 0);
  } finally {
    await cloud.close();
  }
}

/** Lives, sends what the vendors say of it, and fires schedules beside it. Some deliveries come only with later ones. */
function startTraffic(cloud: Cloud) {
  let late: Delivery[] = [];
  const firing: Promise<unknown>[] = [];
  const counts = { sent: 0, refused: 0 };
  const send = (deliveries: Delivery[]) =>
    pMap(
      deliveries,
      async ({ source, body }) => {
        const status = await post(cloud, source, body);
        counts.sent += 1;
        if (status !== 200) counts.refused += 1;
      },
      { concurrency: DELIVERIES_AT_ONCE },
    );
  return {
    async go(): Promise<void> {
      const fired = FIRED[Math.floor(random() * FIRED.length)] ?? '';
      firing.push(typeof fired === 'string' ? cloud.fire(fired) : cloud.fire('backfill', fired));
      const happened = shuffled([...late, ...(await live(cloud, changes, random))], random, ORDER);
      late = [];
      const now: Delivery[] = [];
      for (const delivery of happened) (random() < LATE ? late : now).push(delivery);
      await send(now);
    },
    async end(): Promise<void> {
      await send(late);
      await Promise.all(firing);
    },
    sent: () => counts.sent,
    refused: () => counts.refused,
    fired: () => firing.length,
  };
}

/** Runs over each source until it is over; returns the states in which they ended. */
async function runs(cloud: Cloud): Promise<string[]> {
  const states: string[] = [];
  for (const source of SOURCES) {
    let state = 'running';
    for (let input: object = { source }; state === 'running'; input = { source, resume: true }) {
      const { payload, error } = await cloud.fire('backfill', input);
      const run = (payload as Record<string, { state: string } | string> | undefined)?.[source];
      state = error?.type ?? (typeof run === 'object' ? run.state : (run ?? 'nothing'));
    }
    states.push(state);
  }
  await cloud.idle({ withinMs: PATIENCE_MS });
  return states;
}

function differences({ velt, okta, auth0 }: Cloud): string[] {
  const reports = [
    compare(wantedOf(okta), heldByVelt(velt, 'acme-workforce')),
    compare(wantedOfAuth0(auth0), heldByVelt(velt, 'acme-customers')),
  ];
  return reports.flatMap((report) => Object.values(report).flat());
}
