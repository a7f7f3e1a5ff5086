const UNIT_MS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * The first time after `now` (both in ms since 1970) at which a schedule expression of EventBridge Scheduler is due:
 * `rate(N minutes|hours|days)`, or `cron(minutes hours * * ? *)` in UTC with numbers, lists, `*` and `FROM/STEP`.
 * Source: docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html, 2025-12.
 *
 * @throws Error when the expression is not one, or names days, months or years, which are not imitated.
 */
export function nextDue(expression: string, now: number): number {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate) return now + Number(rate[1]) * (UNIT_MS[rate[2] ?? ''] ?? 0);

  const cron = /^cron\((\S+) (\S+) [*?] \* [*?] \*\)$/.exec(expression);
  if (!cron) throw new Error(`not a schedule expression that can be followed here: ${expression}`);
  const minutes = numbersOf(cron[1] ?? '', 60);
  const hours = numbersOf(cron[2] ?? '', 24);
  let due = Math.floor(now / 60_000) * 60_000;
  do due += 60_000;
  while (!minutes.has(new Date(due).getUTCMinutes()) || !hours.has(new Date(due).getUTCHours()));
  return due;
}

function numbersOf(field: string, limit: number): Set<number> {
  const all = Array.from({ length: limit }, (_, number) => number);
  if (field === '*') return new Set(all);
  const [from, step] = field.split('/').map(Number);
  const chosen = step
    ? all.filter((number) => number >= (from || 0) && (number - (from || 0)) % step === 0)
    : field.split(',').map(Number);
  if (chosen.length === 0 || !chosen.every((number) => all.includes(number))) {
    throw new Error(`not a cron field below ${limit}: ${field}`);
  }
  return new Set(chosen);
}
