import { deliveriesOf, type History, type Told, toldBy } from './history.ts';

/** The history as one reads it: what happened in the vendor's order, how it arrived, what went wrong. */
export function describeHistory(history: History): string {
  const { setup, events, steps, veltMs, late, overlaps, velt, refused, seed } = history;
  const told = events.map(toldBy).map(({ at, mark, facts }, index) => {
    return `  [${index}] ${at}s e${String(mark).padEnd(3)} ${JSON.stringify(facts)}`;
  });
  const arrived = deliveriesOf(history).map(({ after, events: some, lane }, index) => {
    const what = some ? some.map((event) => `[${events.indexOf(event)}]`).join(' ') : 'sweep';
    return `  ${index}: after ${after} ms ${what}${lane ? ' through the lane' : ''}`;
  });
  const wrong = [
    ...steps.map(({ step, kind }) => `  step ${step}: ${kind}`),
    ...(veltMs > 0 ? [`  a call of Velt takes up to ${veltMs} ms there, and back`] : []),
    ...late.map(
      ({ call, landsAfter, worker, heirDiesAt }) =>
        `  call ${call} of Velt lands ${landsAfter} ms after it was given up; its worker ${worker}${
          heirDiesAt === undefined ? '' : `; the next worker dies at its step ${heirDiesAt}`
        }`,
    ),
    ...overlaps.map((number) => `  invocation ${number} is given twice`),
    ...velt.map(({ from, rule }) => `  from ${from} (modulo the deliveries) on Velt ${JSON.stringify(rule)}`),
    `  Velt never accepts ${JSON.stringify(refused)}`,
  ];
  return [
    `setup ${JSON.stringify(setup)} seed ${seed}`,
    ...['events, in the order of the vendor:', ...told],
    ...['deliveries:', ...arrived],
    ...['faults:', ...wrong],
  ].join('\n');
}

/** A history as data: how its events are written as changes is left to whoever lives it. */
export type KeptHistory = Omit<History, 'events'> & { events: Told[] };

export function kept({ events, ...history }: History): KeptHistory {
  return { ...history, events: events.map(toldBy) };
}
