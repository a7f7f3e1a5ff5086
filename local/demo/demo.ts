import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { readCommandLine } from '../../scripts/command-line.ts';
import { tableText } from '../../scripts/table.ts';
import { type Cloud, startCloud } from '../cloud/cloud.ts';
import { packageProject } from '../cloud/package.ts';
import type { VeltState } from '../doubles/velt/velt.ts';
import { demoDirectory, demoParameters } from './directory.ts';
import { type EventFile, readEvents } from './events.ts';
import { type Played, play } from './play.ts';

/**
 * `npm run demo`: sends every valid file of events/ to the local cloud, in the order of the vendors' own times, and prints
 * the outcome of each and what is in Velt in the end. Exit code 0 only if every event had the outcome that its file expects.
 */
readCommandLine('npm run demo', {});
const startedAt = Date.now();
const lines: string[] = [];

step('Building the functions and packaging serverless.yml');
await packageProject(process.cwd()).catch(giveUp);
step('Starting the packaged template on this machine');
const cloud = await startCloud({
  directory: demoDirectory,
  parameters: demoParameters,
  log: (name, line) => lines.push(`${name} ${line}`),
}).catch(giveUp);
let failures = 0;
try {
  const events = readEvents().filter(({ name }) => !name.includes('.invalid-'));
  step(`Sending ${events.length} events`);
  const played = await playAll(events, cloud);
  print(played, events);
  await printVelt(cloud);
  const parked = await depthOf(cloud, 'ParkedQueue');
  const dead = await depthOf(cloud, 'ChangesDeadQueue');
  if (parked + dead > 0) console.log(`\nMessages left in queues: ${parked} parked, ${dead} dead`);
  failures = played.filter(({ surprises }) => surprises.length > 0).length + parked + dead;
} finally {
  await cloud.close();
}
const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
console.log(
  failures === 0
    ? `\nEvery event had its expected outcome (${seconds} s).`
    : `\n${failures} outcomes were not as expected (${seconds} s).`,
);
if (failures > 0) console.log(lines.slice(-40).join('\n'));
process.exitCode = failures === 0 ? 0 : 1;

function giveUp({ message }: Error): never {
  console.error(`The local cloud did not start: ${message}`);
  process.exit(1);
}

function step(text: string): void {
  console.log(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(5)} s  ${text}`);
}

async function playAll(events: EventFile[], target: Cloud): Promise<Played[]> {
  const played: Played[] = [];
  for (const event of events) {
    played.push(await play(event, target));
    if (process.stdout.isTTY) process.stdout.write(`\r         ${played.length}/${events.length}`);
  }
  if (process.stdout.isTTY) process.stdout.write('\r');
  return played;
}

function print(played: Played[], events: EventFile[]): void {
  const rows: string[][] = played.map(({ name, changes, calls, outcome, surprises }) => [
    surprises.length === 0 ? '' : '✗',
    name,
    String(changes),
    shorten(calls),
    outcome,
  ]);
  console.log(
    `\n${tableText([['', 'event', 'changes', 'Velt calls', 'outcome'], ...rows], { ruled: true, indent: 0 })}`,
  );
  for (const [index, { name, surprises }] of played.entries()) {
    if (surprises.length > 0)
      console.log(`\n✗ ${name}: ${events[index]?.about}\n    ${surprises.join('\n    ')}`);
  }
}

async function printVelt({ veltUrl }: Cloud): Promise<void> {
  const { state } = (await (await fetch(`${veltUrl}/__state`)).json()) as { state: VeltState };
  console.log('\nNow in Velt');
  for (const [id, { users, groups }] of Object.entries(state.organizations)) {
    console.log(`\n  organization ${id}`);
    const people = Object.entries(users).map(([userId, { name, email = '' }]) => [
      userId,
      `${name}`,
      `${email}`,
    ]);
    console.log(tableText([['user', 'name', 'e-mail'], ...people], { ruled: true, indent: 4 }));
    for (const [groupId, { groupName, members }] of Object.entries(groups)) {
      console.log(`    group ${groupName} (${groupId}): ${members.join(', ') || 'nobody'}`);
    }
  }
}

async function depthOf({ stack, admin }: Cloud, queue: string): Promise<number> {
  const sqs = new SQSClient(admin);
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: stack.ref(queue),
      AttributeNames: ['ApproximateNumberOfMessages'],
    }),
  );
  sqs.destroy();
  return Number(Attributes?.ApproximateNumberOfMessages ?? 0);
}

/** `/v2/organizations/usergroups/users/add` twice reads `usergroups/users/add ×2`. */
function shorten(calls: string[]): string {
  const counts = new Map<string, number>();
  for (const path of calls) {
    const short = path.replace(/^\/v\d\//, '').replace(/^organizations\//, '');
    counts.set(short, (counts.get(short) ?? 0) + 1);
  }
  return [...counts].map(([short, count]) => (count === 1 ? short : `${short} ×${count}`)).join(', ');
}
