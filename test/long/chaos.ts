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
import { type Held, heldByVelt, profileOf } from './backfill-truth.ts';
import { compare, countOfFailures, type Report } from './comparison.ts';
import { seeded } from './seeded.ts';
import { chunked, drain, givenUp, post, rowsText, shuffled, startSaying } from './traffic.ts';

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
const ORGANIZATION = 'acme-workforce';

interface Person {
  id: string;
  name: string;
  here: boolean;
  groups: Set<string>;
}

const random = seeded(countOf('seed', values.seed));
const startedAt = Date.now();
const say = startSaying(console.log);

const { company, events } = live();
const deliveries = shuffled(
  chunked(events, EVENTS_PER_DELIVERY).map((part) => oktaDelivery(...part)),
  random,
  { window: SHUFFLE_WINDOW, twice: DUPLICATES },
);
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
    const status = await post(cloud, 'okta', delivery);
    if (status !== 200) throw new Error(`a delivery was answered ${status}`);
    sent += 1;
    if (sent % 100 === 0)
      say(`${sent}/${deliveries.length} deliveries sent, ${cloud.velt?.calls.length} Velt calls`);
  },
  { concurrency: DELIVERIES_AT_ONCE },
);
await drain(cloud, { withinMs: 15 * 60_000, everyMs: 5_000, say });
say(`queue drained, ${kills} workers killed`);
clearInterval(killer);
cloud.velt?.faults.clear();
const atFirst = countOfFailures(compareWith(company, cloud));
await sweepUntilRight(cloud);
const left = givenUp(cloud);
const report = compareWith(company, cloud);
const calls = cloud.velt?.calls ?? [];
const rows: [string, string | number][] = [
  ['changes', size.changes],
  ['people', company.size],
  ['deliveries, repeats included', deliveries.length],
  ['Velt calls made', calls.length],
  ['of these answered by a fault', calls.filter(({ status }) => status !== 200).length],
  ['Velt calls that changed something', calls.filter(({ effective }) => effective).length],
  ['workers killed', kills],
  ['messages dead or parked', left],
  ['left to the sweep', atFirst],
  ['lost (missing in Velt)', report.lost.length],
  ['wrong (name, or membership)', report.wrong.length],
  ['resurrected (in Velt, but gone)', report.resurrected.length],
  ['seconds', Math.round((Date.now() - startedAt) / 1000)],
];
console.log(`\n${rowsText(rows)}`);
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

/** Runs the sweep until Velt holds the company, or for so long that it has tried everybody again who was refused. */
async function sweepUntilRight(cloud: Cloud): Promise<void> {
  const until = Date.now() + RETRIES_MS + 2 * SWEEP_EVERY_MS;
  while (countOfFailures(compareWith(company, cloud)) > 0 && Date.now() < until) {
    await sleep(SWEEP_EVERY_MS);
    await cloud.fire('sweep', {});
    await cloud.idle({ withinMs: 60_000 });
    say('swept');
  }
}

/** What Velt should hold. The events name a group as they like, so that its name is whatever Velt holds. */
function wantedOf(truth: Map<string, Person>, { groups }: Held): Held {
  const here = [...truth.values()].filter((person) => person.here);
  const users = here.map(
    ({ id, name }) => [id, profileOf({ name, email: `${id.toLowerCase()}@example.com` })] as const,
  );
  const groupIds = new Set(here.flatMap((person) => [...person.groups]));
  const wanted = [...groupIds].map((groupId) => {
    const members = here.filter((person) => person.groups.has(groupId)).map(({ id }) => id);
    return [groupId, { name: groups.get(groupId)?.name ?? '', members: new Set(members) }] as const;
  });
  return { users: new Map(users), groups: new Map(wanted) };
}

function compareWith(truth: Map<string, Person>, { velt }: Cloud): Report {
  const held = heldByVelt(velt, ORGANIZATION);
  return compare(wantedOf(truth, held), held);
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
