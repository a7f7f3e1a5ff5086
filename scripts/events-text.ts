import type { Arrived, Told } from './events.ts';
import { tableText } from './table.ts';

/** So many people and types of a delivery are told; --json has all. */
const TOLD = 3;
const HEAD = ['time', 'source', 'types', 'people', 'changes', 'what became of it'];

/** Deliveries as an operator reads them, the newest last. `leftOut` is how many more there were before these. */
export function eventsText(
  events: Arrived[],
  { since, leftOut }: { since: number; leftOut: number },
): string {
  const from = new Date(since).toISOString();
  if (events.length === 0) return `The logs have nothing of the kind since ${from}.`;
  const more = leftOut === 0 ? [] : [`${leftOut} more since ${from} are left out: --limit shows more.`];
  return [...more, tableText([HEAD, ...events.map(rowOf)])].join('\n');
}

function rowOf(arrived: Arrived): string[] {
  const { at, source, types, people, told, changes } = arrived;
  const named = told.map(({ person }) => person);
  return [
    new Date(at).toISOString(),
    source === '' ? '?' : source,
    listText(types, types.length),
    listText(named, Math.max(people, named.length)),
    String(changes),
    outcomeText(arrived),
  ];
}

function listText(texts: string[], count: number): string {
  const shown = texts.slice(0, TOLD);
  const more = count > shown.length ? [`+${count - shown.length}`] : [];
  return [...shown, ...more].join(', ');
}

function outcomeText({ outcomes, told, parked, why }: Arrived): string {
  if (why !== undefined) return `not taken: ${why}`;
  return outcomes
    .map((outcome) => {
      const those = told.filter((one) => (one.outcome ?? 'queued') === outcome);
      const count = outcome === 'parked' ? parked : those.length;
      const codes = [...new Set(those.flatMap(({ code }: Told) => code ?? []))].join(', ');
      return `${count > 1 ? `${count} ` : ''}${outcome}${codes === '' ? '' : ` (${codes})`}`;
    })
    .join(', ');
}
