import type * as z from 'zod';
import { WorldFault } from '../errors.ts';

/**
 * What a cursor holds that this program wrote as JSON. Throws WorldFault `unreadable-message` when it is none of this schema,
 * as when a program of another version wrote it; `what` is what it should have been. Nobody is asked for anything by then.
 */
export function readCursor<T extends z.ZodType>(schema: T, text: string, what: string): z.infer<T> {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new WorldFault('unreadable-message', `unreadable ${what}: written by another version?`);
  }
}
