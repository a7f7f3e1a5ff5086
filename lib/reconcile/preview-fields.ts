import type { SourceConfig } from '../config.ts';
import { ATTRIBUTES, type Attribute } from '../directory/change.ts';
import type { User } from '../directory/desired.ts';
import type { PersonEntry } from '../directory/entry.ts';
import type { Policy } from '../directory/policy.ts';
import { UNREADABLE } from '../sources/attributes.ts';
import { faceOf, inbound } from '../sources/inbound.ts';
import { type Made, rulesOf } from '../sources/mapping.ts';
import type { Rule } from '../sources/settings.ts';

/** A field of a user of Velt. `from` is what made it, or why nothing did. */
export interface Field {
  field: Attribute;
  value: string | null;
  rule: 'path' | 'template' | 'constant' | 'default' | 'null' | 'none';
  from: string;
}

interface Making {
  config: SourceConfig;
  policy: Policy;
  /** What the rules made of this user. */
  made: Made;
  isEvent: boolean;
}

/** Each field of which Velt is told, or is expressly not; of whoever is not in Velt, what is known for it. */
export function fieldsOf(entry: PersonEntry, user: User | undefined, making: Making): Field[] {
  const { attributes = {} } = making.config;
  const isShown = (attribute: Attribute) =>
    attribute === 'userId' ||
    attribute === 'name' ||
    making.policy.attributes.has(attribute) ||
    attribute in attributes;
  return ATTRIBUTES.filter(isShown).map((field) => {
    const value = user ? user[field] : entry.profile[field]?.value;
    const made = madeBy(field, entry, making);
    return {
      field,
      value: value ?? (field === 'userId' && making.policy.userId === 'id' ? entry.id : null),
      ...made,
    };
  });
}

/** By which rule a field came to its value. */
function madeBy(field: Attribute, entry: PersonEntry, making: Making): Pick<Field, 'rule' | 'from'> {
  const { config, policy, made, isEvent } = making;
  const { usual = {} } = faceOf(config, inbound);
  if (field === 'userId' && policy.userId === 'id') return { rule: 'default', from: usual.userId ?? 'id' };
  if (field === 'userId' && policy.userId !== 'attribute')
    return {
      rule: 'path',
      from: `${usual.email ?? 'email'}${policy.userId === 'email' ? '' : ', in lower case'}`,
    };
  const isTold = field === 'userId' || policy.attributes.has(field);
  if (field === 'name' && !(isTold && entry.profile.name?.value))
    return {
      rule: 'default',
      from: `the ${entry.profile.email?.value && policy.attributes.has('email') ? 'email' : 'userId'}, for Velt wants a name`,
    };
  if (!isTold) return { rule: 'null', from: 'never told' };
  if (!rulesOf(config).has(field)) return { rule: 'default', from: defaultOf(usual[field], isEvent) };
  const { value, rule, nth = 1, rules = 1 } = made[field] ?? { value: undefined };
  if (rule === undefined || typeof value !== 'string') return { rule: 'none', from: whyNone(value) };
  const more = rules > 1 ? ` (rule ${nth} of ${rules})` : '';
  return { rule: kindOf(rule), from: `${textOf(rule)}${more}` };
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
