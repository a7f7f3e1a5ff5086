import type { Mapped } from '../sources/mapped.ts';

/** What a body holds; `faults` are lines of it that are not JSON. */
export interface Body {
  values: unknown[];
  faults: Mapped['unreadable'];
}

/** A log stream sends lines of hundreds of bytes: more do not fit into the largest body. */
const MAX_LINES = 10_000;

/**
 * Reads a body as JSON or, where `lines` may come, as one JSON value a line, whatever its content type says. What is
 * neither holds no value, and one fault of the whole.
 */
export function readBody(body: Buffer, { lines = false }: { lines?: boolean | undefined }): Body {
  if (body.length === 0) return unreadable('the body is empty');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return unreadable('the body is not UTF-8');
  }
  const whole = parseJson(text);
  if (whole) return { values: [whole.value], faults: [] };
  const written = text.split('\n').flatMap((line, index) => (line.trim() ? { line, index } : []));
  if (!lines || written.length < 2) return unreadable('the body is not JSON');
  // Before they are parsed: two million lines that are no JSON cost seconds.
  if (written.length > MAX_LINES) return unreadable(`the body has more than ${MAX_LINES} lines`);
  const parsed = written.map(({ line, index }) => ({ index, json: parseJson(line) }));
  if (parsed.every(({ json }) => !json)) return unreadable('the body is not JSON');
  return {
    values: parsed.flatMap(({ json }) => (json ? [json.value] : [])),
    faults: parsed
      .filter(({ json }) => !json)
      .map(({ index }) => ({ path: `line ${index + 1}`, message: 'it is not JSON' })),
  };
}

function unreadable(message: string): Body {
  return { values: [], faults: [{ path: '(whole)', message }] };
}

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
