import type { DeadInvocation, Restarted } from './dead-invocations.ts';
import type { Redriven } from './redrive.ts';
import { tableText } from './table.ts';

/** So many lines are told; --json has all. */
const TOLD = 50;

/** Dead changes: how many of which kind, and about whom. `isAsked` is whether they were to be moved. */
export function deadChangesText({ held, seen, waiting, dead, moved }: Redriven, isAsked: boolean): string {
  const summary = waiting.map(({ source, kind, messages, oldest }) => [
    new Date(oldest).toISOString(),
    source,
    kind,
    String(messages),
  ]);
  const rows = dead.flatMap(({ id: message, at, about, isReadable }) => {
    const why = isReadable ? 'failed on every attempt' : 'only another version can read it: it stays';
    const named = isReadable || about.length > 0 ? about : [{ source: '?', kind: '?', id: '' }];
    return named.map(({ source, kind, id }) => [new Date(at).toISOString(), source, kind, id, message, why]);
  });
  return [
    `About ${held} dead messages, ${seen} looked at.`,
    ...(summary.length > 0 ? [tableText([['queued since', 'source', 'kind', 'messages'], ...summary])] : []),
    isAsked ? `${moved} moved back.` : 'Nothing was moved; --redrive moves them back.',
    ...(rows.length > 0
      ? ['', tableOf([['queued since', 'source', 'kind', 'who or what', 'id', 'why'], ...rows])]
      : []),
  ].join('\n');
}

/** Dead invocations, with what they failed by: their events stay where they are. */
export function deadInvocationsText(title: string, { invocations, restarted, failed }: Restarted): string {
  const outcomeOf = ({ id }: DeadInvocation) => {
    if (restarted.includes(id)) return 'invoked again';
    return failed[id] === undefined ? '' : `stays: ${failed[id]}`;
  };
  const rows = invocations.map((dead) => [
    new Date(dead.at).toISOString(),
    dead.id,
    dead.functionName ?? '?',
    dead.why,
    outcomeOf(dead),
  ]);
  const head = ['queued since', 'id', 'function', 'why', ''];
  return `\n${title}: ${invocations.length}\n${tableOf([head, ...rows])}`;
}

function tableOf(rows: string[][]): string {
  const left = rows.length - 1 - TOLD;
  const more = left > 0 ? [`  … and ${left.toLocaleString('en')} more`] : [];
  return [tableText(rows.slice(0, TOLD + 1)), ...more].join('\n');
}
