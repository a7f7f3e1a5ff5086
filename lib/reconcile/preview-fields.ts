import type { SourceConfig } from '../config.ts';
import { ATTRIBUTES, type Attribute, isField } from '../directory/change.ts';
import type { User } from '../directory/desired.ts';
import type { PersonEntry } from '../directory/entry.ts';
import type { Policy } from '../directory/policy.ts';
import { UNREADABLE } from '../sources/attributes.ts';
import { faceOf, inbound } from '../sources/inbound.ts';
import { type Made, rulesOf } from '../sources/mapping.ts';
import type { Rule } from '../sources/settings.ts';

/** A field of a user of Velt, or which organization is theirs, or until when. `from` is what made it, or why nothing did. */
export interface Field {
  field: Attribute;
  value: string | null;
  rule: 'path' | 'template' | 'constant' | 'default' | 'null' | 'none';
  from: string;
}

interface Basis {
  config: SourceConfig;
  policy: Policy;
  /** What the rules made of this user. */
  made: Made;
  isEvent: boolean;
}

/** Each field of which Velt is told, or is expressly not; of whoever is not in Velt, what is known for it. */
export function fieldsOf(entry: PersonEntry, user: User | undefined, basis: Basis): Field[] {
  const { attributes = {} } = basis.config;
  const isShown = (attribute: Attribute) =>
    attribute === 'userId' ||
    attribute === 'name' ||
    (isField(attribute) ? basis.policy.attributes.has(attribute) : rulesOf(basis.config).has(attribute)) ||
    attribute in attributes;
  const known = (field: Attribute) =>
    field === 'userId' && basis.policy.userId === 'id' ? entry.id : entry.profile[field]?.value;
  return ATTRIBUTES.filter(isShown).map((field) => {
    const value = user && (isField(field) || field === 'userId') ? user[field] : known(field);
    return { field, value: value ?? null, ...madeBy(field, entry, basis) };
  });
}

/** By which rule a field came to its value. */
function madeBy(field: Attribute, { profile }: PersonEntry, basis: Basis): Pick<Field, 'rule' | 'from'> {
  const { config, policy, made, isEvent } = basis;
  const { usual = {} } = faceOf(config, inbound);
  const isTold = (attribute: Attribute) => !isField(attribute) || policy.attributes.has(attribute);
  const has = (attribute: Attribute) => isTold(attribute) && Boolean(profile[attribute]?.value);
  if (field === 'userId' && policy.userId !== 'attribute') return wordOf(policy.userId, usual);
  if (field === 'name' && !has('name'))
    return { rule: 'default', from: `the ${has('email') ? 'email' : 'userId'}, for Velt wants a name` };
  if (!isTold(field)) return { rule: 'null', from: 'never told' };
  if (!rulesOf(config).has(field)) return { rule: 'default', from: defaultOf(usual[field], isEvent) };
  const { value, rule, nth, rules = 1 } = made[field] ?? { value: undefined };
  if (rule === undefined || typeof value !== 'string') return { rule: 'none', from: whyNone(value) };
  const more = rules > 1 ? ` (rule ${nth} of ${rules})` : '';
  return { rule: kindOf(rule), from: `${textOf(rule)}${more}` };
}

/** Of a user id that is none of the attributes of rules. */
function wordOf(
  word: 'id' | 'email' | 'lower-case-email',
  { userId = 'id', email = 'email' }: Partial<Record<Attribute, string>>,
): Pick<Field, 'rule' | 'from'> {
  if (word === 'id') return { rule: 'default', from: userId };
  return { rule: 'path', from: word === 'email' ? email : `${email}, in lower case` };
}

function defaultOf(usual: string | undefined, isEvent: boolean): string {
  if (usual === undefined) return 'the vendor has none';
  return isEvent ? 'as the event has it' : usual;
}

function whyNone(value: unknown): string {
  if (value === UNREADABLE) return 'what the rules name cannot be read';
  return value === undefined ? 'nothing is said of what the rules name' : 'no rule gives a text of use';
}

function kindOf(rule: Rule): 'path' | 'template' | 'constant' {
  if (typeof rule === 'string' || 'path' in rule) return 'path';
  return 'template' in rule ? 'template' : 'constant';
}

function textOf(rule: Rule): string {
  if (typeof rule === 'string') return rule;
  if ('constant' in rule) return JSON.stringify(rule.constant);
  const text = 'template' in rule ? JSON.stringify(rule.template) : [rule.path].flat().join('.');
  return `${text}${rule.lower === true ? ', in lower case' : ''}`;
}
