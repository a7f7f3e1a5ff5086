/** How many of a minute are told one by one: alarms count exactly where there are few. */
const TOLD_SINGLY = 10;
const MINUTE_MS = 60_000;

/** What is to be told of something that happened: how often, and whether it is the first of its minute. */
export interface Told {
  count: number;
  isFirst: boolean;
}

/**
 * Says of something that strangers can make happen at will whether it is to be told. The first ten of a minute are, one by one;
 * whatever comes beyond is added to the first of a later minute. By a process and key; keys have to be few. `clock` in ms.
 */
export type Tally = (key: string) => Told | undefined;

export function createTally(clock: () => number): Tally {
  const minutes = new Map<string, { until: number; told: number; kept: number }>();
  return (key) => {
    const minute = minutes.get(key);
    if (minute === undefined || clock() >= minute.until) {
      minutes.set(key, { until: clock() + MINUTE_MS, told: 1, kept: 0 });
      return { count: 1 + (minute?.kept ?? 0), isFirst: true };
    }
    if (minute.told >= TOLD_SINGLY) {
      minute.kept += 1;
      return undefined;
    }
    minute.told += 1;
    return { count: 1, isFirst: false };
  };
}
