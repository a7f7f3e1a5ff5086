import { FUNCTIONS, type LogLine } from './logs.ts';

const WIDTH = Math.max(...FUNCTIONS.map(({ length }) => length));

/** A line of a log as an operator reads it: when, which function, how bad, what, and what stands in it beside. */
export function lineText({ at, function: name, level, message, fields }: LogLine): string {
  const beside = Object.entries(fields).map(([field, value]) => `${field}=${valueText(value)}`);
  const start = [new Date(at).toISOString(), name.padEnd(WIDTH), level.toUpperCase().padEnd(5), message];
  return [start.join('  '), ...(beside.length > 0 ? [beside.join(' ')] : [])].join('  ');
}

/** The same for programs: what the function wrote, with its name. */
export function lineJson({ at, function: name, level, message, fields }: LogLine): object {
  return { time: new Date(at).toISOString(), function: name, level, message, ...fields };
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(',');
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /\s/.test(text) ? JSON.stringify(text) : text;
}
