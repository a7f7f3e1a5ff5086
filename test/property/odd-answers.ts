import fc from 'fast-check';

/** What the vendor shows of one thing, for ever, instead of what it is. */
export interface Oddity {
  /** The id of the thing: a person, group, organization, role or connection. */
  of: string;
  /** Whether lists show it so, or an answer about it alone, or both. */
  where: 'everywhere' | 'in lists' | 'alone';
  /** Where in the item, as `profile.email`; empty for the whole item. */
  field: string;
  becomes: Becoming;
}

/** What stands there: nothing, the same once more or in another shape, another value, its text with more in it or so much longer. */
type Becoming = (typeof SHAPES)[number] | { value: unknown } | { with: string } | { longer: number };

const SHAPES = ['missing', 'twice', 'in a list', 'in an object', 'as text'] as const;
const VALUES: unknown[] = [
  ...[null, 0, -1, 7.5, 1e308, true, false, '', ' ', [], {}, [null], 'soon', 'constructor', '__proto__'],
  ...['-000001-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z', '\uDE00'],
  ...['data:image/png;base64,AAAA', JSON.parse('{"__proto__":{"id":1},"toString":null}')],
];
const TEXTS = ['\u0000', '\uFFFF', '\uD83D', '\u202E', '\r\n', '\u{1F600}', '*', '/', '#', ' '];
const LENGTHS = [301, 16_385] as const;

/** Ids, and the fields in which what has them may be odd. */
type Things = [ids: string[], fields: string[]];

/** One to three oddities. Of containers none that makes one look like another: nobody could tell. */
export function anyOddities(people: Things[], containers: Things[]): fc.Arbitrary<Oddity[]> {
  const oddity = fc.oneof(
    ...people.map(anyOddity),
    ...containers.map((things) => anyOddity(things).filter((odd) => !isAnother(odd))),
  );
  return fc.array(oddity, { minLength: 1, maxLength: 3 });
}

function anyOddity([ids, fields]: Things): fc.Arbitrary<Oddity> {
  return fc.record({
    of: fc.constantFrom(...ids),
    where: fc.constantFrom('everywhere', 'in lists', 'alone'),
    field: fc.constantFrom('', ...fields),
    becomes: fc.oneof(
      fc.constantFrom<Becoming[]>(...SHAPES),
      fc.constantFrom(...VALUES).map((value) => ({ value })),
      fc.constantFrom(...TEXTS).map((text) => ({ with: text })),
      fc.constantFrom(...LENGTHS).map((longer) => ({ longer })),
    ),
  });
}

/** Whether it is shown by an id or a name that another thing could have, or nobody is shown to be in it. */
function isAnother({ of, where, field, becomes }: Oddity): boolean {
  if (field === '') return where !== 'alone' && becomes === 'missing';
  const [text] = become(of, becomes);
  if (typeof text !== 'string' || text === '' || text === of) return false;
  if (field === 'id') return where !== 'alone' && text.length <= 300 && text.isWellFormed();
  return /(^|\.)name$/.test(field) && text.trim() !== '' && text.length < LENGTHS[1];
}

/** The body of an answer with these oddities in it. */
export function oddly(body: string, oddities: Oddity[]): string {
  if (!oddities.some(({ of }) => body.includes(JSON.stringify(of)))) return body;
  const answer: unknown = JSON.parse(body);
  if (Array.isArray(answer)) return JSON.stringify(listed(answer, oddities));
  const [key, list] = Object.entries(answer as object).find(([, part]) => Array.isArray(part)) ?? [];
  if (key === undefined || idOf(answer) !== undefined) return JSON.stringify(alone(answer, oddities));
  return JSON.stringify({ ...(answer as object), [key]: listed(list as unknown[], oddities) });
}

function listed(items: unknown[], oddities: Oddity[]): unknown[] {
  return items.flatMap((item) => shown(item, oddities, 'in lists'));
}

/** What is shown in place of an answer about one thing alone. */
export function alone(answer: unknown, oddities: Oddity[]): unknown {
  const [one = null] = shown(answer, oddities, 'alone');
  return one;
}

/**
 * The address that somebody is shown with: null where there is none, undefined where what stands there is no address and says
 * nothing.
 */
export function addressIn(email: unknown): string | null | undefined {
  const text = email ?? '';
  if (typeof text !== 'string') return undefined;
  const address = text.trim();
  if (address === '') return null;
  return address.length <= 300 && ADDRESS.test(address) ? address : undefined;
}

const ADDRESS = /^[^\s@\p{Cc}\p{Cs}\p{Cn}]+@[^\s@\p{Cc}\p{Cs}\p{Cn}]+$/u;

/** A part of an answer as it is shown: once, twice, or not at all. */
function shown(part: unknown, oddities: Oddity[], where: Oddity['where']): unknown[] {
  if (Array.isArray(part)) return [part.flatMap((item) => shown(item, oddities, 'in lists'))];
  if (typeof part !== 'object' || part === null) return [part];
  const id = idOf(part);
  const item = Object.fromEntries(
    Object.entries(part).map(([key, value]) => [key, shown(value, oddities, where)[0]]),
  );
  return oddities
    .filter((odd) => odd.of === id && (odd.where === 'everywhere' || odd.where === where))
    .reduce<unknown[]>((items, odd) => items.flatMap((one) => changed(one, odd.field, odd.becomes)), [item]);
}

function idOf(part: unknown): unknown {
  const { user_id, id } = part as { user_id?: unknown; id?: unknown };
  return user_id ?? id;
}

/** An item, changed at a place in it. */
function changed(item: unknown, field: string, becomes: Becoming): unknown[] {
  if (field === '') return become(item, becomes);
  const [first = '', ...deeper] = field.split('.');
  if (typeof item !== 'object' || item === null) return [item];
  const parts = item as Record<string, unknown>;
  const came =
    deeper.length > 0 ? changed(parts[first], deeper.join('.'), becomes) : become(parts[first], becomes);
  if (came.length > 0)
    return [Object.assign(Array.isArray(item) ? [...item] : { ...item }, { [first]: came[0] })];
  return [Object.fromEntries(Object.entries(item).filter(([key]) => key !== first))];
}

function become(part: unknown, becomes: Becoming): unknown[] {
  if (typeof becomes === 'object') {
    if ('value' in becomes) return [becomes.value];
    const more = 'with' in becomes ? becomes.with : 'x'.repeat(becomes.longer);
    return [typeof part === 'string' ? part.slice(0, 1) + more + part.slice(1) : part];
  }
  switch (becomes) {
    case 'missing':
      return [];
    case 'twice':
      return [part, part];
    case 'in a list':
      return [[part]];
    case 'in an object':
      return [{ part }];
    case 'as text':
      return [JSON.stringify(part) ?? 'undefined'];
  }
}
