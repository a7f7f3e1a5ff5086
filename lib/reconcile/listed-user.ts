import type { ListedUser } from '../velt/schema.ts';

/** What a user of Velt is compared by: texts, of which sets are made. */

/** One user in one scope: a scope's key ends where its JSON does. */
export function nameOf(key: string, userId: string): string {
  return `${key} ${userId}`;
}

/** That Velt was told a role of a user, or is never told a name (but the id) or an address. */
export function thatOf(name: string, what: 'role' | 'no name' | 'no email'): string {
  return `${name} ${what}`;
}

/** What can be compared of a user: what Velt does not list tells nothing, and it may write addresses in its own case. */
export function profileOf(
  name: string,
  { name: called, email, accessRole }: Omit<ListedUser, 'userId'>,
): string[] {
  const parts = Object.entries({ name: called, email: email?.toLowerCase(), accessRole });
  return parts.filter(([, value]) => value !== undefined).map((part) => JSON.stringify([name, ...part]));
}
