import * as z from 'zod';
import type { Stack } from '../template/stack.ts';
import type { Metrics } from './metrics.ts';

const Dimensions = z.array(z.strictObject({ Name: z.string(), Value: z.string() })).default([]);
const Metric = z.strictObject({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions,
});
/** Strict: what is not understood here would be evaluated as something else. */
const Alarm = z.strictObject({
  AlarmName: z.string(),
  AlarmDescription: z.string(),
  AlarmActions: z.array(z.string()),
  OKActions: z.array(z.string()),
  ComparisonOperator: z.literal('GreaterThanOrEqualToThreshold'),
  TreatMissingData: z.literal('notBreaching'),
  Threshold: z.number(),
  EvaluationPeriods: z.int(),
  DatapointsToAlarm: z.int().optional(),
  ...Metric.partial().shape,
  Statistic: z.string().optional(),
  Period: z.int().optional(),
  Metrics: z
    .array(
      z.union([
        // Both come to the sum of what there is: missing data is 0.
        z.strictObject({
          Id: z.string(),
          Expression: z.enum(['SUM(METRICS())', 'FILL(told, 0)']),
          Label: z.string(),
        }),
        z.strictObject({
          Id: z.string(),
          ReturnData: z.literal(false),
          MetricStat: z.strictObject({ Metric, Stat: z.string(), Period: z.int() }),
        }),
      ]),
    )
    .optional(),
});
type Alarm = z.infer<typeof Alarm>;

/** An alarm at one moment. */
export interface AlarmState {
  logicalId: string;
  name: string;
  description: string;
  isOn: boolean;
}

/**
 * What each alarm of the stack says at `now` (ms since the epoch), by the data of the periods before it. Missing data breaches
 * nothing. Throws ZodError for an alarm that the local cloud does not understand.
 */
export function alarmsAt(now: number, stack: Pick<Stack, 'ofType'>, metrics: Metrics): AlarmState[] {
  return stack.ofType<object>('AWS::CloudWatch::Alarm').map(([logicalId, properties]) => {
    const alarm = Alarm.parse(properties);
    const { AlarmName: name, AlarmDescription: description } = alarm;
    return { logicalId, name, description, isOn: isOn(alarm, now, metrics) };
  });
}

function isOn(alarm: Alarm, now: number, metrics: Metrics): boolean {
  const { EvaluationPeriods, DatapointsToAlarm = EvaluationPeriods, Threshold } = alarm;
  const stats = statsOf(alarm);
  const periodMs = (stats[0]?.Period ?? 0) * 1000;
  const breaching = Array.from({ length: EvaluationPeriods }, (_, nth) => now - nth * periodMs).filter(
    (to) => {
      const values = stats.flatMap(({ Metric: { Namespace, MetricName, Dimensions }, Stat }) => {
        const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
        const metric = { namespace: Namespace, name: MetricName, dimensions };
        return metrics.within(metric, Stat, to - periodMs, to) ?? [];
      });
      return values.length > 0 && values.reduce((sum, value) => sum + value, 0) >= Threshold;
    },
  );
  return breaching.length >= DatapointsToAlarm;
}

/** What an alarm adds up. */
function statsOf({ Metrics, Namespace = '', MetricName = '', Dimensions = [], Statistic, Period }: Alarm) {
  if (Metrics) return Metrics.flatMap((one) => ('MetricStat' in one ? one.MetricStat : []));
  return [{ Metric: { Namespace, MetricName, Dimensions }, Stat: Statistic ?? '', Period: Period ?? 0 }];
}
