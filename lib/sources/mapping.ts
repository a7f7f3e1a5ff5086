import * as z from 'zod';
import {
  ATTRIBUTES,
  type Attribute,
  FIELDS,
  type Field,
  isField,
  MAX_TEXT,
  type Profile,
} from '../directory/change.ts';
import { type Settings, USUAL } from '../directory/policy.ts';
import { cleanName } from '../directory/text.ts';
import { endOf, isAddress, isOnTheWeb, UNREADABLE } from './attributes.ts';
import type {
  AttributeRules,
  OrganizationSetting,
  Placement,
  Rule,
  Rules,
  UserIdSetting,
} from './settings.ts';

/** What of a source's configuration says which attributes Velt is told, and of what they are made. */
export interface Mappable {
  userId?: UserIdSetting | undefined;
  attributes?: AttributeRules | undefined;
  profile?: 'ids' | undefined;
  organization?: OrganizationSetting | undefined;
  expiresAt?: Rules | undefined;
  /** Told what the rules made of each user who is read, where somebody wants to know. No part of the file. */
  onMade?: ((id: unknown, made: Made) => void) | undefined;
}

/** What the rules of one attribute came to: `rule` is the one that did, the nth of `rules`. */
export interface Making {
  value: Value;
  rule?: Rule | undefined;
  nth?: number | undefined;
  rules: number;
}
export type Made = Partial<Record<Attribute, Making>>;

type ByAttribute = Extract<Placement, { map: object }>;

/** What a rule makes of a user: a text, null where there is none, undefined where nothing is said of it. */
type Value = string | null | undefined | typeof UNREADABLE;

/** What a mapping made of a user, and which attributes are told as the vendor has them. */
export interface Mapped {
  values: Partial<Record<Attribute, Value>>;
  asUsual: readonly Field[];
}

/**
 * How a vendor shows a user to rules. With `isWhole` a root attribute that is missing is not there, else nothing is said of it.
 */
type Shown = { user: Record<string, unknown>; isWhole: boolean };

export type Mapping = NonNullable<ReturnType<typeof createMapping>>;

/** So many characters of an id fit into a key of the mirror. */
const MAX_ID = 300;

/** What is of use for each attribute: any text, where nothing stands here. */
const FITS: Partial<Record<Attribute, (text: string) => boolean>> = {
  userId: (text) => text.length <= MAX_ID && text.isWellFormed(),
  email: isAddress,
  photoUrl: isOnTheWeb,
  color: isColor,
  textColor: isColor,
  expiresAt: (text) => endOf(text) !== undefined,
};

/**
 * What a configuration makes of people's attributes; undefined where that is the usual. With nothing but ids, the id that stands at
 * the path `id` is the whole profile.
 */
export function createMapping(config: Mappable, id: string) {
  const rules = rulesOf(config);
  const organizations = organizationsOf(config);
  if (config.profile === 'ids' && !rules.has('userId')) rules.set('userId', [id]);
  const { attributes = {}, profile } = config;
  if (rules.size === 0 && profile === undefined && Object.keys(attributes).length === 0) return undefined;
  const asUsual = USUAL.filter((attribute) => profile === undefined && !(attribute in attributes));
  return {
    asUsual,
    /** The root attributes that rules look at. */
    roots: [
      ...new Set(
        [...rules.values()]
          .flat()
          .flatMap(pathsOf)
          .map(([root = '']) => root),
      ),
    ],
    read(shown: Shown): Mapped {
      const all = [...rules].map(
        ([attribute, list]) => [attribute, madeOf(attribute, list, shown, organizations)] as const,
      );
      config.onMade?.(shown.user[id], Object.fromEntries(all));
      return { values: Object.fromEntries(all.map(([attribute, { value }]) => [attribute, value])), asUsual };
    },
  };
}

/** The same for each configuration, made once. */
export function once<C extends object, T>(make: (config: C) => T): (config: C) => T {
  const made = new WeakMap<C, { it: T }>();
  return (config) => {
    const known = made.get(config) ?? { it: make(config) };
    made.set(config, known);
    return known.it;
  };
}

/** What a policy has to know of it. */
export function settingsOf({ userId = 'id', attributes = {}, profile, expiresAt }: Mappable) {
  const isTold = (field: Field) =>
    attributes[field] === undefined ? USUAL.includes(field) : attributes[field] !== null;
  return {
    userId: isWord(userId) ? userId : 'attribute',
    attributes: profile === 'ids' ? 'none' : FIELDS.filter(isTold),
    expires: expiresAt !== undefined,
  } satisfies Pick<Settings, 'userId' | 'attributes' | 'expires'>;
}

/**
 * A profile as a mapping has it, out of the usual one. What is of no use is as if the vendor had left it out; of who somebody is at
 * Velt, and where, it says nothing.
 */
export function mappedProfile(usual: Profile, mapped: Mapped | undefined, isWhole: boolean): Profile {
  if (!mapped) return usual;
  const asUsual: readonly string[] = mapped.asUsual;
  const kept = Object.entries(usual).filter(([key]) => asUsual.includes(key));
  const values = Object.entries(mapped.values).flatMap(([attribute, value]) => {
    if (value !== UNREADABLE) return value === undefined ? [] : [[attribute, value]];
    return isField(attribute as Attribute) && isWhole ? [[attribute, null]] : [];
  });
  return Object.fromEntries([...kept, ...values]);
}

/** The paths of every attribute that a rule looks at. */
export function pathsOf(rule: Rule): string[][] {
  if (typeof rule === 'string') return [rule.split('.')];
  if ('constant' in rule) return [];
  if ('template' in rule) return partsOf(rule.template).paths;
  return [typeof rule.path === 'string' ? rule.path.split('.') : rule.path];
}

/** The rules of each attribute that has some, in their order. */
export function rulesOf({
  userId,
  attributes = {},
  organization,
  expiresAt,
}: Mappable): Map<Attribute, Rule[]> {
  const all = {
    ...(!isWord(userId) && { userId }),
    ...(isMapped(organization) && { organization: organization.attribute }),
    expiresAt,
    ...attributes,
  };
  return new Map(
    ATTRIBUTES.flatMap((attribute) => {
      const rules: Rules | null | undefined = all[attribute];
      return rules == null ? [] : [[attribute, Array.isArray(rules) ? rules : [rules]] as const];
    }),
  );
}

/** The Velt organizations by what an attribute says, as names are compared, where one does. */
export function organizationsOf({ organization }: Mappable): ReadonlyMap<string | undefined, string> {
  return new Map(
    isMapped(organization) ? Object.entries(organization.map).map(([text, id]) => [cleanName(text), id]) : [],
  );
}

/** Auth0's map may have an organization that is called "map". */
function isMapped(organization: Mappable['organization']): organization is ByAttribute {
  return typeof organization === 'object' && 'map' in organization && typeof organization.map === 'object';
}

/** Whether a text is of use for an attribute. */
export function isFit(attribute: Attribute, text: string): boolean {
  return text.length <= MAX_TEXT && FITS[attribute]?.(text) !== false;
}

function isWord(userId: Mappable['userId']): userId is 'id' | 'email' | 'lower-case-email' | undefined {
  return userId === undefined || userId === 'id' || userId === 'email' || userId === 'lower-case-email';
}

/**
 * The first text that is of use; of an organization, the one that the map has for it. What cannot be read is passed over, but for
 * who somebody is at Velt, and where: nobody becomes somebody else by it. Where nothing is said of an attribute, nothing is known of
 * what comes after it.
 */
function madeOf(
  attribute: Attribute,
  list: Rule[],
  shown: Shown,
  organizations: ReadonlyMap<string | undefined, string>,
): Making {
  const becomes = (text: string): Value => {
    if (attribute === 'organization') return organizations.get(cleanName(text)) ?? null;
    if (attribute === 'expiresAt') return endOf(text) ?? UNREADABLE;
    return isFit(attribute, text) ? text : UNREADABLE;
  };
  const rules = list.length;
  let none: Value = null;
  for (const [index, rule] of list.entries()) {
    const by = { rule, nth: index + 1, rules };
    const text = textOf(rule, shown);
    if (text === undefined) return { value: text, ...by };
    const value = typeof text === 'string' ? becomes(text) : text;
    if (typeof value === 'string' || (value === UNREADABLE && !isField(attribute))) return { value, ...by };
    none = value ?? none;
  }
  return { value: none, rules };
}

function textOf(rule: Rule, shown: Shown): Value {
  if (typeof rule === 'object' && 'constant' in rule) return rule.constant;
  const texts = pathsOf(rule).map((path) => found(path, shown));
  const isLower = typeof rule === 'object' && rule.lower === true;
  const joined = typeof rule === 'object' && 'template' in rule ? filled(rule.template, texts) : texts[0];
  return typeof joined === 'string' && isLower ? joined.toLowerCase() : joined;
}

/** A template of which nothing is said, or that cannot be read, or is not there, where any of its attributes is so. */
function filled(template: string, texts: Value[]): Value {
  for (const lack of [undefined, UNREADABLE, null] as const) if (texts.includes(lack)) return lack;
  const { between } = partsOf(template);
  return between.map((part, index) => `${part}${String(texts[index] ?? '')}`).join('');
}

/** What a template has in braces, as paths, and what stands before, between and behind. */
function partsOf(template: string) {
  const parts = template.split(/\{([^{}]*)\}/);
  return {
    between: parts.filter((_, index) => index % 2 === 0),
    paths: parts.filter((_, index) => index % 2 === 1).map((path) => path.split('.')),
  };
}

/**
 * The text at a path, a whole number as its digits. Inside of an attribute that is there, what is missing is not there. A blank
 * text is none.
 */
function found(path: string[], { user, isWhole }: Shown): Value {
  let value: unknown = user;
  for (const [depth, key] of path.entries()) {
    if (value === null) return null;
    if (!isRecord(value)) return UNREADABLE;
    value = Object.hasOwn(value, key) ? value[key] : undefined;
    if (value === undefined) return depth === 0 && !isWhole ? undefined : null;
  }
  if (value === null) return null;
  const text = Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string') return UNREADABLE;
  return cleanName(text) === undefined ? null : text;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isColor(text: string): boolean {
  return /^#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i.test(text);
}

/** A vendor's schema of a user, with what a mapping makes of them beside what was said. */
export function withMapped<T extends z.ZodObject>(
  schema: T,
  mapping: Mapping | undefined,
  show: (user: Record<string, unknown>) => Shown,
): z.ZodType<z.output<T> & { mapped?: Mapped | undefined }> {
  if (!mapping) return schema as unknown as z.ZodType<z.output<T>>;
  return z.preprocess(
    (user) => (isRecord(user) ? { ...user, mapped: mapping.read(show(user)) } : user),
    schema.extend({ mapped: z.custom<Mapped>() }),
  ) as unknown as z.ZodType<z.output<T> & { mapped: Mapped }>;
}
