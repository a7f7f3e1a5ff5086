/**
 * A value as JSON, with one to three of its parts dropped, replaced, retyped, nested, blown up or given prototype keys.
 * `choices` decides what becomes of what, so that a failure can be shrunk and repeated.
 */
export function mutatedJson(value: unknown, choices: Iterator<number>): string {
  const next = (below: number) => (choices.next().value as number) % below;
  const copy: { whole?: unknown } = { whole: structuredClone(value) };
  for (let times = 1 + next(3); times > 0 && 'whole' in copy; times -= 1) {
    const places = placesIn(copy);
    const { holder, key } = places[next(places.length)] as Place;
    const part = holder[key];
    const mutations: (() => void)[] = [
      () => (Array.isArray(holder) ? holder.splice(Number(key), 1) : delete holder[key]),
      () => (holder[key] = null),
      () => (holder[key] = [part]),
      () => (holder[key] = { [key]: part }),
      () => (holder[key] = nested(part, 1 + next(1_000))),
      () => (holder[key] = { PROTO: part, constructor: { prototype: part }, toString: part }),
      () => (holder[key] = JSON.stringify(part) ?? 'undefined'),
      () => (holder[key] = part ? '' : 'constructor'),
      () => (holder[key] = ODD[next(ODD.length)]),
      () => (holder[key] = 'x'.repeat(HUGE[next(HUGE.length)] as number)),
      () => (holder[key] = Array.isArray(part) ? [...part, ...part, null] : part),
    ];
    mutations[next(mutations.length)]?.();
  }
  // An object literal cannot have this key of its own, JSON can.
  return JSON.stringify(copy.whole ?? null).replaceAll('"PROTO"', '"__proto__"');
}

/** A body as `mutatedJson` changes it, in the form in which it is: one JSON value, or one a line. Some are cut off. */
export function mutatedBody(body: string, choices: Iterator<number>): string {
  const mutated = isJson(body) ? mutatedJson(JSON.parse(body), choices) : mutatedLines(body, choices);
  const end = choices.next().value as number;
  return end % 10 === 0 ? mutated.slice(0, end % (mutated.length + 1)) : mutated;
}

function mutatedLines(body: string, choices: Iterator<number>): string {
  const lines = body.split('\n').filter((line) => line !== '');
  const mutated: unknown = JSON.parse(
    mutatedJson(
      lines.map((line) => JSON.parse(line)),
      choices,
    ),
  );
  return [mutated]
    .flat()
    .map((value) => JSON.stringify(value))
    .join('\n');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const ODD = [-1, 0, 1e308, true, false, [], {}, '\ud800', '\u0000', '-000001-01-01T00:00:00Z'];
const HUGE = [301, 2_000, 20_000, 200_000];

type Place = { holder: Record<string, unknown>; key: string };

function placesIn(holder: object): Place[] {
  return Object.entries(holder).flatMap(([key, part]) => [
    { holder: holder as Record<string, unknown>, key },
    ...(part !== null && typeof part === 'object' ? placesIn(part) : []),
  ]);
}

function nested(part: unknown, levels: number): unknown {
  let whole = part;
  for (let level = 0; level < levels; level += 1) whole = [whole];
  return whole;
}
