import { everyoneOf } from '../lib/aws/around.ts';
import type { Mirror } from '../lib/aws/mirror.ts';
import { desired } from '../lib/directory/desired.ts';
import { confirmationsOf, scopeKey } from '../lib/directory/entry.ts';
import type { Policy } from '../lib/directory/policy.ts';
import type { Velt } from '../lib/velt/client.ts';
import { usersOf } from '../lib/velt/listing.ts';

/** What is compared of one user. */
export interface Held {
  name?: string | undefined;
  email?: string | undefined;
}

/**
 * One user of an organization: as Velt should hold them, and as it says it does. `to come` and `to go` are owed by the next delivery,
 * `missing` was confirmed and is not listed, a `stranger` was put there by somebody else. `unproven` is whom a list that was refused,
 * or refused in the middle, says nothing of.
 */
export interface Compared {
  userId: string;
  state: 'same' | 'changed' | 'missing' | 'to come' | 'to go' | 'stranger' | 'unproven';
  person?: { source: string; id: string } | undefined;
  should?: Held | undefined;
  says?: Held | undefined;
}

/** An organization at Velt beside what it should be: how many there are of each state, and the first of those that differ, and of all. */
export interface OrganizationReport {
  organizationId: string;
  counts: Record<Compared['state'], number>;
  users: Compared[];
  /** Set where Velt refuses to list it, or knows no such organization. */
  note?: string | undefined;
}

export interface OrganizationDeps {
  mirror: Pick<Mirror, 'scan' | 'read'>;
  policies: ReadonlyMap<string, Policy>;
  velt: Pick<Velt, 'readUsers'>;
  clock: () => number;
}

/** So many users are told; all are counted. */
const TOLD = 500;
/** How long Velt's list may take (ms). */
const PATIENCE_MS = 120_000;

/**
 * Compares whom an organization of Velt should hold with whom Velt lists in it. Goes through the table once a source that may be in
 * it, and through Velt's list. Nothing is changed or queued. Throws WorldFault.
 */
export async function organizationOf(
  organizationId: string,
  deps: OrganizationDeps,
): Promise<OrganizationReport> {
  const known = await expectedIn(organizationId, deps);
  const listed = new Map<string, Held>();
  let [isWhole, note] = [true, undefined as string | undefined];
  for await (const user of usersOf({ organizationId }, deps.clock() + PATIENCE_MS, deps.velt)) {
    if (user === 'refused') {
      [isWhole, note] = [false, 'Velt refuses to list who is in it: are advanced queries on?'];
    } else if (user === 'no such scope') note = 'Velt knows no such organization.';
    else listed.set(user.userId, { name: user.name, email: user.email });
  }
  const users = [...new Set([...known.keys(), ...listed.keys()])].map((userId) =>
    compared(userId, known.get(userId), listed.get(userId), isWhole),
  );
  const counts = { same: 0, changed: 0, missing: 0, 'to come': 0, 'to go': 0, stranger: 0, unproven: 0 };
  for (const { state } of users) counts[state] += 1;
  const rank = ({ state }: Compared) => (state === 'same' ? 1 : 0);
  users.sort((one, other) => rank(one) - rank(other) || (one.userId < other.userId ? -1 : 1));
  return { organizationId, counts, users: users.slice(0, TOLD), note };
}

interface Expected {
  person: { source: string; id: string };
  should?: Held | undefined;
  isConfirmed: boolean;
}

/** Everyone who should be in an organization, or is on record there. */
async function expectedIn(
  organizationId: string,
  { mirror, policies, clock }: OrganizationDeps,
): Promise<Map<string, Expected>> {
  const expected = new Map<string, Expected>();
  const key = scopeKey({ organizationId });
  for (const [source, policy] of policies)
    for await (const { people, containers } of everyoneOf(source, mirror))
      for (const entry of people) {
        const wanted = desired(entry, containers, policy, clock());
        const person = { source, id: entry.id };
        const there = confirmationsOf(entry).filter((one) => one.key === key);
        for (const { userId, present } of there) expected.set(userId, { person, isConfirmed: present });
        if (!wanted?.scopes.has(key)) continue;
        const { userId, name, email } = wanted.user;
        const isConfirmed = expected.get(userId)?.isConfirmed ?? false;
        const should = policy.onlyIds ? {} : { name, email };
        expected.set(userId, { person, should, isConfirmed });
      }
  return expected;
}

function compared(
  userId: string,
  known: Expected | undefined,
  says: Held | undefined,
  isWhole: boolean,
): Compared {
  const { person, should, isConfirmed } = known ?? {};
  const about = { userId, person, should, says };
  if (!isWhole) return { ...about, state: 'unproven' };
  if (!known) return { ...about, state: 'stranger' };
  if (!should) return { ...about, state: 'to go' };
  if (!says) return { ...about, state: isConfirmed ? 'missing' : 'to come' };
  return { ...about, state: isSame(should, says) ? 'same' : 'changed' };
}

/** What Velt does not list tells nothing, and it may write addresses in its own case. */
function isSame(should: Held, says: Held): boolean {
  const isEqual = (one: string | undefined, other: string | undefined) =>
    one === undefined || other === undefined || one === other;
  return isEqual(should.name, says.name) && isEqual(should.email?.toLowerCase(), says.email?.toLowerCase());
}
