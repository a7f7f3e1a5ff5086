import * as z from 'zod';
import type { Files } from './folder.ts';

/** A text that stands for itself on a command line. */
const word = z.string().min(1).max(1_000);
const source = word.optional();
/** The body of a delivery, or a file as in events/. */
const event = z.string().max(900_000);

/** Something of the page that a command answers: what the page gives for it, and the command's words. */
export interface Asking {
  given: z.ZodType;
  argv(given: never, files: Files): string[];
}

/** Something of the page that changes something: what has to be typed, where that is not the stage's name, and what it does. */
export interface Act extends Asking {
  word?: (given: never) => string;
  /** What it does, as the page says it before. */
  to: string;
}

function asking<S extends z.ZodType>(given: S, argv: (given: z.output<S>, files: Files) => string[]): Asking {
  return { given, argv };
}

function act<S extends z.ZodType>(
  to: string,
  given: S,
  argv: (given: z.output<S>, files: Files) => string[],
  typed?: (given: z.output<S>) => string,
): Act {
  return { to, given, argv, ...(typed && { word: typed }) };
}

const flag = (name: string, value: string | undefined) => (value === undefined ? [] : [`--${name}=${value}`]);
const nothing = z.strictObject({});

/** Everything that the page looks at. Behind `--` nothing is taken for a flag. */
export const VIEWS = {
  status: asking(z.strictObject({ people: z.boolean().optional() }), ({ people }) => [
    ...['status', ...(people ? ['--people'] : [])],
  ]),
  doctor: asking(nothing, () => ['doctor']),
  people: asking(
    z.strictObject({
      text: z.string().max(300).optional(),
      source,
      in: word.optional(),
      after: word.optional(),
    }),
    ({ text, after, ...given }) => [
      ...['people', ...flag('source', given.source), ...flag('in', given.in), ...flag('after', after)],
      ...(text ? ['--', text] : []),
    ],
  ),
  groups: asking(
    z.strictObject({ text: z.string().max(300).optional(), source, after: word.optional() }),
    ({ text, after, ...given }) => [
      ...['groups', ...flag('source', given.source), ...flag('after', after)],
      ...(text ? ['--', text] : []),
    ],
  ),
  person: asking(z.strictObject({ who: word, source, queues: z.boolean().optional() }), (given) => [
    ...['person', ...flag('source', given.source), ...(given.queues ? [] : ['--no-queues'])],
    ...['--', given.who],
  ]),
  preview: asking(z.strictObject({ person: word, source: word }), ({ person, source }) => [
    ...['preview', `--source=${source}`, `--person=${person}`],
  ]),
  organization: asking(z.strictObject({ id: word }), ({ id }) => ['organization', '--', id]),
  parked: asking(nothing, () => ['parked']),
  'parked-body': asking(z.strictObject({ id: word }), ({ id }) => ['parked', '--', 'show', id]),
  dead: asking(nothing, () => ['dead', '--people']),
  explain: asking(z.strictObject({ source: word, event }), ({ source, event }, files) => [
    ...['explain', `--source=${source}`, files.write(event)],
  ]),
  plan: asking(z.strictObject({ source: word, id: z.uuid() }), ({ source, id }, files) => [
    ...['plan', `--source=${source}`, `--out=${files.planOf(id)}`],
  ]),
} satisfies Record<string, Asking>;

/** Everything that the page does. */
export const ACTS = {
  send: act(
    'send this delivery: what it tells of people becomes true at Velt',
    z.strictObject({ source: word, event }),
    ({ source, event }, files) => [
      ...['send', `--source=${source}`, `--yes=${files.stage}`, files.write(event)],
    ],
  ),
  replay: act('send what was parked to the webhook again', z.strictObject({ id: word }), ({ id }) => [
    ...['parked', '--', 'replay', id],
  ]),
  drop: act(
    'drop what was parked for good',
    z.strictObject({ id: word }),
    ({ id }) => ['parked', `--yes=${id}`, '--', 'drop', id],
    ({ id }) => id,
  ),
  retry: act('ask again for them, now', z.strictObject({ who: word, source }), (given) => [
    ...['retry', ...flag('source', given.source), '--', given.who],
  ]),
  redrive: act(
    'move what is dead back to its queue',
    z.strictObject({ source, kind: word.optional() }),
    ({ source, kind }) => ['dead', '--redrive', '--people', ...flag('source', source), ...flag('kind', kind)],
  ),
  pause: act('stop delivering to Velt', nothing, () => ['pause']),
  resume: act('go on with delivering to Velt', nothing, () => ['resume']),
  backfill: act('run over the directory now', z.strictObject({ source: word }), ({ source }) => [
    ...['backfill', `--source=${source}`],
  ]),
  apply: act('apply the plan that is shown', z.strictObject({ id: z.uuid() }), ({ id }, files) => [
    ...['apply', files.planOf(id)],
  ]),
} satisfies Record<string, Act>;

export type ViewName = keyof typeof VIEWS;
export type ActName = keyof typeof ACTS;
