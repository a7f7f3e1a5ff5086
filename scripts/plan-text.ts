import type { RunItem } from '../lib/aws/runs.ts';
import { parseEntryKey } from '../lib/directory/entry.ts';
import type { Plan } from '../lib/reconcile/planned.ts';
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
  { run, effect, items }: Plan,
  { file, flags }: { file: string; flags: string },
): string {
  const { runId, source, people, endedAt = run.startedAt, reason } = run;
  const head = `Plan ${runId}: what a reading of ${source} would do, as of ${minute(endedAt)}; ${count(people, 'person', 'people')} read.`;
  if (items.length === 0) return `${head}\nNothing: Velt is as ${source} says.`;
  const groups = items.filter((item) => !isPerson(item));
  const gone = groups.filter(({ confirm }) => confirm !== undefined).length;
  const counts = [
    ['people', effect.adds, effect.updates, effect.removes],
    ['memberships', effect.joins, '', effect.leaves],
    ['groups', ...addedAndChanged(groups), gone],
  ].map((row) => row.map(grouped));
  return [
    head,
    '',
    tableText([['', 'add', 'update', 'remove'], ...counts], { numbers: true }),
    ...(reason === undefined
      ? []
      : [
          '',
          `The breaker stops it: ${reason}.`,
          'If that is as it should be, applying it is the way through.',
        ]),
    ...section('Removed', removalsOf(items), REMOVALS),
    ...section('Updated, by the new name', updatesOf(items), UPDATES),
    '',
    `All of it: ${file}`,
    `Apply it:  npm run apply -- ${runId}${flags}`,
  ].join('\n');
}

function addedAndChanged(groups: RunItem[]): [number, number] {
  const told = groups.filter(({ confirm }) => confirm === undefined);
  const added = told.filter(({ revision }) => revision === 0).length;
  return [added, told.length - added];
}

/** Who leaves Velt, then groups that end, then who leaves groups only. */
function removalsOf(items: RunItem[]): string[][] {
  const leaving = items.filter(({ effect }) => effect.removes > 0);
  const ending = items.filter(({ confirm }) => confirm === 'group');
  const parting = items.filter(({ effect }) => effect.removes === 0 && effect.leaves > 0);
  return [
    ...leaving.map((item) => [...named(item), 'leaves Velt', reasonOf(item)]),
    ...ending.map((item) => [...named(item), 'the group ends', reasonOf(item)]),
    ...parting.map((item) => [
      ...named(item),
      `leaves ${count(item.effect.leaves, 'place', 'places')}`,
      reasonOf(item),
    ]),
  ];
}

function updatesOf(items: RunItem[]): string[][] {
  return items.filter(({ effect }) => effect.updates > 0).map(named);
}

function reasonOf({ reason, changes, confirm }: RunItem): string {
  if (confirm) return reason;
  const facts = changes.filter((change) => change.kind === 'person');
  if (facts.some(({ exists }) => exists === false)) return 'deleted';
  if (facts.some(({ active }) => active === false)) return 'deactivated';
  if (facts.some(({ blocked }) => blocked === true)) return 'suspended or blocked';
  return reason;
}

function named({ key, name = '(no name)' }: RunItem): string[] {
  return [plain(name), plain(parseEntryKey(key).id)];
}

/** What others wrote must not steer the terminal. */
function plain(text: string): string {
  const visible = text.replace(/\p{C}/gu, ' ');
  return visible.length > NAME_LENGTH ? `${visible.slice(0, NAME_LENGTH - 1)}…` : visible;
}

function section(title: string, rows: string[][], most: number): string[] {
  if (rows.length === 0) return [];
  const more = rows.length > most ? [`  … and ${grouped(rows.length - most)} more`] : [];
  return ['', title, tableText(rows.slice(0, most)), ...more];
}

function isPerson({ key }: RunItem): boolean {
  return parseEntryKey(key).kind === 'person';
}

function minute(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`;
}

function count(n: number, one: string, many: string): string {
  return `${grouped(n)} ${n === 1 ? one : many}`;
}

function grouped(n: number | string): string {
  return typeof n === 'number' ? n.toLocaleString('en') : n;
}
