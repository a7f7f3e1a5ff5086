/** A value of a client's type as it comes in JSON: instants are text, and what may be absent may also be `Absent`. */
export type Json<T, Absent = never> = 0 extends 1 & T
  ? T
  : T extends Date
    ? string
    : T extends (infer Item)[]
      ? Json<Item, Absent>[]
      : T extends object
        ? { [Key in keyof T]: Json<T[Key], Absent> | (object extends Pick<T, Key> ? Absent : never) }
        : T;

/** What a client declares that it resolves a call with; nothing is of it where the client declares `any`. */
export type Answer<Call, Absent = never> = Call extends { theirs: (...args: never[]) => Promise<infer T> }
  ? 0 extends 1 & T
    ? never
    : Json<T, Absent>
  : never;

/** Also with these properties, of which a client's types say nothing: in each item where it is a list. */
export type Beside<T, More> = T extends (infer Item)[] ? (Item & More)[] : T & More;
