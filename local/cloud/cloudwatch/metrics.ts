import * as z from 'zod';

export type Dimensions = Record<string, string>;

/** What a metric came to within a minute. */
interface Bucket {
  sum: number;
  count: number;
  minimum: number;
  maximum: number;
}

export type Metrics = ReturnType<typeof createMetrics>;

const MINUTE_MS = 60_000;

/** CloudWatch's embedded format, as functions print it (docs.aws.amazon.com/AmazonCloudWatch, Embedded Metric Format, 2026-11). */
const Line = z.looseObject({
  _aws: z.object({
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string() })),
      }),
    ),
  }),
});

/** The metrics of the local cloud, a minute's together. They are counted by the moment at which they arrive. */
export function createMetrics(clock: () => number = Date.now) {
  const series = new Map<string, Map<number, Bucket>>();
  return { put, take, within };

  function put(namespace: string, name: string, dimensions: Dimensions, value: number, at = clock()): void {
    const key = keyOf(namespace, name, dimensions);
    const minutes = series.get(key) ?? new Map<number, Bucket>();
    series.set(key, minutes);
    const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS;
    const { sum, count, minimum, maximum } = minutes.get(minute) ?? {
      ...{ sum: 0, count: 0, minimum: value, maximum: value },
    };
    minutes.set(minute, {
      ...{ sum: sum + value, count: count + 1 },
      ...{ minimum: Math.min(minimum, value), maximum: Math.max(maximum, value) },
    });
  }

  /** Takes the metrics out of a line that a function printed, if there are any. */
  function take(line: string): void {
    if (!line.startsWith('{"_aws"')) return;
    const { _aws, ...values } = Line.parse(JSON.parse(line));
    for (const { Namespace, Dimensions, Metrics } of _aws.CloudWatchMetrics)
      for (const names of Dimensions)
        for (const { Name } of Metrics) {
          const dimensions = Object.fromEntries(names.map((name) => [name, String(values[name])]));
          for (const value of [values[Name]].flat()) put(Namespace, Name, dimensions, Number(value));
        }
  }

  /** One statistic of the minutes that began after `from`, and not after `to` (ms); undefined where there is no data. */
  function within(
    { namespace, name, dimensions }: { namespace: string; name: string; dimensions: Dimensions },
    statistic: string,
    from: number,
    to: number,
  ): number | undefined {
    const minutes = series.get(keyOf(namespace, name, dimensions)) ?? new Map<number, Bucket>();
    const buckets = [...minutes].flatMap(([minute, bucket]) => (minute > from && minute <= to ? bucket : []));
    if (buckets.length === 0) return undefined;
    const sum = buckets.reduce((total, bucket) => total + bucket.sum, 0);
    switch (statistic) {
      case 'Sum':
        return sum;
      case 'Average':
        return sum / buckets.reduce((total, { count }) => total + count, 0);
      case 'Minimum':
        return Math.min(...buckets.map(({ minimum }) => minimum));
      case 'Maximum':
        return Math.max(...buckets.map(({ maximum }) => maximum));
      default:
        throw new Error(`the local cloud does not know the statistic ${statistic}`);
    }
  }
}

function keyOf(namespace: string, name: string, dimensions: Dimensions): string {
  return JSON.stringify([namespace, name, ...Object.entries(dimensions).sort()]);
}
