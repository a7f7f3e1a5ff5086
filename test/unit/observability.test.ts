import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLog, createMeter, hashed, type LogFields, withFields } from '../../lib/observability.ts';

const SALT = 'example-salt-of-a-stack';

let printed: string[];

beforeEach(() => {
  printed = [];
  const keep = (chunk: unknown) => printed.push(String(chunk)) > 0;
  vi.spyOn(process.stdout, 'write').mockImplementation(keep);
  vi.spyOn(process.stderr, 'write').mockImplementation(keep);
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'webhook');
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', 'VeltDirectorySync');
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Fields as careless code could pass them, past the type. */
const careless = (fields: Record<string, unknown>) => fields as LogFields;

describe('a log line', () => {
  test('is one line of JSON with its level, time, message, service and fields', () => {
    createLog(SALT).warn('Parked a delivery', { source: 'okta', count: 2, fields: ['data.events.0.uuid'] });

    expect(printed).toHaveLength(1);
    expect(JSON.parse(String(printed[0]))).toEqual({
      level: 'WARN',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      message: 'Parked a delivery',
      service: 'webhook',
      source: 'okta',
      count: 2,
      fields: ['data.events.0.uuid'],
    });
  });

  test('holds a person and an item as hashes that are the same for the same id', () => {
    createLog(SALT).info('Said', { person: '00u-ada', item: 'ada@example.com' });

    const line = JSON.parse(String(printed[0]));
    expect(line).toMatchObject({ person: hashed('00u-ada', SALT), item: hashed('ada@example.com', SALT) });
    expect(printed[0]).not.toMatch(/00u-ada|ada@example\.com/);
    expect(line.person).toMatch(/^[\w-]{12}$/);
  });

  test('holds lists of events and of people as hashes, item by item, and no more than 20', () => {
    const ids = Array.from({ length: 30 }, (_, n) => `ada.${n}@example.com`);

    createLog(SALT).info('Took a delivery', { eventIds: ['event-1'], people: 30, personIds: ids });

    const line = JSON.parse(String(printed[0]));
    expect(line).toMatchObject({ people: 30, eventIds: [hashed('event-1', SALT)] });
    expect(line.personIds).toEqual(ids.slice(0, 20).map((id) => hashed(id, SALT)));
  });

  test('has the same hash for an id wherever it stands, and another under another salt', () => {
    createLog(SALT).info('Took a delivery', { personIds: ['00u-ada'] });
    createLog(SALT).info('Delivered a person', { person: '00u-ada' });
    createLog('example-salt-of-another').info('Delivered a person', { person: '00u-ada' });

    const [taken, delivered, elsewhere] = printed.map((line) => JSON.parse(line));
    expect(taken.personIds).toEqual([delivered.person]);
    expect(elsewhere.person).not.toBe(delivered.person);
  });

  test('has the fields of its log beside its own', () => {
    withFields(createLog(SALT), { requestId: 'r-1', source: 'okta' }).warn('Said', { source: 'auth0' });

    expect(JSON.parse(String(printed[0]))).toMatchObject({ requestId: 'r-1', source: 'auth0' });
  });

  const ada = { email: 'ada@example.com', name: 'Ada Example' };
  test.each([
    ['a field that is not on the list', { email: ada.email }],
    ['an object under an unknown name', { user: ada }],
    ['an error under an unknown name', { cause: new Error(ada.email) }],
    ['an error under an allowed name', { error: new Error(ada.email, { cause: ada }) }],
    ['an object under an allowed name', { code: ada }],
    ['objects in a list under an allowed name', { fields: [ada] }],
    ['objects in lists of ids', { eventIds: [ada], personIds: [[ada.email]] }],
    ['a text where a list of ids belongs', { personIds: ada.email }],
    ['a list where an id belongs', { person: [ada.email] }],
    ['a text where a number belongs', { changes: ada.name, events: ada.email }],
    [
      'an address under a name for texts',
      { error: ada.email, path: ada.email, fields: [`user.${ada.email}`] },
    ],
    ['addresses under names for ids', { person: ada.email, item: ada.email, eventIds: [ada.email] }],
    ['a whole event', { event: { body: JSON.stringify(ada), headers: { authorization: ada.email } } }],
  ])('holds nothing of %s', (_what, fields) => {
    createLog(SALT).error('Failed', careless(fields));

    const line = String(printed[0]);
    expect(JSON.parse(line).message).toBe('Failed');
    expect(line).not.toMatch(/ada/i);
  });
});

describe('a metric', () => {
  const read = () => printed.map((line) => JSON.parse(line));

  test('is printed at once, with others of the same moment and under their dimensions', () => {
    createMeter('prod').record({ ChangesReceived: 3, EventsIgnored: 0 }, { source: 'okta' });

    const [line, ...others] = read();
    expect(line).toMatchObject({ ChangesReceived: 3, EventsIgnored: 0, source: 'okta' });
    expect(others).toEqual([]);
    const [{ Namespace, Dimensions, Metrics }] = line._aws.CloudWatchMetrics;
    expect(Namespace).toBe('VeltDirectorySync');
    expect(Dimensions.flat()).toContain('source');
    expect(Metrics).toMatchObject([
      { Name: 'ChangesReceived', Unit: 'Count' },
      { Name: 'EventsIgnored', Unit: 'Count' },
    ]);
  });

  test('does not inherit the dimensions of the one before', () => {
    const meter = createMeter('prod');

    meter.record({ ChangesReceived: 1 }, { source: 'okta' });
    meter.record({ EntriesSwept: 2 });

    expect(read()[1]).toMatchObject({ EntriesSwept: 2 });
    expect(read()[1]).not.toHaveProperty('source');
  });

  test('of several values is one line, with each of them', () => {
    createMeter('prod').record({ FreshnessMs: [5, 7] }, { source: 'okta' });

    expect(read()).toMatchObject([{ FreshnessMs: [5, 7], source: 'okta' }]);
  });

  test('of more values than a line may hold is on several, each under all of its dimensions', () => {
    createMeter('prod').record({ FreshnessMs: Array.from({ length: 250 }, (_, n) => n) }, { source: 'okta' });

    const lines = read();
    expect(lines.map(({ FreshnessMs }) => FreshnessMs.length)).toEqual([99, 99, 52]);
    expect(lines.flatMap(({ FreshnessMs }) => FreshnessMs)).toHaveLength(250);
    for (const { source, _aws } of lines)
      expect([source, _aws.CloudWatchMetrics[0].Dimensions.length]).toEqual(['okta', 2]);
  });

  test('that is a gauge is told for each source, and the sum of them for the stage alone', () => {
    createMeter('prod').gauge(
      new Map([
        ['okta', { EntriesOwed: 2 }],
        ['auth0', { EntriesOwed: 0 }],
      ]),
    );

    const told = read().map(({ EntriesOwed, source, _aws }) => [
      EntriesOwed,
      source,
      _aws.CloudWatchMetrics[0].Dimensions.map((names: string[]) => names.includes('source')),
    ]);
    expect(told).toEqual([
      [2, 'okta', [true]],
      [0, 'auth0', [true]],
      [2, undefined, [false]],
    ]);
  });

  test('tells a duration in milliseconds', () => {
    createMeter('prod').record({ VeltCallMs: 12 }, { path: '/v1/users/add' });

    const [line] = read();
    expect(line).toMatchObject({ VeltCallMs: 12, path: '/v1/users/add' });
    expect(line._aws.CloudWatchMetrics[0].Metrics).toMatchObject([{ Unit: 'Milliseconds' }]);
  });
});
