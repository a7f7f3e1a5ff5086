import { tableText } from '../table.ts';
import type { Examined } from './doctor.ts';

/** What was found, a line each: the wrong first. */
export function doctorText({ findings, isHealthy, stage }: Examined): string {
  const rank = { wrong: 0, unchecked: 1, note: 2, ok: 3 };
  const rows = findings
    .toSorted((one, other) => rank[one.level] - rank[other.level])
    .map(({ level, room, source, what, mend }) => [
      level,
      source === undefined || source === room ? room : `${room} ${source}`,
      mend === undefined ? what : `${what} ${mend}`,
    ]);
  const count = (wanted: string) => findings.filter(({ level }) => level === wanted).length;
  const sum = isHealthy
    ? `Nothing is wrong with stage ${stage}.`
    : `${count('wrong')} to mend, ${count('unchecked')} that could not be looked at.`;
  return `${tableText([['', 'where', ''], ...rows])}\n\n${sum}`;
}
