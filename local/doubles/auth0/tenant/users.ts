import { drop, firstAfter, insert } from '../../sorted.ts';
import { type Auth0User, completeUser, EPOCH, type NewAuth0User } from './objects.ts';
import { isWithin, type Range, type UserQuery } from './search.ts';

/** Sorts behind everything that begins with the same text. */
const LAST = '\uffff';

/** Keys of users in the order of their creation, of which those `from` to `to` were found; see `ofKey`. */
export type FoundUsers = { keys: readonly string[]; from: number; to: number };

/** Keys of users in ascending order, by a time and then by the id. */
type Index = { byCreation: string[]; byUpdate: string[]; byConnection: Map<string, string[]> };

export type Auth0Users = ReturnType<typeof createUsers>;

/** The users of a tenant, in the orders by which they are searched. */
export function createUsers(given: Iterable<NewAuth0User>) {
  const users = new Map<string, Auth0User>();
  for (const user of given) users.set(user.user_id, completeUser(user, EPOCH));
  const index = indexOf([...users.values()]);
  let last: { by: string; keys: readonly string[] } | undefined;

  const ofKey = (key: string) => users.get(key.slice(key.indexOf(' ') + 1)) as Auth0User;

  function change(user: Auth0User, inOrder: (keys: string[], key: string) => boolean): void {
    inOrder(index.byCreation, creationKey(user));
    inOrder(index.byUpdate, updateKey(user));
    for (const name of connectionsOf(user)) inOrder(inConnection(index, name), creationKey(user));
    last = undefined;
  }

  function search({ created = {}, updated = {}, connection }: UserQuery): readonly string[] {
    const span = spanOf(index.byUpdate, updated);
    const candidates =
      connection === undefined
        ? index.byUpdate.slice(span.from, span.to).map((key) => creationKey(ofKey(key)))
        : inConnection(index, connection).slice();
    const matches = candidates.filter((key) => {
      const user = ofKey(key);
      return isWithin(user.created_at, created) && isWithin(user.updated_at, updated);
    });
    return matches.sort();
  }

  return {
    byId: users as ReadonlyMap<string, Auth0User>,
    ofKey,

    /** Searches. A search by creation alone copies nothing; of others the last result is remembered. */
    find(query: UserQuery): FoundUsers {
      if (query.updated === undefined && query.connection === undefined) {
        return { keys: index.byCreation, ...spanOf(index.byCreation, query.created ?? {}) };
      }
      const by = JSON.stringify(query);
      last = last?.by === by ? last : { by, keys: search(query) };
      return { keys: last.keys, from: 0, to: last.keys.length };
    },

    /** Adds a user or replaces it. */
    put(user: Auth0User): void {
      const before = users.get(user.user_id);
      if (before) change(before, drop);
      users.set(user.user_id, user);
      change(user, insert);
    },

    /** Returns whether the user was there. */
    remove(id: string): boolean {
      const user = users.get(id);
      if (user) change(user, drop);
      return users.delete(id);
    },
  };
}

function indexOf(users: Auth0User[]): Index {
  const index: Index = {
    byCreation: users.map(creationKey).sort(),
    byUpdate: users.map(updateKey).sort(),
    byConnection: new Map(),
  };
  for (const user of users) {
    for (const name of connectionsOf(user)) inConnection(index, name).push(creationKey(user));
  }
  for (const keys of index.byConnection.values()) keys.sort();
  return index;
}

function inConnection({ byConnection }: Index, name: string): string[] {
  const known = byConnection.get(name);
  if (known) return known;
  const keys: string[] = [];
  byConnection.set(name, keys);
  return keys;
}

const creationKey = (user: Auth0User) => `${user.created_at} ${user.user_id}`;
const updateKey = (user: Auth0User) => `${user.updated_at} ${user.user_id}`;
const connectionsOf = ({ identities }: Auth0User) => new Set(identities.map(({ connection }) => connection));

/** The part of ascending keys whose time is in a range. */
function spanOf(keys: readonly string[], { from, after, to, before }: Range) {
  const start = Math.max(
    from === undefined ? 0 : firstAfter(keys, from),
    after === undefined ? 0 : firstAfter(keys, after + LAST),
  );
  const end = Math.min(
    to === undefined ? keys.length : firstAfter(keys, to + LAST),
    before === undefined ? keys.length : firstAfter(keys, before),
  );
  return { from: start, to: Math.max(start, end) };
}
