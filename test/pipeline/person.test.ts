import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { localCloudOf } from '../../scripts/local-cloud.ts';
import type { Answer } from '../../scripts/person-text.ts';
import { personChange } from '../support/factories.ts';
import { oktaDelivery, userCreate } from '../support/okta-deliveries.ts';
import { sync } from '../support/sync.ts';
import { standUp, type TestCloud } from './cloud.ts';

const FILE = 'events/okta/user.lifecycle.create.json';

test('a sample is sent to a stage, and what became of it is told of the person, with what Velt refused and what is dead', async () => {
  const cloud = await standUp({ secondMs: 20 });
  const at = { aws: cloud.admin };
  const url = cloud.sources.okta?.url ?? '';

  const sent = await sync(['send', FILE, '--source', 'okta', '--url', url, '--yes', 'dev'], at);
  expect(sent).toMatchObject({ code: 0, stderr: '' });
  const id = /npm run sync -- person -- (\S+)/.exec(sent.stdout)?.[1] ?? '';
  await cloud.idle();

  const person = await sync(['person', id], at);
  expect(person).toMatchObject({ code: 0, stderr: '' });
  expect(person.stdout).toContain(`is ${id} in Velt: Velt confirmed all of it.`);
  expect(person.stdout).toMatch(/changes-dead +0 +0/);

  cloud.velt?.faults.add({
    match: { userId: '00uB' },
    answer: { kind: 'refuse-item', reason: 'Bea is no name.' },
  });
  await cloud.post('okta', oktaDelivery(userCreate('00uB')));
  await cloud.post('okta', '["00uB"]');
  await cloud.queue({ kind: 'of a newer version', personId: '00uB' });
  await cloud.idle();

  const refused = await sync(['person', '00uB', '--json'], at);
  const { people, queues } = JSON.parse(refused.stdout) as Answer;
  expect(refused.code).toBe(1);
  expect(people).toMatchObject([
    { id: '00uB', atVelt: [{ state: 'refused', refusal: { reason: 'Bea is no name.', attempts: 1 } }] },
  ]);
  expect(queues.others).toEqual([
    { queue: 'changes-dead', held: 1, seen: 1, naming: 1 },
    { queue: 'parked', held: 1, seen: 1, naming: 1 },
  ]);
  // What was looked at is there for the next one.
  expect((await sync(['dead'], at)).stdout).toContain('About 1 dead messages, 1 looked at.');
  const nobody = await sync(['person', '00uZ'], at);
  expect([nobody.code, nobody.stdout]).toEqual([1, expect.stringContaining('Nothing was heard of 00uZ')]);
});

/** Runs a command against a local cloud that runs; returns its answer in JSON. */
async function ask(cloud: TestCloud, ...argv: string[]) {
  const localCloud = () => ({ pid: process.pid, ...localCloudOf(cloud) });
  const ran = await sync([...argv, '--local', '--json'], { localCloud });
  expect(ran.stderr).toBe('');
  return ran;
}

function linesIn(stdout: string): { function: string; message: string }[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

async function bury({ admin, stack }: TestCloud, ...changes: object[]) {
  const sqs = new SQSClient(admin);
  const ids = { MessageGroupId: 'shard-0', MessageDeduplicationId: 'buried' };
  const MessageBody = JSON.stringify({ v: 2, changes });
  await sqs.send(new SendMessageCommand({ QueueUrl: stack.ref('ChangesDeadQueue'), MessageBody, ...ids }));
  sqs.destroy();
}

test('what came in is listed with what became of it, and found by a person, an event and a hash, as are its log lines', async () => {
  const cloud = await standUp({ secondMs: 100 });
  cloud.velt?.faults.add({
    match: { userId: '00uB' },
    answer: { kind: 'refuse-item', reason: 'Bea is no name.' },
  });
  await cloud.post('okta', oktaDelivery(userCreate('00uA', { uuid: 'event-of-a' })));
  await cloud.idle();
  await cloud.post('okta', oktaDelivery(userCreate('00uB')));
  await cloud.post('okta', '["00uB"]');
  await cloud.post('okta', oktaDelivery(userCreate('00uC')), { authorization: 'wrong' });
  await cloud.idle();
  const events = async (...argv: string[]) => {
    const { code, stdout } = await ask(cloud, 'events', ...argv);
    const { events } = JSON.parse(stdout) as { events: { outcomes: string[]; types: string[] }[] };
    return [code, ...events.map(({ types, outcomes }) => [...types, ...outcomes].join(' '))];
  };
  const [created, refused] = ['confirmed', 'refused'].map((outcome) => `user.lifecycle.create ${outcome}`);
  expect(await events()).toEqual([0, created, refused, 'parked', 'not-taken']);
  expect(await events('--person', '00uA')).toEqual([0, created]);
  expect(await events('--event', 'event-of-a', '--type', 'user.lifecycle.create')).toEqual([0, created]);
  expect(await events('--outcome', 'refused', '--source', 'okta')).toEqual([0, refused]);
  expect(await events('--person', '00uZ')).toEqual([1]);

  // What is dead is told by the same hash.
  await bury(cloud, personChange({ personId: '00uB' }));
  const { changes } = JSON.parse((await ask(cloud, 'dead')).stdout);
  expect(await events('--hash', changes.dead[0].about[0].id)).toEqual([0, refused]);

  const ofB = await ask(cloud, 'tail', '--once', '--person', '00uB');
  expect(linesIn(ofB.stdout).map((line) => `${line.function}: ${line.message}`)).toEqual([
    'webhook: Took a delivery',
    'deliver: Velt refused an item',
    'deliver: Delivered a person',
  ]);
  const bad = await ask(cloud, 'tail', '--once', '--level', 'warn', '--function', 'webhook');
  expect(linesIn(bad.stdout).map(({ message }) => message)).toEqual([
    'Parked a delivery',
    'Refused a wrong credential',
  ]);

  const person = JSON.parse((await ask(cloud, 'person', '00uB')).stdout);
  expect(person.lines).toEqual(linesIn(ofB.stdout));
  // Without the stack's id there is no salt: a note, and no failure.
  const unsalted = await sync(['person', '00uA'], { aws: cloud.admin });
  expect(unsalted.code).toBe(0);
  expect(unsalted.stdout).toMatch(
    /Note: no log lines are shown: the salt of the hashes is in the id of the stack/,
  );
});
