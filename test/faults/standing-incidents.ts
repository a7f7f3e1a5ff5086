import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect } from 'vitest';
import type { Run } from '../../lib/aws/runs.ts';
import { demoDirectory, demoMissed } from '../../local/demo/directory.ts';
import { commandIn, type Operator } from '../support/manual.ts';
import { groupTarget, oktaDelivery, oktaEvent, userDeactivate } from '../support/okta-deliveries.ts';
import { type CloudWithTime, MINUTE_MS } from './alarm-clock.ts';
import type { Incident, Play, Step } from './incident.ts';
import { peopleAtVelt, refuseBen } from './observe.ts';
import { credentialsOf, oktaUser } from './way-in-incidents.ts';

// What stays as it is until somebody does something.

/** Fires the sweep as often as this, and lets so many minutes pass between them; returns what is on after each. */
async function sweepOn(cloud: CloudWithTime, times: number, minutes: number): Promise<string[][]> {
  const on: string[][] = [];
  for (let nth = 0; nth < times; nth += 1) {
    if (nth > 0) cloud.pass(minutes);
    await cloud.fire('sweep', {});
    await cloud.idle({ withinMs: 60_000 });
    on.push(cloud.on());
  }
  return on;
}

const retryBen: Step = {
  command: 'retry 00u1',
  values: { '00u1': 'ben' },
  says: /^ben of okta is asked again, now\./,
  before: (cloud) => cloud.velt?.faults.clear(),
};
const people = (cloud: CloudWithTime) => Object.keys(peopleAtVelt(cloud)).toSorted();

const peopleOwed: Incident = {
  title: 'somebody whom Velt refuses is told after a day, and no more once Velt takes them',
  section: 'People owed',
  alarms: ['people-owed'],
  async fault(cloud) {
    cloud.velt?.faults.add(refuseBen('no name'));
    await cloud.fire('backfill', { source: 'okta' });
    await cloud.idle({ withinMs: 60_000 });
    const on = await sweepOn(cloud, 24, 60);
    expect(on.slice(0, 23).flat()).toEqual([]);
  },
  steps: [{ command: 'status', code: 1, says: /person ben .*Velt refuses it/ }, retryBen],
  async over(cloud) {
    cloud.pass(60);
    await sweepOn(cloud, 2, 60);
  },
  proof: (cloud) => expect(people(cloud)).toEqual(['ada', 'ben']),
};

const removalsOwed: Incident = {
  title: 'somebody who should be out of Velt is told after half an hour, until they are',
  section: 'Removals owed',
  alarms: ['removals-owed'],
  async fault(cloud) {
    // Apart from the sweeps that found nothing owed.
    cloud.pass(30);
    cloud.velt?.faults.add(refuseBen('not now'));
    cloud.okta.deactivate('ben');
    await cloud.post('okta', oktaDelivery(userDeactivate('ben', { published: new Date().toISOString() })));
    await cloud.idle({ withinMs: 60_000 });
    expect(await sweepOn(cloud, 3, 10)).toEqual([[], [], ['removals-owed']]);
  },
  steps: [
    { command: 'status', code: 1, says: /person ben .*Velt refuses it/ },
    { command: 'person', values: { '00u1': 'ben' }, code: 1, says: /refused 1 times: not now/ },
    retryBen,
  ],
  async over(cloud) {
    cloud.pass(10);
    await sweepOn(cloud, 2, 10);
  },
  proof: (cloud) => expect(people(cloud)).toEqual(['ada']),
};

const oldRun: Incident = {
  title: 'a source without a complete run for two days is told until it has one',
  section: 'No complete run',
  alarms: ['run-old'],
  async fault(cloud) {
    const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 60 * MINUTE_MS).toISOString();
    const run: Run = {
      ...{ v: 2, runId: 'okta-1', source: 'okta', configuration: '', phase: 'breaker', state: 'stopped' },
      ...{
        since: daysAgo(3),
        startedAt: daysAgo(1),
        endedAt: daysAgo(1),
        pages: 1,
        people: 0,
        unreadable: 0,
      },
      ...{ queued: 0, asked: 0, listedParts: 0, deferredParts: 0, delivered: 0, losing: 0, toAsk: 0 },
    };
    const table = DynamoDBDocumentClient.from(new DynamoDBClient(cloud.admin));
    const Item = { pk: 'run#okta', sk: 'current', revision: 1, run };
    await table.send(new PutCommand({ TableName: cloud.stack.ref('MirrorTable'), Item }));
    table.destroy();
    await sweepOn(cloud, 1, 0);
  },
  steps: [{ command: 'backfill', says: /^okta: done\./ }],
  async over(cloud) {
    cloud.pass(16);
    await sweepOn(cloud, 1, 0);
  },
};

export const owed: Play = {
  options: () => ({ directory: { users: [oktaUser('ada'), oktaUser('ben')] } }),
  incidents: [peopleOwed, removalsOwed, oldRun],
};

const [ENGINEERING] = demoMissed.leaves;
const members = ({ state }: CloudWithTime) => state()['acme-workforce']?.groups?.[ENGINEERING]?.members ?? [];

const plan = { 'plan-okta.json': join(tmpdir(), `plan-okta-${process.pid}.json`) };

const breakerStops: Incident = {
  title: 'an event that takes from too many waits, the run that finds it stops, and its plan carries it out',
  section: 'An event that waits for the breaker',
  alarms: ['events-deferred'],
  async fault(cloud) {
    await cloud.fire('backfill', { source: 'okta' });
    await cloud.idle({ withinMs: 60_000 });
    cloud.okta.deleteGroup(ENGINEERING);
    const published = new Date().toISOString();
    const target = [groupTarget(ENGINEERING, 'Engineering')];
    await cloud.post('okta', oktaDelivery(oktaEvent('group.lifecycle.delete', target, { published })));
    await cloud.idle({ withinMs: 60_000 });
    expect(members(cloud)).toHaveLength(7);
  },
  steps: [
    // The schedule would find it too, and is what tells the alarm.
    { command: 'backfill', code: 1, says: /^okta: stopped by the breaker/ },
    {
      ...{ section: 'A run that was stopped', command: 'plan', values: plan },
      before: async (cloud) => {
        await cloud.fire('backfill', { source: 'okta' });
        expect(cloud.on().toSorted()).toEqual(['events-deferred', 'runs-stopped']);
      },
      says: /The breaker would stop it/,
    },
    {
      ...{ section: 'A run that was stopped', command: 'apply', values: plan },
      says: /^okta: done\./m,
    },
  ],
  over: (cloud) => cloud.pass(24 * 60 + 1),
  proof: (cloud) => {
    expect(members(cloud)).toEqual([]);
    expect(people(cloud)).toHaveLength(12);
    rmSync(plan['plan-okta.json']);
  },
};

export const breaker: Play = {
  options: () => ({ directory: demoDirectory }),
  incidents: [breakerStops],
};

const silentWebhook: Incident = {
  title: 'a webhook that brings nothing for hours is told, and a quiet time is not',
  section: 'A silent webhook',
  alarms: ['webhook-silent'],
  async fault(cloud) {
    const on: string[][] = [];
    for (const nth of [1, 2, 3, 4]) {
      if (nth > 1) cloud.pass(60);
      // Nothing happens in the second hour.
      if (nth !== 2) cloud.okta.createUser(oktaUser(`00uSilent${nth}`));
      await cloud.fire('catch-up');
      await cloud.idle({ withinMs: 60_000 });
      on.push(cloud.on());
    }
    expect(on.slice(0, 3).flat()).toEqual([]);
  },
  // Nobody had made a hook.
  steps: [{ command: 'setup okta', says: /Verified it\./ }],
  over: (cloud) => cloud.pass(6 * 60),
};

async function catchUp(cloud: CloudWithTime): Promise<string[]> {
  await cloud.fire('catch-up');
  await cloud.idle({ withinMs: 60_000 });
  return cloud.on();
}

const disabledStream: Incident = {
  title: 'a stream that is switched off is told after half an hour, until it is on again',
  section: 'A stream that is disabled',
  alarms: ['stream-disabled'],
  async fault(cloud, operator) {
    await makeDisabledStream(operator, credentialsOf(cloud).auth0?.current ?? '');
    expect(await catchUp(cloud)).toEqual([]);
    cloud.pass(15);
    await catchUp(cloud);
  },
  steps: [
    { command: 'setup auth0', says: /Updated est_/ },
    { command: 'backfill', says: /^auth0: done\./ },
  ],
  async over(cloud) {
    cloud.pass(15);
    await catchUp(cloud);
    cloud.pass(15);
  },
};

/** Somebody makes the stream as the manual's command does, and switches it off. */
async function makeDisabledStream({ http, follow, tenant }: Operator, credential: string): Promise<void> {
  const made = await follow(
    `${commandIn('A stream that is disabled', 'setup auth0')} --credential ${credential}`,
  );
  expect(made).toMatchObject({ code: 0 });
  const [, id] = /Created (est_\w+)/.exec(made.stdout) ?? [];
  const headers = { 'content-type': 'application/json', authorization: await tenant.authorization() };
  const url = `${tenant.url}/api/v2/event-streams/${id}`;
  const body = JSON.stringify({ status: 'disabled' });
  expect(await http({ method: 'PATCH', url, headers, body, timeoutMs: 20_000 })).toMatchObject({
    status: 200,
  });
}

/** What happens at Okta happened three minutes ago. */
export const vendors: Play = {
  options: () => ({ directory: { clock: () => Date.now() - 3 * MINUTE_MS } }),
  incidents: [silentWebhook, disabledStream],
};
