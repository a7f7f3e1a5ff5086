import type { Run } from '../lib/aws/runs.ts';
import type { Applied } from '../lib/reconcile/apply.ts';

/** Where this process first saw a run, to measure its rate from: a resumed one had people already. `at` in ms since the epoch. */
export interface Begun {
  at: number;
  people: number;
}

const PHASES = { read: 'reading', compare: 'comparing with Velt', remove: 'removing' };

/** How far a run is, on one line. What is left is known only by the people of the last complete reading. */
export function progressText(
  { source, phase, pages, people, before }: Run,
  begun: Begun,
  now: number,
): string {
  const rate = ((people - begun.people) * 1000) / Math.max(1, now - begun.at);
  const left = phase === 'read' && before !== undefined && rate > 0 ? (before - people) / rate : 0;
  return [
    `${source}: ${PHASES[phase]}`,
    `${number(pages)} pages`,
    `${number(people)} people`,
    ...(phase === 'read' && rate > 0 ? [`${number(Math.round(rate))}/s`] : []),
    ...(left > 0 ? [`about ${duration(left)} left`] : []),
  ].join(', ');
}

/** How a run ended, and what can be done now. `flags` is what the commands need to find the stack again. */
export function endText(run: Run, { flags }: { flags: string }): string {
  const { source, runId, state, reason, pages, people, queued, effect, losing } = run;
  const read = `${number(people)} people on ${number(pages)} pages`;
  if (state === 'running')
    return `${source}: ${sentence(reason ?? 'not done yet')} ${read} so far; the same command goes on from there.`;
  if (state === 'stopped')
    return [
      `${source}: stopped, and nobody was removed: ${reason}.`,
      `  ${read}, ${number(queued)} changes queued; ${number(losing)} people would lose something.`,
      `  Look at it:  npm run plan -- ${runId}${flags}`,
      `  Approve it:  npm run apply -- ${runId}${flags}`,
    ].join('\n');
  return [
    `${source}: ${state}. ${read}, ${number(queued)} changes queued:`,
    `  people: ${number(effect.adds)} added, ${number(effect.updates)} updated, ${number(effect.removes)} removed`,
    ...(reason === undefined ? [] : [`  ${reason}`]),
  ].join('\n');
}

/** What became of a plan that was to be applied. */
export function appliedText(applied: Applied): string {
  if (applied.kind === 'refused') return applied.reason;
  const { runId, endedAt = '', queued } = applied.run;
  if (applied.kind === 'repeated')
    return `${runId} was carried out already, at ${endedAt}: nothing was done now.`;
  return [
    `${runId} is applied: ${number(queued)} changes are on the queue.`,
    `  ${number(applied.applied)} applied`,
    `  ${number(applied.void)} changed since the plan was made, and left as they are`,
    `  ${number(applied.kept)} were not listed, but are there, and kept`,
  ].join('\n');
}

/** With a full stop, unless it ends like a sentence already: some reasons are a vendor's refusal in whole sentences. */
function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

function number(n: number): string {
  return n.toLocaleString('en');
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
