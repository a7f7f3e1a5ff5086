/** The pattern of an EventBridge rule: at each key another level, or a list of values, one of which has to be there. */
export type EventPattern = { [key: string]: EventPattern | (string | number | boolean | null | Prefix)[] };
type Prefix = { prefix: string };

/**
 * Whether an event has everything that a rule's pattern names. In a list of the event one matching item is enough.
 * Source: docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html, 2025-12.
 *
 * @throws Error naming an operator that is not imitated here: only exact values and `prefix` are.
 */
export function matchesPattern(pattern: EventPattern, event: unknown): boolean {
  checkPattern(pattern);
  return Object.entries(pattern).every(([key, wanted]) => {
    const found = isObject(event) && Object.hasOwn(event, key) ? event[key] : undefined;
    if (!Array.isArray(wanted)) return matchesPattern(wanted, found);
    return wanted.some((value) => [found].flat().some((candidate) => matchesValue(value, candidate)));
  });
}

/** @throws Error as {@link matchesPattern} does. */
export function checkPattern(pattern: EventPattern): void {
  for (const wanted of Object.values(pattern)) {
    if (!Array.isArray(wanted)) {
      checkPattern(wanted);
      continue;
    }
    for (const value of wanted) {
      if (isObject(value) && Object.keys(value).join() !== 'prefix') {
        throw new Error(`the event pattern uses ${JSON.stringify(value)}, which is not imitated`);
      }
    }
  }
}

function matchesValue(wanted: string | number | boolean | null | Prefix, found: unknown): boolean {
  if (isObject(wanted)) return typeof found === 'string' && found.startsWith(wanted.prefix);
  return found === wanted;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
