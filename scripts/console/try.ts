import type * as z from 'zod';

/** What somebody can make happen on their own machine, and what of it is in force. */
export interface Try {
  /** The shape of what `act` takes. */
  given: z.ZodType;
  state(): TryState;
  /** Throws Error where it cannot be: somebody is not there, or is there already. */
  act(given: never): Promise<TryDone>;
}

export interface TryState {
  /** The doubles of vendors: of which source each is, who and what is in them, and what can be done to them. */
  vendors: {
    source: string;
    kind: string;
    people: { id: string; name: string; state: string }[];
    groups: { id: string; name: string; members: string[] }[];
    acts: { name: string; about: string; fields: TryField[] }[];
  }[];
  /** The ways in which the double of Velt fails, and which of them are on. */
  faults: { name: string; about: string; isOn: boolean }[];
  schedules: { name: string; about: string }[];
  /** By how much the vendors' clocks are off (ms). */
  clockMs: number;
}

/** A field of a form: a text, or one of those who and what are there. */
export interface TryField {
  name: string;
  label: string;
  of: 'text' | 'person' | 'group';
  example?: string | undefined;
}

export interface TryDone {
  said: string;
}
