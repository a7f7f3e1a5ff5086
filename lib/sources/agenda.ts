import * as z from 'zod';
import type { Change, ContainerRef } from '../directory/change.ts';
import { readCursor } from './cursor.ts';
import type { Reading } from './facts.ts';
import type { ListPage } from './rest.ts';
import type { CompleteRef, Directory, Page } from './source.ts';

/** What one step of a listing came to, and the steps to be taken right after it. */
export interface Taken<Step> extends Omit<Page, 'next'> {
  soon?: (Step | undefined)[];
}

export const NOTHING = { changes: [], complete: [], unreadable: 0 } satisfies Taken<never>;

/** What comes of a step that would list this container, and cannot be read. */
export function unread(container: CompleteRef): Taken<never> {
  return { ...NOTHING, unreadable: 1, unread: [container] };
}

/**
 * Lists a source step by step, a page each: the cursor holds the steps that are known to be left, the next one first. `what`
 * names the cursor in a fault; `instead` is what comes of a step about one container that cannot be read.
 */
export function createListing<Step>(
  { what, schema }: { what: string; schema: z.ZodType<Step> },
  first: Step[],
  take: (step: Step) => Promise<Taken<Step>>,
  instead: (step: Step) => Taken<Step> | undefined,
): Required<Pick<Directory, 'readPage' | 'passOver'>> {
  const Agenda = z.strictObject({ v: z.literal(2), steps: z.tuple([schema], schema) });
  const stepsAt = (cursor: string | undefined) =>
    cursor === undefined ? first : readCursor(Agenda, cursor, what).steps;
  return {
    async readPage(cursor) {
      const [step, ...left] = stepsAt(cursor);
      return onTo(left, step === undefined ? NOTHING : await take(step));
    },
    passOver(cursor) {
      const [step, ...left] = stepsAt(cursor);
      const taken = step && instead(step);
      return taken && onTo(left, taken);
    },
  };

  function onTo(left: Step[], { soon = [], ...page }: Taken<Step>): Page {
    const steps = [...soon.filter((next) => next !== undefined), ...left];
    return { ...page, next: steps.length === 0 ? undefined : JSON.stringify({ v: 2, steps }) };
  }
}

/**
 * What a page of a list comes to: facts of each item, the steps that each asks for, and the list from where the page ends. At
 * its end `container`, whose members it lists, is complete, and `last` is taken next. A list of containers says which `kind`
 * these are of, and which of them tell too little of themselves (`unread`). Without a page the list is gone.
 */
export function pageOf<T, Step>(
  page: ListPage<T> | undefined,
  parts: {
    source: string;
    step: object;
    facts?: (item: T, reading: Reading) => Change[];
    steps?: (item: T, reading: Reading) => Step[];
    container?: CompleteRef;
    kind?: ContainerRef['kind'];
    unread?: (item: T) => CompleteRef[];
    last?: Step | undefined;
  },
): Taken<Step> {
  if (!page) return NOTHING;
  const { items, unreadable, next, askedAt } = page;
  const { source, step, facts = () => [], steps = () => [], container, kind, last } = parts;
  const { unread: tooLittle = () => [] } = parts;
  const reading = { source, askedAt };
  const unread = [...(unreadable > 0 && container ? [container] : []), ...items.flatMap(tooLittle)];
  return {
    changes: items.flatMap((item) => facts(item, reading)),
    complete: next === undefined && container ? [container] : [],
    unreadable,
    ...(unread.length > 0 && { unread }),
    ...(unreadable > 0 && kind && { unreadKinds: [kind] }),
    soon: [
      ...items.flatMap((item) => steps(item, reading)),
      next === undefined ? last : ({ ...step, from: next } as Step),
    ],
  };
}
