import type { ContainerRef } from '../lib/directory/change.ts';
import { innerOf, type Scope } from '../lib/directory/entry.ts';
import type { Cause, Explanation, Membership, Outcome, Place } from '../lib/directory/explain.ts';
import type { Preview, Previews } from '../lib/reconcile/preview.ts';
import { plain } from './plan-text.ts';
import { tableText } from './table.ts';

const VALUE_LENGTH = 60;

/** Previews as an operator reads them: of each person the fields, what they are in, and where they are to be in Velt. */
export function previewText({ source, people, notes, isWhole }: Previews): string {
  return [
    ...people.map((person) => personText(person, source)),
    ...(people.length === 0 ? ['It tells nothing of a person.'] : []),
    ...notes.map((note) => plain(`Note: ${note}.`, Number.POSITIVE_INFINITY)),
    ...(people.length > 0 && !isWhole ? ['Not read: all that they are in. --person reads it.'] : []),
  ].join('\n\n');
}

function personText({ id, user, why, fields, memberships, places }: Preview, source: string): string {
  const name = fields.find(({ field }) => field === 'name')?.value;
  const who = `${name == null ? plain(id, VALUE_LENGTH) : `${plain(name)} (${plain(id, VALUE_LENGTH)})`} of ${source}`;
  const shown = fields.map(({ field, value, rule, from }) => [
    field,
    value === null ? '–' : plain(value, VALUE_LENGTH),
    rule,
    plain(from, 2 * VALUE_LENGTH),
  ]);
  return [
    user ? `${who} is ${plain(user.userId, VALUE_LENGTH)} in Velt.` : `${who} is not in Velt: ${why}.`,
    ...table(['field', 'value', 'rule', 'from'], shown),
    ...outcomeTables({ memberships, places }),
  ].join('\n');
}

/** What somebody is in and what comes of each, and where they are to be in Velt, by which settings: as tables, those with a row. */
export function outcomeTables({
  memberships,
  places,
}: Pick<Explanation, 'memberships' | 'places'>): string[] {
  return [
    ...table(['is in', 'becomes', 'by'], memberships.flatMap(membershipRows)),
    ...table(['in Velt', 'role', 'by'], places.map(placeRow)),
  ];
}

/** A table with an empty line before it; nothing where it has no row. */
export function table(head: string[], rows: string[][]): string[] {
  return rows.length === 0 ? [] : ['', tableText([head, ...rows], { ruled: true })];
}

function membershipRows({ outcomes, ...ref }: Membership): string[][] {
  const what = containerText(ref);
  if (outcomes.length === 0) return [[what, 'nothing', '']];
  return outcomes.map((outcome, index) => [
    index === 0 ? what : '',
    outcomeText(outcome),
    causeText(outcome),
  ]);
}

/** A container as somebody is in it. */
export function containerText({ kind, id, name, organization }: ContainerRef): string {
  const inside = organization === undefined ? '' : ` in ${plain(organization)}`;
  return `${kind} ${name === undefined ? plain(id) : `${plain(name)} (${plain(id)})`}${inside}`;
}

function outcomeText({ becomes, scope, role }: Outcome): string {
  if (becomes === 'scope') return 'in scope';
  if (becomes === 'excluded' || scope === undefined) return 'no group';
  if (becomes === 'group') return `group in ${plain(scope.organizationId)}`;
  return `${role === undefined ? '' : `${role} in `}${placeText(scope)}`;
}

function placeRow({ scope, role, causes }: Place): string[] {
  const by = causes.length === 0 ? "no rule: Velt's own" : causes.map(causeText).join(', ');
  return [placeText(scope), role ?? '–', by];
}

/** A place in Velt. */
export function placeText(scope: Scope): string {
  const inner = innerOf(scope);
  if (inner === undefined) return `organization ${plain(scope.organizationId)}`;
  return `${inner} ${plain(scope[`${inner}Id`] ?? '')} in ${plain(scope.organizationId)}`;
}

function causeText({ setting, pattern }: Cause): string {
  if (pattern !== undefined) return `${setting} ${plain(JSON.stringify(pattern))}`;
  return setting === 'organization' ? setting : `${setting} for everyone`;
}
