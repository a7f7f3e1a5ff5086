import { type Effect, NO_EFFECT, plus } from '../lib/directory/effect.ts';
import type { Removal } from '../lib/reconcile/removal.ts';
import { count, grouped, named, removedSection, section } from './plan-text.ts';
import { tableText } from './table.ts';

/** So many of those who stay are named. */
const STAYING = 5;

/** Whom it would take out of Velt to take a source away, as a person reads it in ten seconds. */
export function removalText(source: string, { losing, staying, groups }: Removal): string {
  const people = losing.length + staying.length;
  const head = `${source}: ${count(people, 'person', 'people')} at Velt.`;
  if (people + groups === 0)
    return `${head} Nobody would leave; what the table holds of it would be forgotten.`;
  const effect: Effect = losing.map((item) => item.effect).reduce(plus, NO_EFFECT);
  const leaving = losing.filter(({ effect: { removes } }) => removes > 0).length;
  const counts = [
    ['people', leaving, people - leaving],
    ['memberships', effect.leaves, ''],
    ['groups', '', groups],
  ].map((row) => row.map(grouped));
  return [
    head,
    '',
    tableText([['', 'remove', 'stay'], ...counts], { numbers: true }),
    ...(groups > 0
      ? ['', 'Velt has no call that takes a group away: they stay there, without these members.']
      : []),
    ...removedSection(losing),
    ...section(
      'Stay',
      staying.map((item) => [...named(item), item.reason ?? '']),
      STAYING,
    ),
  ].join('\n');
}

/** How taking a source away ended, and what can be done now. `flags` is what the commands need to find the stack again. */
export function removedText(
  source: string,
  { left, refused, forgotten }: { left: number; refused: number; forgotten: number },
  flags: string,
): string {
  if (left === 0)
    return `${source}: done. Nobody is at Velt by it, and its ${count(forgotten, 'row', 'rows')} of the mirror table are deleted.`;
  const why =
    left === refused
      ? 'Velt refuses to delete them (docs/operations.md, Refused people).'
      : `Nobody left for five minutes: is the configuration without ${source} deployed, and does delivery get through to Velt?`;
  return [
    `${source}: ${count(left, 'person', 'people')} of it still at Velt, and nothing is forgotten. ${why}`,
    `  Go on later:  npm run sync -- remove-source ${source}${flags}`,
  ].join('\n');
}
