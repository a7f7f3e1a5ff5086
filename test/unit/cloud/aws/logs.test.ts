import {
  CloudWatchLogsClient,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { manualClock } from '../../../../local/cloud/aws/clock.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../../../local/cloud/aws/endpoint.ts';

const REGION = 'eu-central-1';
const ARN = `arn:aws:logs:${REGION}:111122223333:log-group`;
const clock = manualClock();
let endpoint: AwsEndpoint;
let group = '';
let groups = 0;
const opened: CloudWatchLogsClient[] = [];

beforeAll(async () => {
  endpoint = await startAwsEndpoint({ clock, region: REGION, accountId: '111122223333' });
});

afterAll(async () => {
  for (const client of opened) client.destroy();
  await endpoint.close();
});

beforeEach(() => {
  groups += 1;
  group = `/aws/lambda/sync-${groups}`;
  endpoint.logs.create(group);
});

function clientOf(accessKeyId = 'local-admin') {
  const credentials = { accessKeyId, secretAccessKey: 'any' };
  const settings = { endpoint: endpoint.url, region: REGION, credentials, maxAttempts: 1 };
  const client = new CloudWatchLogsClient(settings);
  opened.push(client);
  return client;
}

const write = (...lines: string[]) => {
  for (const line of lines) endpoint.logs.put(group, line);
};
const ask = (asked: Partial<FilterLogEventsCommandInput> = {}, client = clientOf()) =>
  client.send(new FilterLogEventsCommand({ logGroupName: group, ...asked }));

/** The messages of all pages, a list a page. */
async function pages(asked: Partial<FilterLogEventsCommandInput> = {}) {
  const found: string[][] = [];
  for await (const { events = [] } of paginateFilterLogEvents(
    { client: clientOf() },
    { logGroupName: group, ...asked },
  ))
    found.push(events.map(({ message = '' }) => message));
  return found;
}

describe('a log group', () => {
  test('gives its lines in their order, each with an id of its own and its moment', async () => {
    const from = clock.now();
    write('one');
    clock.advance(5);
    write('two');

    const { events = [], nextToken } = await ask();

    expect(events.map(({ message, timestamp }) => [message, timestamp])).toEqual([
      ['one', from],
      ['two', from + 5],
    ]);
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(2);
    expect(nextToken).toBeUndefined();
  });

  test('gives the lines of a time, with both its ends', async () => {
    const from = clock.now();
    for (const line of ['before', 'first', 'last', 'after']) {
      write(line);
      clock.advance(1);
    }

    expect(await pages({ startTime: from + 1, endTime: from + 2 })).toEqual([['first', 'last']]);
  });

  test('keeps its newest ten thousand lines, and not all', async () => {
    for (let line = 1; line <= 30_000; line += 1) write(String(line));

    const { events = [] } = await ask({ limit: 1 });
    const oldest = Number(events[0]?.message);

    expect([oldest > 10_000, oldest <= 20_001]).toEqual([true, true]);
  });

  test('that is not there is refused', async () => {
    await expect(ask({ logGroupName: '/aws/lambda/other' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('is read by whoever may read this one', async () => {
    const statements = [{ Effect: 'Allow', Action: 'logs:FilterLogEvents', Resource: `${ARN}:${group}:*` }];
    endpoint.setPrincipal('reader', { arn: 'arn:aws:iam::111122223333:role/reader', statements });
    endpoint.logs.create('/aws/lambda/other');

    expect((await ask({}, clientOf('reader'))).events).toEqual([]);
    await expect(ask({ logGroupName: '/aws/lambda/other' }, clientOf('reader'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });
});

describe('a page', () => {
  test('may be empty and have a token, where lines are filtered', async () => {
    write(...Array.from({ length: 1200 }, (_, line) => `line ${line}`), 'wanted');

    expect(await pages({ filterPattern: 'wanted' })).toEqual([[], [], ['wanted']]);
  });

  test('holds no more lines than were asked for, and the next one goes on behind it, also with what came since', async () => {
    write('one', 'two', 'three');
    const { events = [], nextToken } = await ask({ limit: 2 });
    write('four');

    const next = await ask({ limit: 2, nextToken });

    expect(events.map(({ message }) => message)).toEqual(['one', 'two']);
    expect(next.events?.map(({ message }) => message)).toEqual(['three', 'four']);
  });

  test('holds a megabyte, or one line that is larger', async () => {
    write('a'.repeat(600_000), 'b'.repeat(600_000), 'c');

    expect((await pages()).map((page) => page.map(([first]) => first).join(''))).toEqual(['a', 'bc']);
  });

  test('is not given for the token of another request', async () => {
    write('one', 'two');
    const { nextToken } = await ask({ limit: 1 });

    for (const asked of [
      { nextToken, limit: 2 },
      { nextToken: 'none', limit: 1 },
    ])
      await expect(ask(asked)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });
});

describe('a filter pattern', () => {
  const LINES = ['{"message":"Took a delivery","people":["h-1_"]}', 'START h-1_', 'Took one'];

  test.each([
    ['', [0, 1, 2]],
    ['"Took a delivery"', [0]],
    ['Took "h-1_"', [0]],
    ['?"h-1_" ?one', [0, 1, 2]],
    ['"nobody"', []],
    ['took', []],
  ])('%s finds the lines that have its terms', async (filterPattern, expected) => {
    write(...LINES);

    const found = (await pages({ filterPattern })).flat();

    expect(found).toEqual(expected.map((line) => LINES[line]));
  });

  test.each([
    '{ $.level = "ERROR" }',
    '"not closed',
    'h-1_',
    '-one',
    '%regex%',
    '[a, b]',
    'Took ?one',
    'a"b"',
    `"${'x'.repeat(1100)}"`,
  ])('%s is refused', async (filterPattern) => {
    await expect(ask({ filterPattern })).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  test.each([0, 10_001])('a limit of %s is refused', async (limit) => {
    await expect(ask({ limit })).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });
});
