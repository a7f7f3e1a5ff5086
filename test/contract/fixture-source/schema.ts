import * as z from 'zod';
import { text } from '../../../lib/sources/attributes.ts';

const id = z.string().min(1);

export const Person = z.object({ id, name: text, left: z.boolean().default(false) });
export const Group = z.object({ id, name: z.string() });
export const Event = z.object({
  id,
  time: z.string(),
  type: z.string(),
  person: Person.optional(),
  group: Group.optional(),
});

export type Person = z.infer<typeof Person>;
export type Group = z.infer<typeof Group>;
