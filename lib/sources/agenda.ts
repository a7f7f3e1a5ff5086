import * as z from 'zod';
import { readCursor } from './cursor.ts';
import type { Directory, Page } from './source.ts';

/** What one step of a listing came to, and the steps to be taken right after it. */
export interface Taken<Step> extends Omit<Page, 'next'> {
  soon?: (Step | undefined)[];
}

export const NOTHING = { changes: [], whole: [], unreadable: 0 } satisfies Taken<never>;

/**
 * Lists a source step by step, a page each: the cursor holds the steps that are known to be left, the next one first. `what`
 * names the cursor in a fault.
 */
export function createListing<Step>(
  { what, version, schema }: { what: string; version: number; schema: z.ZodType<Step> },
  first: Step[],
  take: (step: Step) => Promise<Taken<Step>>,
): Directory['readPage'] {
  const Agenda = z.strictObject({ v: z.literal(version), steps: z.tuple([schema], schema) });
  return async (cursor) => {
    const [step, ...left] = cursor === undefined ? first : readCursor(Agenda, cursor, what).steps;
    const { soon = [], ...page }: Taken<Step> = step === undefined ? NOTHING : await take(step);
    const steps = [...soon.filter((next) => next !== undefined), ...left];
    return { ...page, next: steps.length === 0 ? undefined : JSON.stringify({ v: version, steps }) };
  };
}
