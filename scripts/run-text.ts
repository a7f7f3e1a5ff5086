import type { Run } from '../lib/aws/runs.ts';
import { planFileOf } from './plan-file.ts';

/** Where this process first saw a run, to measure its rate from: a resumed one had people already. `at` in ms since the epoch. */
export interface Begun {
  at: number;
  people: number;
}

const PHASES = {
  list: 'listing',
  absences: 'finding absences',
  breaker: 'at the breaker',
  ask: 'asking again',
  unknown: 'in a phase of another version',
} as const;

/** How far a run is, on one line. What is left is known only by the people of the last complete run. */
export function progressText(
  { source, phase, pages, people, before }: Run,
  begun: Begun,
  now: number,
): string {
  const rate = ((people - begun.people) * 1000) / Math.max(1, now - begun.at);
  const left = phase === 'list' && before !== undefined && rate > 0 ? (before - people) / rate : 0;
  return [
    `${source}: ${PHASES[phase]}`,
    `${number(pages)} pages`,
    `${number(people)} people`,
    ...(phase === 'list' && rate > 0 ? [`${number(Math.round(rate))}/s`] : []),
    ...(left > 0 ? [`about ${duration(left)} left`] : []),
  ].join(', ');
}

/** How a run ended, and what can be done now. `flags` is what the commands need to find the stack again. */
export function endText(run: Run, { flags }: { flags: string }): string {
  const { source, phase, state, reason, pages, people, queued, asked, losing } = run;
  const read = `${number(people)} people on ${number(pages)} pages`;
  if (state === 'running')
    return `${source}: ${sentence(reason ?? 'not done yet')} ${read} so far; npm run sync -- backfill --source ${source}${flags} goes on from there.`;
  const queuedText = `${number(queued - asked)} changes queued`;
  if (state === 'done')
    return `${source}: done. ${read}, ${queuedText}, ${number(asked)} people and groups asked again.`;
  // Without credentials nothing begins.
  if (phase !== 'breaker') return `${source}: ${sentence(reason ?? 'stopped')}`;
  return [
    `${source}: stopped by the breaker: ${reason}.`,
    `  ${read}, ${queuedText}; ${number(losing)} people would lose something, and nobody did.`,
    '  If this is intended, apply the plan.',
    `  Make it:   npm run sync -- plan --source ${source}${flags}`,
    `  Apply it:  npm run sync -- apply ${planFileOf(source)}${flags}`,
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
