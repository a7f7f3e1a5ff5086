import { setTimeout as sleep } from 'node:timers/promises';
import pMap from 'p-map';
import { type Cloud, startCloud } from '../../local/cloud/cloud.ts';
import { packageProject } from '../../local/cloud/package.ts';
import { readTemplate, type Template } from '../../local/cloud/template/template.ts';
import { countOf, readCommandLine } from '../../scripts/command-line.ts';
import {
  membershipAdd,
  membershipRemove,
  oktaDelivery,
  userActivate,
  userCreate,
  userDeactivate,
  userUpdate,
} from '../support/okta-deliveries.ts';
import { seeded } from './seeded.ts';

/**
 * `npm run chaos`: a company lives through thousands of changes, Okta tells of them late, twice and out of order, Velt fails
 * on every fifth call, and a worker is killed every few seconds. In the end Velt must hold the company as it is.
 * The truth is the company itself, so nothing of lib/ decides what is right. Whom Velt failed on alone three times is tried again
 * by the sweep, minutes later, as in a deployment: where somebody is not right yet, the sweep is given the time for it.
 */
const USAGE =
  'npm run chaos -- [--changes 20000] [--people 5000] [--groups 50] [--seed 1] [--fault-share 0.2] [--kill-every 3000]';
const { values } = readCommandLine(USAGE, {
  options: {
    changes: { type: 'string', default: '20000' },
    people: { type: 'string', default: '5000' },
    groups: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    'fault-share': { type: 'string', default: '0.2' },
    'kill-every': { type: 'string', default: '3000' },
  },
});
const size = {
  changes: countOf('changes', values.changes),
  people: countOf('people', values.people),
  groups: countOf('groups', values.groups),
};
const faultShare = Number(values['fault-share']);
const EVENTS_PER_DELIVERY = 20;
const DELIVERIES_AT_ONCE = 8;
/** How far a delivery may be overtaken, and which share of them comes twice. */
const SHUFFLE_WINDOW = 25;
const DUPLICATES = 0.05;
/** How long a second of SQS lasts (ms). */
const SECOND_MS = 20;
/** When the sweep tries again whom Velt refused twice (docs/operations.md: after five minutes and ten), and how often it runs here. */
const RETRIES_MS = (5 + 10) * 60_000;
const SWEEP_EVERY_MS = 15_000;
const CHANGES = 'velt-directory-sync-dev-changes.fifo';
const ORGANIZATION = 'acme-workforce';

interface Person {
  id: string;
  name: string;
  here: boolean;
  groups: Set<string>;
}

const random = seeded(countOf('seed', values.seed));
const startedAt = Date.now();

const { company, events } = live();
const deliveries = shuffled(chunked(events, EVENTS_PER_DELIVERY).map((part) => oktaDelivery(...part)));
say(
  `${size.changes} changes of ${company.size} people in ${deliveries.length} deliveries (seed ${values.seed})`,
);

await packageProject(process.cwd());
const template = await readTemplate(process.cwd());
letLeasesEnd(template);
const lines: string[] = [];
const cloud = await startCloud({
  template,
  secondMs: SECOND_MS,
  log: (name, line) => lines.push(`${name} ${line}`),
});
let kills = 0;
const killer = setInterval(
  () => {
    if (cloud.killOne('deliver')) kills += 1;
  },
  countOf('kill-every', values['kill-every']),
);
for (const answer of faultsOf(faultShare)) cloud.velt?.faults.add(answer);

let sent = 0;
await pMap(
  deliveries,
  async (delivery) => {
    await post(cloud, delivery);
    sent += 1;
    if (sent % 100 === 0)
      say(`${sent}/${deliveries.length} deliveries sent, ${cloud.velt?.calls.length} Velt calls`);
  },
  { concurrency: DELIVERIES_AT_ONCE },
);
await drain('queue drained');
clearInterval(killer);
cloud.velt?.faults.clear();
const atFirst = countOfFailures(compare(company, cloud));
await sweepUntilRight(cloud);
const left = await deadLetters(cloud);
const report = compare(company, cloud);
const calls = cloud.velt?.calls ?? [];
const rows: [string, string | number][] = [
  ['changes', size.changes],
  ['people', company.size],
  ['deliveries, repeats included', deliveries.length],
  ['Velt calls made', calls.length],
  ['of these answered by a fault', calls.filter(({ status }) => status !== 200).length],
  ['Velt calls that changed something', calls.filter(({ effective }) => effective).length],
  ['workers killed', kills],
  ['messages in the dead-letter queue', left],
  ['left to the sweep', atFirst],
  ['lost (missing in Velt)', report.lost.length],
  ['wrong (name, or membership)', report.wrong.length],
  ['resurrected (in Velt, but gone)', report.resurrected.length],
  ['seconds', Math.round((Date.now() - startedAt) / 1000)],
];
console.log(`\n${rows.map(([name, value]) => `${name.padEnd(36)}${String(value).padStart(8)}`).join('\n')}`);
await cloud.close();
const failures = Object.values(report).flat();
if (failures.length + left > 0)
  console.log(
    `\n${lines
      .filter((line) => /error/i.test(line))
      .slice(-20)
      .join('\n')}\n${failures.slice(0, 20).join('\n')}`,
  );
process.exitCode = failures.length + left > 0 ? 1 : 0;

/** Lives the company's history and writes down what Okta would say of it. */
function live(): { company: Map<string, Person>; events: object[] } {
  const company = new Map<string, Person>();
  const told: object[] = [];
  const groups = Array.from({ length: size.groups }, (_, index) => ({
    id: `00g${index}`,
    name: `Group ${index}`,
  }));
  for (let change = 0; change < size.changes; change += 1) {
    const published = new Date(Date.UTC(2026, 8, 1) + change * 10).toISOString();
    const at = { published, uuid: `event-${change}` };
    if (change < size.people) {
      const person: Person = { id: `00u${change}`, name: `Name 00u${change}`, here: true, groups: new Set() };
      company.set(person.id, person);
      told.push(userCreate(person.id, at));
      continue;
    }
    const person = company.get(`00u${Math.floor(random() * size.people)}`) as Person;
    const group = groups[Math.floor(random() * groups.length)] as (typeof groups)[number];
    const dice = random();
    if (dice < 0.15) {
      person.name = `Name ${change}`;
      told.push(userUpdate(person.id, { ...at, displayName: person.name }));
    } else if (dice < 0.6) {
      person.groups.add(group.id);
      told.push(membershipAdd(person.id, group.id, group.name, at));
    } else if (dice < 0.8) {
      const [old] = person.groups;
      person.groups.delete(old ?? '');
      told.push(membershipRemove(person.id, old ?? group.id, 'any', at));
    } else if (person.here) {
      person.here = false;
      told.push(userDeactivate(person.id, at));
    } else {
      person.here = true;
      told.push(userActivate(person.id, { ...at, displayName: person.name }));
    }
  }
  return { company, events: told };
}

/**
 * A killed worker's leases last in real time, and SQS's seconds are short: the leases end before its messages come back.
 */
function letLeasesEnd({ Resources }: Template): void {
  const deliver = Resources.DeliverLambdaFunction?.Properties as {
    Timeout: number;
    Environment: { Variables: Record<string, string> };
  };
  deliver.Timeout = 12;
  deliver.Environment.Variables.VELT_LATE_MS = '100';
}

type Report = Record<'lost' | 'wrong' | 'resurrected', string[]>;

function countOfFailures(report: Report): number {
  return Object.values(report).flat().length;
}

/** Runs the sweep until Velt holds the company, or for so long that it has tried everybody again who was refused. */
async function sweepUntilRight(cloud: Cloud): Promise<void> {
  const until = Date.now() + RETRIES_MS + 2 * SWEEP_EVERY_MS;
  while (countOfFailures(compare(company, cloud)) > 0 && Date.now() < until) {
    await sleep(SWEEP_EVERY_MS);
    await cloud.fire('sweep', {});
    await cloud.idle({ withinMs: 60_000 });
    say('swept');
  }
}

function compare(truth: Map<string, Person>, { velt }: Cloud): Report {
  const { users = {}, groups = {} } = velt?.state().organizations[ORGANIZATION] ?? {};
  const report = { lost: [] as string[], wrong: [] as string[], resurrected: [] as string[] };
  const membersOf = new Map(Object.entries(groups).map(([id, { members }]) => [id, new Set(members)]));
  for (const { id, name, here, groups: should } of truth.values()) {
    if (here && !users[id]) report.lost.push(`lost: ${id}`);
    if (here && users[id] && users[id].name !== name)
      report.wrong.push(`wrong: ${id} is ${users[id].name}, not ${name}`);
    if (!here && users[id]) report.resurrected.push(`resurrected: ${id}`);
    for (const [groupId, members] of membersOf) {
      const is = members.has(id);
      if (is && !here) report.resurrected.push(`resurrected: ${id} in ${groupId}`);
      else if (here && is !== should.has(groupId))
        report.wrong.push(`wrong: ${id} is ${is ? '' : 'not '}in ${groupId}`);
    }
    for (const groupId of should) if (here && !membersOf.has(groupId)) report.lost.push(`lost: ${groupId}`);
  }
  return report;
}

/** A fault each for an equal part of the share: refused for load, failed without and with effect, cut off after it. */
function faultsOf(share: number) {
  const answers = [
    { applied: false, answer: { kind: 'status', status: 429, errorStatus: 'RESOURCE_EXHAUSTED' } },
    { applied: false, answer: { kind: 'status', status: 503 } },
    { applied: true, answer: { kind: 'status', status: 500 } },
    { applied: true, answer: { kind: 'reset' } },
  ] as const;
  // The first rule that strikes decides, so each must be likelier than the one before for equal parts.
  return answers.map((rule, index) => ({
    ...rule,
    probability: share / answers.length / (1 - (share / answers.length) * index),
  }));
}

async function post({ sources }: Cloud, delivery: object): Promise<void> {
  const { url, headers } = sources.okta ?? { url: '', headers: {} };
  const body = JSON.stringify(delivery);
  const answer = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body,
  });
  if (answer.status !== 200)
    throw new Error(`a delivery was answered ${answer.status}: ${await answer.text()}`);
}

async function drain(what: string): Promise<void> {
  const progress = setInterval(() => {
    const { visible, inFlight, delayed } = cloud.aws?.sqs.depth(CHANGES) ?? {
      visible: 0,
      inFlight: 0,
      delayed: 0,
    };
    say(
      `${visible + inFlight + delayed} messages left, ${cloud.velt?.calls.length} Velt calls, ${kills} workers killed`,
    );
  }, 5_000);
  await cloud.idle({ withinMs: 15 * 60_000 }).finally(() => clearInterval(progress));
  say(what);
}

async function deadLetters({ aws }: Cloud): Promise<number> {
  return aws?.sqs.depth('velt-directory-sync-dev-changes-dead.fifo').visible ?? 0;
}

function shuffled<T>(items: T[]): T[] {
  const repeated = items.flatMap((item) => (random() < DUPLICATES ? [item, item] : [item]));
  return repeated
    .map((item, index) => ({ item, place: index + random() * SHUFFLE_WINDOW }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

function chunked<T>(items: T[], count: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / count) }, (_, index) =>
    items.slice(index * count, (index + 1) * count),
  );
}

function say(text: string): void {
  console.log(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${text}`);
}
