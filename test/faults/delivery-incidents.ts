import { SQSClient } from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import { createPark } from '../../lib/aws/queue.ts';
import { demoParameters } from '../../local/demo/directory.ts';
import type { Parked } from '../../scripts/parked.ts';
import { partnerEvent } from '../support/factories.ts';
import type { Operator } from '../support/manual.ts';
import { oktaDelivery, userCreate } from '../support/okta-deliveries.ts';
import { sync } from '../support/sync.ts';
import type { CloudWithTime } from './alarm-clock.ts';
import type { Incident, Play, Step } from './incident.ts';
import { arrival, peopleAtVelt, templateWith } from './observe.ts';

// What goes wrong between the queue and Velt, and what is dead or parked then.

const veltIsAway = ({ velt }: CloudWithTime) => velt?.faults.add({ answer: { kind: 'status', status: 503 } });
const veltIsBack = ({ velt }: CloudWithTime) => velt?.faults.clear();

const away: Incident = {
  title: 'Velt that is away is told by what waits, and over when it is back',
  section: 'Changes that wait',
  alarms: ['changes-old'],
  besides: 'changes-failing',
  async fault(cloud) {
    veltIsAway(cloud);
    await cloud.queue(arrival('Ada'));
    expect(cloud.on()).toEqual([]);
    while (!cloud.on().includes('changes-old')) {
      await cloud.idle({ withinMs: 200 }).catch(() => undefined);
      cloud.pass(5);
    }
  },
  steps: [{ command: 'doctor', code: 1, says: /unchecked +velt/ }],
  mended: veltIsBack,
  over: (cloud) => cloud.pass(46),
  proof: (cloud) => expect(Object.keys(peopleAtVelt(cloud))).toEqual(['ada']),
};

/**
 * A second of SQS lasts five milliseconds: ten minutes are soon over. Nothing dies, and nothing is received while it is worked on,
 * however busy the machine is.
 */
export const veltAway: Play = {
  options: async () => ({
    secondMs: 5,
    template: await templateWith({ receives: 1_000, visibilitySeconds: 12_000 }),
  }),
  incidents: [away],
};

/** Has somebody arrive three times in three quarters of an hour, and each change come back; returns what was on after each. */
async function failOn(cloud: CloudWithTime, names: string[]): Promise<string[][]> {
  const failures = () => cloud.lines.filter((line) => /"MessagesFailed":[1-9]/.test(line)).length;
  const on: string[][] = [];
  for (const name of names) {
    const before = failures();
    await cloud.queue(arrival(name));
    while (failures() === before) await cloud.idle({ withinMs: 50 }).catch(() => undefined);
    on.push(cloud.on());
    cloud.pass(15);
  }
  // The last of them fails at this moment.
  cloud.pass(-15);
  return on;
}

const wrongToken: Incident = {
  title: 'a wrong token of Velt is told after three quarters of an hour, and less is not',
  section: 'Changes that wait',
  alarms: ['changes-failing'],
  async fault(cloud) {
    await cloud.putSecret('VeltCredentials', { apiKey: 'local-api-key', authToken: 'of-last-year' });
    expect(await failOn(cloud, ['Ada', 'Ben', 'Cem'])).toEqual([[], [], ['changes-failing']]);
  },
  steps: [
    { command: 'doctor', code: 1, says: /wrong +velt +.*credentials/i },
    {
      command: 'aws secretsmanager put-secret-value',
      values: { secret: { apiKey: 'local-api-key', authToken: 'local-auth-token' } },
    },
  ],
  over: (cloud) => cloud.pass(16),
  proof: (cloud) => expect(Object.keys(peopleAtVelt(cloud)).toSorted()).toEqual(['ada', 'ben', 'cem']),
};

const TABLE_CALLS = ['GetItem', 'BatchGetItem', 'Query', 'Scan', 'PutItem', 'UpdateItem', 'BatchWriteItem'];

const throttledTable: Incident = {
  title: 'DynamoDB that is throttled is told by the sweep at once, and by changes that keep coming back',
  section: 'Failed schedules',
  alarms: ['changes-failing', 'function-errors', 'schedules-dead'],
  async fault(cloud) {
    const answer = { code: 'ThrottlingException' };
    for (const name of TABLE_CALLS)
      cloud.aws?.faults.add({ action: `dynamodb:${name}`, times: Number.POSITIVE_INFINITY, answer });
    await failOn(cloud, ['Dan', 'Eve', 'Fay']);
    await cloud.fire('sweep').catch(() => undefined);
  },
  steps: [
    { section: 'A function that fails', command: 'dead', says: /-sweep +WorldFault: .*mirror/ },
    { section: 'A function that fails', command: 'tail', says: /sweep +ERROR +The invocation failed/ },
    { command: 'dead', says: /-sweep +WorldFault: .*mirror/ },
    {
      command: 'dead --redrive',
      says: /-sweep .* invoked again/,
      before: (cloud) => {
        cloud.pass(6);
        // By now only what is still there.
        expect(cloud.on()).not.toContain('function-errors');
        cloud.aws?.faults.clear();
      },
    },
  ],
  over: (cloud) => cloud.pass(16),
  proof: (cloud) => expect(Object.keys(peopleAtVelt(cloud))).toHaveLength(6),
};

export const failing: Play = {
  options: async () => ({ template: await templateWith({ receives: 1_000 }) }),
  incidents: [wrongToken, throttledTable],
};

const dead: Incident = {
  title: 'changes that died are told until they were moved back',
  section: 'Dead changes',
  alarms: ['changes-dead'],
  async fault(cloud) {
    veltIsAway(cloud);
    await cloud.queue(arrival('Ada'));
    await cloud.idle({ withinMs: 60_000 });
  },
  steps: [
    { command: 'dead', says: /okta +person +.* failed on every attempt/ },
    { command: 'dead --redrive', says: /^1 moved back\.$/m, before: veltIsBack },
  ],
  over: (cloud) => cloud.pass(6),
  proof: (cloud) => expect(Object.keys(peopleAtVelt(cloud))).toEqual(['ada']),
};

const poison: Incident = {
  title: 'a message that nobody can read is told until it was dropped: moving back leaves it',
  section: 'Dead changes',
  alarms: ['changes-dead'],
  async fault(cloud) {
    await cloud.queue({ ...arrival('Ada'), kind: 'of a newer version' });
    await cloud.idle();
  },
  steps: [
    { command: 'dead', says: /only another version can read it: it stays/ },
    { command: 'dead --redrive', code: 1, says: /^0 moved back\.$/m },
    {
      command: 'dead --drop',
      says: /^Dropped\.$/m,
      values: async (_cloud, { world }) => {
        const { stdout } = await sync(['dead', '--json'], world);
        return { ID: JSON.parse(stdout).changes.dead[0].id };
      },
    },
  ],
  over: (cloud) => cloud.pass(6),
};

const partner = (detail: object) => partnerEvent(detail, { source: demoParameters.OktaEventSource });

/** Parks what came by a webhook or by EventBridge, as a version would that cannot read it. */
async function park({ admin, stack }: CloudWithTime, value: object) {
  const client = new SQSClient(admin);
  const [contentType, body] = ['application/json', Buffer.from(JSON.stringify(value))];
  const delivery = { source: 'okta', reasons: ['data: Invalid input'], contentType, body };
  await createPark({ client, queueUrl: stack.ref('ParkedQueue') })(delivery);
  client.destroy();
}

/** The id of the parked delivery that has this in it. */
const parkedWith =
  (text: string) =>
  async (_cloud: CloudWithTime, { world }: Operator) => {
    const listed: Parked[] = JSON.parse((await sync(['parked', '--json'], world)).stdout);
    for (const { id } of listed)
      if ((await sync(['parked', 'show', id], world)).stdout.includes(text)) return { ID: id };
    throw new Error(`nothing is parked with ${text}`);
  };

const dropped = (text: string): Step => ({
  ...{ command: 'parked drop', values: parkedWith(text), says: /^Dropped\.$/m },
});

const parked: Incident = {
  title: 'a delivery with something odd is told until it was sent again or dropped, by whichever way it came',
  section: 'Parked deliveries',
  alarms: ['parked'],
  async fault(cloud) {
    await park(cloud, oktaDelivery(userCreate('00uHook')));
    await park(cloud, partner(userCreate('00uBus')));
    await cloud.post('okta', '["odd body"');
    await cloud.putEvent(partner({ ...userCreate('00uOdd'), target: 'odd event' }));
    await cloud.idle();
  },
  steps: [
    { command: 'parked', says: /(.+ okta .+\n){4}/ },
    { command: 'parked replay', values: parkedWith('00uHook'), says: /1 changes +taken/ },
    { command: 'parked replay', values: parkedWith('00uBus'), says: /1 changes +taken/ },
    { command: 'parked replay', values: parkedWith('odd body'), says: /stays/, code: 1 },
    { command: 'parked show', values: parkedWith('odd event'), says: /odd event/ },
    dropped('odd body'),
    dropped('odd event'),
  ],
  over: (cloud) => cloud.pass(6),
  proof: (cloud) => expect(Object.keys(peopleAtVelt(cloud)).toSorted()).toEqual(['00uBus', '00uHook', 'ada']),
};

const deadEvents: Incident = {
  title: "events of a partner's stream that were not taken are told until they were handed over again",
  section: 'Dead partner events',
  alarms: ['function-errors', 'partner-events-dead'],
  async fault(cloud) {
    const [action, answer] = ['sqs:SendMessage', { code: 'InternalFailure', status: 500 }];
    cloud.aws?.faults.add({ action, times: Number.POSITIVE_INFINITY, answer });
    // Lambda's own message of it gets through.
    const end = cloud.aws?.watch(({ input }) => {
      if (JSON.stringify(input).includes('partner-events-dead')) cloud.aws?.faults.clear();
    });
    await cloud.putEvent(partner(userCreate('00uLate')));
    end?.();
  },
  steps: [{ command: 'dead --redrive', says: /-webhook .* invoked again/ }],
  over: (cloud) => cloud.pass(6),
  proof: (cloud) => expect(Object.keys(peopleAtVelt(cloud))).toContain('00uLate'),
};

export const deadAndParked: Play = {
  options: async () => ({ parameters: demoParameters, template: await templateWith({ receives: 2 }) }),
  incidents: [dead, poison, parked, deadEvents],
};
