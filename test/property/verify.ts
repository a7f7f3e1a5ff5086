import { deepStrictEqual } from 'node:assert/strict';
import type { VeltState } from '../../local/doubles/velt/velt.ts';
import { describeHistory, kept } from './describe-history.ts';
import { type History, userIdOf } from './history.ts';
import { type Truth, truthOf } from './oracle.ts';
import type { Reached } from './search.ts';
import { type Ending, live } from './world.ts';

/**
 * Lives a history through. Throws, with the history in words and what was expected, where it does not end in the truth
 * and in silence: nothing owed, nothing due, nothing called when everything is delivered once more.
 */
export async function verify(history: History): Promise<Ending> {
  const ending = await live(history);
  try {
    judge(history, ending);
  } catch (error) {
    throw new Error(
      [(error as Error).message, describeHistory(history), JSON.stringify(kept(history))].join('\n\n'),
      { cause: error },
    );
  }
  return ending;
}

/** The rare things that a life came through. */
export function reachedBy({ stats, changed }: Ending): Reached {
  return {
    ...changed,
    'two workers on one person': stats.met,
    'a call that landed late': stats.landedLate,
    'a death after such a call': stats.diedAfterLate,
    'the death of the next worker too': stats.heirsDied,
    'an entry leased by another': stats.leased,
    crashes: stats.crashes,
  };
}

function judge(history: History, { state, roles, quiet, overdue, stillDue, repeated }: Ending): void {
  const truth = truthOf(history.events, history.setup);
  const held = Object.entries(state.organizations);
  const organizationIds = new Set([...Object.keys(state.organizations), ...Object.keys(truth.organizations)]);
  for (const id of organizationIds) {
    deepStrictEqual(
      actual(id, state, truth, history),
      expected(id, truth, history),
      `what Velt holds in ${id}`,
    );
    deepStrictEqual(
      wrongRoles(roles[id], truth.organizations[id]?.roles, history),
      [],
      `whose role is not theirs in ${id}`,
    );
  }
  // Whom Velt never accepts is left out above, but must not stay either.
  for (const userId of refusedUsers(history)) {
    const wanted = Object.values(truth.organizations).some(({ users }) => userId in users);
    if (!wanted)
      deepStrictEqual(JSON.stringify(state).includes(JSON.stringify(userId)), false, `${userId} stayed`);
  }
  for (const [id, { groups }] of held) {
    for (const [groupId, name] of Object.entries(truth.groupNames)) {
      if (!groups[groupId] || history.refused.groups.includes(groupId)) continue;
      deepStrictEqual(groups[groupId].groupName, name, `the name of group ${groupId} in ${id}`);
    }
  }
  deepStrictEqual(quiet, true, 'the sweep never became quiet');
  deepStrictEqual(overdue, 0, 'entries that were looked at are due at once again');
  deepStrictEqual(repeated, [], 'delivering everything once more called Velt');
  const hopeless = history.refused.people.length + history.refused.groups.length > 0;
  if (!hopeless) deepStrictEqual(stillDue, 0, 'entries stay due though nothing is owed');
}

/** The roles at Velt that none of those who are that user has there; who should not be there at all is told elsewhere. */
function wrongRoles(
  held: Ending['roles'][string] = {},
  wanted: Truth['organizations'][string]['roles'] = {},
  history: History,
): string[] {
  const refused = refusedUsers(history);
  return Object.entries(held).flatMap(([place, users]) =>
    Object.entries(users)
      .filter(([userId, role]) => !refused.has(userId) && wanted[place]?.[userId]?.includes(role) === false)
      .map(([userId, role]) => `${userId} is ${role} in ${place}`),
  );
}

type Scopes = Record<string, string[]>;

function expected(id: string, truth: Truth, history: History) {
  const { users = {}, groups = {}, folders = {}, documents = {} } = truth.organizations[id] ?? {};
  const profiles = Object.entries(users).map(([userId, [profile]]) => [userId, profile] as const);
  return comparable(Object.fromEntries(profiles), { groups, folders, documents }, history);
}

function actual(id: string, { organizations }: VeltState, truth: Truth, history: History) {
  const { users = {}, groups = {}, folders = {}, documents = {} } = organizations[id] ?? {};
  const members = Object.entries(groups).map(([groupId, group]) => [groupId, group.members] as const);
  const profiles = Object.entries(users).map(([userId, profile]) => {
    const sharers = (truth.organizations[id]?.users[userId] ?? []).map((one) => profileOf(one, history));
    const isOfSharers = sharers.length > 1 && mayShow(profileOf(profile, history), sharers, history);
    const [first] = truth.organizations[id]?.users[userId] ?? [];
    return [userId, isOfSharers ? first : profile] as const;
  });
  return comparable(
    Object.fromEntries(profiles),
    { groups: Object.fromEntries(members), folders, documents },
    history,
  );
}

/**
 * Whether Velt may show this profile of people who are one user: that of one of them, or, where a role is told by an update after the
 * add, what two of them told at the same moment, each attribute from one.
 */
function mayShow(
  profile: Record<string, unknown>,
  sharers: Record<string, unknown>[],
  { setup }: History,
): boolean {
  if (sharers.some((one) => same(one, profile))) return true;
  const isTheirs = ([name, value]: [string, unknown]) => sharers.some((one) => same(one[name], value));
  return setup.roles === true && 'name' in profile && Object.entries(profile).every(isTheirs);
}

/** Leaves out whom and what Velt never accepts, and what is empty. */
function comparable(
  users: Record<string, Record<string, unknown> | undefined>,
  { groups, ...rest }: { groups: Scopes; folders: Scopes; documents: Scopes },
  history: History,
) {
  const refused = refusedUsers(history);
  const groupsLeft = Object.entries(groups).filter(([id]) => !history.refused.groups.includes(id));
  const scopes = Object.entries({ groups: Object.fromEntries(groupsLeft), ...rest }).flatMap(
    ([kind, lists]) =>
      Object.entries(lists).map(
        ([id, userIds]) => [`${kind} ${id}`, userIds.filter((userId) => !refused.has(userId))] as const,
      ),
  );
  const profiles = Object.entries(users)
    .filter(([userId]) => !refused.has(userId))
    .map(([userId, profile = {}]) => [userId, profileOf(profile, history)]);
  return {
    users: Object.fromEntries(profiles),
    ...Object.fromEntries(scopes.filter(([, ids]) => ids.length > 0)),
  };
}

/** What can be compared of a profile: where Velt only updates whom it knows, nothing can be cleared. */
function profileOf(profile: Record<string, unknown>, { setup }: History): Record<string, unknown> {
  const { accessRole: _, ...told } = profile;
  return setup.velt.repeatAdd === 'already-exists' ? { name: profile.name } : told;
}

function refusedUsers({ refused, setup }: History): Set<string> {
  return new Set(refused.people.map((personId) => userIdOf(personId, setup)));
}

function same(one: unknown, other: unknown): boolean {
  try {
    deepStrictEqual(one, other);
    return true;
  } catch {
    return false;
  }
}
