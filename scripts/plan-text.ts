import { takesAway } from '../lib/directory/effect.ts';
import { parseEntryKey } from '../lib/directory/entry.ts';
import type { Plan, PlanItem } from '../lib/reconcile/plan.ts';
import { tableText } from './table.ts';

/** So many of each are named; the rest are counts. */
const REMOVALS = 10;
const UPDATES = 5;
const NAME_LENGTH = 32;

/**
 * A plan as a person reads it in ten seconds: counts, whether the breaker would stop it, then whom it takes something from.
 * `file` is where all of it is, `flags` what the commands need to find the stack again.
 */
export function planText(
  { run, effect, groups, items }: Plan,
  { file, flags }: { file: string; flags: string },
): string {
  const { source, people, endedAt = run.startedAt, reason } = run;
  const head = `Plan of ${source}: what a run would do, as of ${minute(endedAt)}; ${count(people, 'person', 'people')} listed.`;
  const areSame = Object.values(groups).every((changed) => changed === 0);
  if (items.length === 0 && areSame) return `${head}\nNothing: Velt is as ${source} says.`;
  const counts = [
    ['people', effect.adds, effect.updates, effect.removes],
    ['memberships', effect.joins, '', effect.leaves],
    ['groups', groups.added, groups.changed, groups.ended],
  ].map((row) => row.map(grouped));
  return [
    head,
    '',
    tableText([['', 'add', 'update', 'remove'], ...counts], { numbers: true }),
    ...(reason === undefined
      ? []
      : ['', `The breaker would stop it: ${reason}.`, 'If this is intended, apply the plan.']),
    ...removedSection(items),
    ...section('Updated, by the new name', updatesOf(items), UPDATES),
    '',
    `All of it: ${file}`,
    `Apply it:  npm run sync -- apply ${file}${flags}`,
  ].join('\n');
}

/** The lines that name who loses something. */
export function removedSection(items: PlanItem[]): string[] {
  return section('Removed', removalsOf(items), REMOVALS);
}

/** Who leaves Velt, then who only loses memberships. */
function removalsOf(items: PlanItem[]): string[][] {
  const losing = items.filter(({ effect }) => takesAway(effect));
  const leaving = losing.filter(({ effect }) => effect.removes > 0);
  const parting = losing.filter(({ effect }) => effect.removes === 0);
  const lost = ({ effect }: PlanItem) => `loses ${count(effect.leaves, 'membership', 'memberships')}`;
  return [
    ...leaving.map((item) => [...named(item), 'leaves Velt', item.reason ?? '']),
    ...parting.map((item) => [...named(item), lost(item), item.reason ?? '']),
  ];
}

function updatesOf(items: PlanItem[]): string[][] {
  return items.filter(({ effect }) => effect.updates > 0).map(named);
}

/** The first columns of a line about somebody. */
export function named({ key, name = '(no name)' }: PlanItem): string[] {
  return [plain(name), plain(parseEntryKey(key).id)];
}

/** What others wrote must not steer the terminal. */
export function plain(text: string, length = NAME_LENGTH): string {
  const visible = text.replace(/\p{C}/gu, ' ');
  return visible.length > length ? `${visible.slice(0, length - 1)}…` : visible;
}

/** The lines of a list that has a title, the first `most` of them. */
export function section(title: string, rows: string[][], most: number): string[] {
  if (rows.length === 0) return [];
  const more = rows.length > most ? [`  … and ${grouped(rows.length - most)} more`] : [];
  return ['', title, tableText(rows.slice(0, most)), ...more];
}

function minute(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`;
}

export function count(n: number, one: string, many: string): string {
  return `${grouped(n)} ${n === 1 ? one : many}`;
}

export function grouped(n: number | string): string {
  return typeof n === 'number' ? n.toLocaleString('en') : n;
}
