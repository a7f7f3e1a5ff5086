import type { Scope } from '../directory/entry.ts';
import { CallRefused, WorldFault } from '../errors.ts';
import type { Velt } from './client.ts';

/**
 * Everyone in a scope, page by page; a token that was there before is taken for the end. Nobody is in a scope that Velt does
 * not know, and says so: it was taken away, or nobody was put there yet. A list that is refused ends where it is. Throws WorldFault.
 */
export async function* usersOf(scope: Scope, deadline: number, velt: Pick<Velt, 'readUsers'>) {
  const tokens = new Set<string>();
  let next: string | undefined;
  do {
    if (next !== undefined) tokens.add(next);
    try {
      const page = await velt.readUsers(scope, next, deadline);
      yield* page.users;
      next = page.next;
    } catch (error) {
      const isDenied = error instanceof WorldFault && error.code === 'forbidden';
      if (!isDenied && !(error instanceof CallRefused)) throw error;
      yield error instanceof CallRefused && error.status === 'NOT_FOUND'
        ? ('no such scope' as const)
        : ('refused' as const);
      return;
    }
  } while (next !== undefined && !tokens.has(next));
}
