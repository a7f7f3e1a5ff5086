import * as z from 'zod';
import type { Change } from '../directory/change.ts';
import { readCursor } from './cursor.ts';
import type { Reading } from './facts.ts';
import type { ListPage } from './rest.ts';
import type { CompleteRef, Directory, Page } from './source.ts';

/** What one step of a listing came to, and the steps to be taken right after it. */
export interface Taken<Step> extends Omit<Page, 'next'> {
  soon?: (Step | undefined)[];
}

export const NOTHING = { changes: [], complete: [], unreadable: 0 } satisfies Taken<never>;

/**
 * Lists a source step by step, a page each: the cursor holds the steps that are known to be left, the next one first. `what`
 * names the cursor in a fault.
 */
export function createListing<Step>(
  { what, schema }: { what: string; schema: z.ZodType<Step> },
  first: Step[],
  take: (step: Step) => Promise<Taken<Step>>,
): Directory['readPage'] {
  const Agenda = z.strictObject({ v: z.literal(2), steps: z.tuple([schema], schema) });
  return async (cursor) => {
    const [step, ...left] = cursor === undefined ? first : readCursor(Agenda, cursor, what).steps;
    const { soon = [], ...page }: Taken<Step> = step === undefined ? NOTHING : await take(step);
    const steps = [...soon.filter((next) => next !== undefined), ...left];
    return { ...page, next: steps.length === 0 ? undefined : JSON.stringify({ v: 2, steps }) };
  };
}

/**
 * What a page of a list comes to: facts of each item, the steps that each asks for, and the list from where the page ends. At
 * its end `container`, whose members it lists, is complete, and `last` is taken next. Without a page the list is gone.
 */
export function pageOf<T, Step>(
  page: ListPage<T> | undefined,
  parts: {
    source: string;
    step: object;
    facts?: (item: T, reading: Reading) => Change[];
    steps?: (item: T, reading: Reading) => Step[];
    container?: CompleteRef;
    last?: Step | undefined;
  },
): Taken<Step> {
  if (!page) return NOTHING;
  const { items, unreadable, next, askedAt } = page;
  const { source, step, facts = () => [], steps = () => [], container, last } = parts;
  const reading = { source, askedAt };
  return {
    changes: items.flatMap((item) => facts(item, reading)),
    complete: next === undefined && container ? [container] : [],
    unreadable,
    soon: [
      ...items.flatMap((item) => steps(item, reading)),
      next === undefined ? last : ({ ...step, from: next } as Step),
    ],
  };
}
