import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AwsEndpoint, startAwsEndpoint } from '../../../local/cloud/aws/endpoint.ts';
import { lineJson, lineText } from '../../../scripts/log-text.ts';
import { createLogs, FUNCTIONS, type LogLine, type Logs, lineOf } from '../../../scripts/logs.ts';
import { linesAbout } from '../../../scripts/person-lines.ts';
import { hashesOf } from '../../../scripts/salt.ts';
import { follow } from '../../../scripts/tail.ts';

const AT = Date.parse('2026-09-01T09:00:00.000Z');
const GROUP = '/aws/lambda/velt-directory-sync-dev-deliver';
const own = (message: string, fields: object = {}) =>
  JSON.stringify({ level: 'INFO', time: 'then', message, service: 'velt-directory-sync', ...fields });
const lineNamed = (message: string, more: Partial<LogLine> = {}): LogLine => ({
  ...{ id: message, at: AT, function: 'deliver', level: 'info', message, fields: {} },
  ...more,
});

test('every function that is deployed has a log that is read', () => {
  const files = readdirSync('functions').filter((file) => file.endsWith('.ts'));

  expect(files.map((file) => file.replace('.ts', '')).toSorted()).toEqual([...FUNCTIONS].toSorted());
});

describe('a line', () => {
  const read = (message: string) => lineOf({ eventId: '1', timestamp: AT, message }, 'deliver');

  test('of ours is told by its level and message, with what stands in it beside', () => {
    const line = read(`${own('Delivered a person', { person: 'h-1', eventIds: ['e1', 'e2'], calls: 1 })}\n`);

    expect(line).toMatchObject({ level: 'info', message: 'Delivered a person' });
    expect(lineText(line as LogLine)).toBe(
      '2026-09-01T09:00:00.000Z  deliver    INFO   Delivered a person  person=h-1 eventIds=e1,e2 calls=1',
    );
    expect(lineJson(line as LogLine)).toEqual({
      ...{ time: '2026-09-01T09:00:00.000Z', function: 'deliver', level: 'info' },
      ...{ message: 'Delivered a person', person: 'h-1', eventIds: ['e1', 'e2'], calls: 1 },
    });
  });

  test.each([
    '{"_aws":{"CloudWatchMetrics":[]},"VeltCalls":1}',
    'START RequestId: 1 Version: $LATEST\n',
    'END RequestId: 1\n',
    'INIT_START Runtime Version: nodejs:24.v1',
    'REPORT RequestId: 1\tDuration: 1.00 ms\tBilled Duration: 1 ms\n',
    '\n',
  ])('that tells nothing of what was done is passed over: %j', (message) => {
    expect(read(message)).toBeUndefined();
  });

  test.each([
    '2026-09-01T09:01:00.000Z 1 Task timed out after 60.00 seconds',
    'REPORT RequestId: 1\tDuration: 60000.00 ms\tStatus: timeout',
    'ERROR Invoke Error {"errorType":"TypeError"}',
    '{"half":',
  ])('of Lambda or Node is an error: %j', (message) => {
    expect(read(message)).toMatchObject({ level: 'error', message, fields: {} });
  });
});

describe('the logs of a stage', () => {
  let endpoint: AwsEndpoint;
  let logs: Logs;

  beforeAll(async () => {
    endpoint = await startAwsEndpoint();
    endpoint.logs.create(GROUP);
    for (let line = 0; line < 1100; line += 1) endpoint.logs.put(GROUP, own(`line ${line}`));
    endpoint.logs.put(GROUP, own('Delivered a person', { person: 'h-1_aaaaaaaa' }));
    logs = logsAs('local-admin');
  });
  afterAll(() => endpoint.close());

  function logsAs(accessKeyId: string): Logs {
    const credentials = { accessKeyId, secretAccessKey: 'any' };
    const aws = { endpoint: endpoint.url, region: 'us-east-1', credentials };
    return createLogs({ stage: 'dev', aws }, new AbortController().signal);
  }

  test('are read to the end, past empty pages, by all or any of their terms', async () => {
    const read = async (terms: { all: string[] } | { any: string[] }) =>
      (await logs.read({ of: 'deliver', since: 0, terms })).map(({ message }) => message);

    expect(await read({ all: ['Delivered a person', 'h-1_aaaaaaaa'] })).toEqual(['Delivered a person']);
    expect(await read({ any: ['line 1099', 'h-1_aaaaaaaa'] })).toEqual(['line 1099', 'Delivered a person']);
    expect(await logs.read({ of: 'deliver', since: 0 })).toHaveLength(1101);
  });

  test('that cannot be read are named, with what AWS answered', async () => {
    endpoint.setPrincipal('nobody', { arn: 'arn:aws:iam::123456789012:user/nobody', statements: [] });
    const reading = logsAs('nobody').read({ of: 'deliver', since: 0 });

    await expect(reading).rejects.toThrow(`the log ${GROUP} cannot be read`);
    await expect(logs.read({ of: 'webhook', since: 0 })).rejects.toMatchObject({
      cause: { name: 'ResourceNotFoundException' },
    });
  });

  test('that cannot be read are a note beside a person, and no failure', async () => {
    endpoint.setPrincipal('nobody', { arn: 'arn:aws:iam::123456789012:user/nobody', statements: [] });
    const deps = { logs: logsAs('nobody'), salt: async () => 'salt', clock: () => AT };

    const { lines, note } = await linesAbout(['ada'], deps);

    expect(lines).toEqual([]);
    expect(note).toMatch(/^no log lines are shown: the log \S+ cannot be read: .+ logs:FilterLogEvents/);
  });
});

test('about somebody the newest twenty lines of a day are found, by any of their ids, the newest last', async () => {
  const asked: unknown[] = [];
  const many = Array.from({ length: 30 }, (_, second) =>
    lineNamed(`line ${second}`, { at: AT + second * 1000 }),
  );
  const logs: Logs = {
    read: async (one) => {
      asked.push(one);
      return one.of === 'webhook' ? [lineNamed('Took a delivery', { at: AT + 29_500 })] : many;
    },
  };

  const { lines } = await linesAbout(['00u1', 'ada', '00u1'], {
    logs,
    salt: async () => 'salt',
    clock: () => AT,
  });

  expect(lines.slice(-2).map(({ message }) => message)).toEqual(['Took a delivery', 'line 29'].toReversed());
  expect(lines).toHaveLength(20);
  const any = [
    await hashesOf({ person: '00u1' }, async () => 'salt'),
    await hashesOf({ person: 'ada' }, async () => 'salt'),
  ];
  expect(asked).toEqual(
    ['webhook', 'deliver'].map((of) => ({ of, since: AT - 86_400_000, terms: { any: any.flat() } })),
  );
});

describe('hashes to search for', () => {
  test('are made of ids by the salt, and taken as they are, for which no salt is needed', async () => {
    const salt = async () => 'salt';

    const [person] = await hashesOf({ person: '00u1' }, salt);

    expect(person).toMatch(/^[\w-]{12}$/);
    expect(await hashesOf({ hash: person }, () => Promise.reject(new Error('no salt')))).toEqual([person]);
    expect(await hashesOf({ person: '00u1', event: 'uuid-1', hash: 'abcdefghijkl' }, salt)).toHaveLength(3);
    await expect(hashesOf({ hash: 'ada@example.com' }, salt)).rejects.toThrow('--hash is ada@example.com');
  });
});

describe('following', () => {
  /** Answers with one list of lines after the other, and ends after the last one. */
  function makeTail(...polls: LogLine[][]) {
    const ending = new AbortController();
    const shown: string[] = [];
    const from: number[] = [];
    let polled = 0;
    const run = (once = false) =>
      follow(
        { functions: ['deliver'], since: AT, once },
        {
          logs: {
            read: async ({ since }) => {
              from.push(since);
              polled += 1;
              return polls[polled - 1] ?? [];
            },
          },
          show: ({ message }) => shown.push(message),
          clock: () => AT + polled * 100_000,
          sleep: async () => polled >= polls.length && ending.abort(),
          signal: ending.signal,
        },
      );
    return { run, shown, from };
  }

  test('shows each line once, also one that comes late and is older than others', async () => {
    const late = lineNamed('late', { at: AT + 1 });
    const tail = makeTail(
      [lineNamed('first'), lineNamed('third', { at: AT + 3 })],
      [late, lineNamed('third', { at: AT + 3 })],
    );

    await tail.run();

    expect(tail.shown).toEqual(['first', 'third', 'late']);
  });

  test('tells lines of two functions with one id apart, in the order of their times', async () => {
    const shown: string[] = [];
    const logs: Logs = {
      read: async ({ of }) => [lineNamed(of, { id: '1', function: of, at: of === 'deliver' ? AT + 1 : AT })],
    };
    const { signal } = new AbortController();

    await follow(
      { functions: ['deliver', 'webhook'], since: AT, once: true },
      { logs, signal, clock: () => AT, sleep: async () => {}, show: ({ message }) => shown.push(message) },
    );

    expect(shown).toEqual(['webhook', 'deliver']);
  });

  test('looks back a minute each time, and no further', async () => {
    const tail = makeTail([], [], []);

    await tail.run();

    expect(tail.from).toEqual([AT, AT, AT + 40_000]);
  });

  test('ends after what is there, where that was asked for', async () => {
    const tail = makeTail([lineNamed('first')], [lineNamed('second')]);

    await tail.run(true);

    expect(tail.shown).toEqual(['first']);
  });

  test('ends quietly where Ctrl-C met a read, and fails where a log cannot be read', async () => {
    const ending = new AbortController();
    const following = (read: Logs['read']) =>
      follow(
        { functions: ['deliver'], since: AT, once: false },
        { logs: { read }, signal: ending.signal, clock: () => AT, sleep: async () => {}, show: () => {} },
      );

    await expect(following(() => Promise.reject(new Error('denied')))).rejects.toThrow('denied');
    await following(async () => {
      ending.abort();
      throw new Error('aborted');
    });
  });
});
