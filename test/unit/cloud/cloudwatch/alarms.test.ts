import { describe, expect, test } from 'vitest';
import { alarmsAt } from '../../../../local/cloud/cloudwatch/alarms.ts';
import { createMetrics } from '../../../../local/cloud/cloudwatch/metrics.ts';

const NOW = Date.parse('2026-11-01T12:00:00.000Z');
const MINUTE_MS = 60_000;
const OURS = { service: 'sync', stage: 'dev' };
const minutesAgo = (minutes: number) => NOW - minutes * MINUTE_MS;

const common = {
  ...{
    AlarmName: 'an-alarm',
    AlarmDescription: 'What it means.',
    AlarmActions: ['topic'],
    OKActions: ['topic'],
  },
  ...{ ComparisonOperator: 'GreaterThanOrEqualToThreshold', TreatMissingData: 'notBreaching' },
  ...{ Threshold: 2, EvaluationPeriods: 1 },
};
const ofOurs = {
  ...common,
  ...{ Namespace: 'Sync', MetricName: 'Stopped', Statistic: 'Sum', Period: 300 },
  Dimensions: Object.entries(OURS).map(([Name, Value]) => ({ Name, Value })),
};

/** Whether an alarm is on, by values that came so many minutes ago. */
function isOn(
  alarm: object,
  values: [minutes: number, value: number, dimensions?: Record<string, string>][],
) {
  const metrics = createMetrics();
  for (const [minutes, value, dimensions = OURS] of values)
    metrics.put('Sync', 'Stopped', dimensions, value, minutesAgo(minutes));
  const ofType = <T>() => [['Alarm', alarm]] as [string, T][];
  return alarmsAt(NOW, { ofType }, metrics)[0]?.isOn;
}

describe('an alarm', () => {
  test.each<[what: string, alarm: object, values: Parameters<typeof isOn>[1], expected: boolean]>([
    [
      'adds up what came in its period',
      {},
      [
        [4, 1],
        [0, 1],
      ],
      true,
    ],
    [
      'leaves out what came before',
      {},
      [
        [5, 1],
        [0, 1],
      ],
      false,
    ],
    ['is off without data', {}, [], false],
    ['leaves out what has other dimensions', {}, [[0, 9, { ...OURS, source: 'okta' }]], false],
    [
      'takes the largest value',
      { Statistic: 'Maximum' },
      [
        [1, 1],
        [0, 1],
      ],
      false,
    ],
    [
      'takes the smallest value',
      { Statistic: 'Minimum' },
      [
        [1, 9],
        [0, 2],
      ],
      true,
    ],
    [
      'takes the average',
      { Statistic: 'Average' },
      [
        [1, 1],
        [0, 2],
      ],
      false,
    ],
    ['waits for all of its periods', { EvaluationPeriods: 2 }, [[0, 2]], false],
    [
      'is on after all of its periods',
      { EvaluationPeriods: 2 },
      [
        [7, 2],
        [0, 2],
      ],
      true,
    ],
    [
      'is on after so many of its periods',
      { EvaluationPeriods: 3, DatapointsToAlarm: 2 },
      [
        [12, 2],
        [0, 2],
      ],
      true,
    ],
    ['is off after fewer', { EvaluationPeriods: 3, DatapointsToAlarm: 2 }, [[12, 2]], false],
  ])('%s', (_what, alarm, values, expected) => {
    expect(isOn({ ...ofOurs, ...alarm }, values)).toBe(expected);
  });

  test('adds up several metrics', () => {
    const stat = (name: string) => ({
      ...{ Id: name, ReturnData: false },
      MetricStat: {
        Metric: { Namespace: 'Sync', MetricName: 'Stopped', Dimensions: [{ Name: 'function', Value: name }] },
        ...{ Stat: 'Sum', Period: 300 },
      },
    });
    const Metrics = [{ Id: 'all', Expression: 'SUM(METRICS())', Label: 'all' }, stat('one'), stat('two')];

    expect(isOn({ ...common, Metrics }, [[0, 1, { function: 'one' }]])).toBe(false);
    expect(
      isOn({ ...common, Metrics }, [
        [0, 1, { function: 'one' }],
        [1, 1, { function: 'two' }],
      ]),
    ).toBe(true);
  });

  test('takes what is not there for 0', () => {
    const stat = {
      Metric: { Namespace: 'Sync', MetricName: 'Stopped', Dimensions: ofOurs.Dimensions },
      Stat: 'Sum',
      Period: 300,
    };
    const Metrics = [
      { Id: 'filled', Expression: 'FILL(told, 0)', Label: 'Stopped' },
      { Id: 'told', ReturnData: false, MetricStat: stat },
    ];

    expect(isOn({ ...common, Metrics }, [[1, 2]])).toBe(true);
    expect(isOn({ ...common, Metrics }, [[6, 2]])).toBe(false);
  });

  test.each([
    ['another comparison', { ComparisonOperator: 'LessThanThreshold' }],
    ['what missing data means otherwise', { TreatMissingData: 'breaching' }],
    ['a property that is not known here', { EvaluateLowSampleCountPercentile: 'ignore' }],
    ['a statistic that is not known here', { Statistic: 'p99' }],
  ])('with %s is refused, and not taken for another', (_what, alarm) => {
    expect(() => isOn({ ...ofOurs, ...alarm }, [[0, 1]])).toThrow();
  });
});

test('the embedded format is read under each of its sets of dimensions', () => {
  const metrics = createMetrics(() => NOW);
  const metric = { namespace: 'Sync', name: 'Stopped' };
  const Dimensions = [['stage'], ['stage', 'source']];
  const CloudWatchMetrics = [{ Namespace: 'Sync', Dimensions, Metrics: [{ Name: 'Stopped' }] }];

  metrics.take(
    JSON.stringify({ _aws: { CloudWatchMetrics }, stage: 'dev', source: 'okta', Stopped: [1, 2] }),
  );
  metrics.take(JSON.stringify({ level: 'INFO', message: 'no metric', Stopped: 7 }));

  const sum = (dimensions: Record<string, string>) =>
    metrics.within({ ...metric, dimensions }, 'Sum', NOW - MINUTE_MS, NOW);
  expect([sum({ stage: 'dev' }), sum({ stage: 'dev', source: 'okta' }), sum({ source: 'okta' })]).toEqual([
    3,
    3,
    undefined,
  ]);
});
