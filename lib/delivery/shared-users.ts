import type { Membership } from '../aws/mirror.ts';
import { type EntryRef, recheckOf } from '../directory/change.ts';
import type { Desired } from '../directory/desired.ts';
import { type PersonEntry, parseEntryKey } from '../directory/entry.ts';
import type { Workset, WorksetDeps } from './workset.ts';

/**
 * Where Velt's user id is the e-mail address, two people of the identity provider can be one user of Velt: a password and a
 * social account, or one person in two sources. Each is listed in the table as that user before Velt is told, and when one
 * of them loses something there, the others are delivered again: what was taken from one was taken from all.
 */

/** Puts on record who is about to become which Velt user. Nothing to do where ids are the vendor's own. Throws WorldFault. */
export async function claimUsers(
  desiredOf: ReadonlyMap<string, Desired | undefined>,
  { people }: Workset,
  deps: WorksetDeps,
): Promise<void> {
  const rows = [...people].flatMap(([key, { entry }]) => {
    const userId = desiredOf.get(key)?.user.userId;
    if (userId === undefined || !mayShare(entry, deps)) return [];
    const isConfirmed = Object.values(entry.delivered[userId] ?? {}).some(({ present }) => present);
    return isConfirmed ? [] : [rowOf(userId, key)];
  });
  await deps.mirror.join(rows);
}

/**
 * Queues everyone who shares a Velt user with somebody who just lost a scope of it, before that loss is on record: a crash
 * in between repeats both. Returns the rows of those who are that user no more, to be deleted. Throws WorldFault.
 */
export async function alarmSharers({ people }: Workset, deps: WorksetDeps): Promise<Membership[]> {
  const over: Membership[] = [];
  for (const [key, { entry, stored }] of people) {
    if (!mayShare(entry, deps)) continue;
    for (const [userId, scopes] of Object.entries(stored.entry.delivered)) {
      const left = entry.delivered[userId] ?? {};
      if (Object.keys(scopes).every((scope) => scope in left)) continue;
      await queueOthers(userId, key, deps);
      if (Object.keys(left).length === 0) over.push(rowOf(userId, key));
    }
  }
  return over;
}

async function queueOthers(userId: string, key: string, deps: WorksetDeps): Promise<void> {
  const now = deps.clock();
  for await (const others of sharersOf(userId, key, deps))
    await deps.queue.send(others.map((other) => recheckOf(other, now, { reason: 'shared-user', userId })));
}

/**
 * Everyone else on record as a user of Velt, page by page. Where the source of the one is not configured any more, also whoever
 * of another source is called so: it may be the same directory under a new name. Throws WorldFault.
 */
export async function* sharersOf(
  userId: string,
  key: string,
  { mirror, policies }: Pick<WorksetDeps, 'mirror' | 'policies'>,
): AsyncGenerator<EntryRef[]> {
  const { source, container } = rowOf(userId, key);
  for await (const keys of mirror.members(source, container))
    yield keys.filter((other) => other !== key).map(parseEntryKey);
  if (policies.has(parseEntryKey(key).source)) return;
  const byId = [...policies].filter(([, policy]) => policy.userId === 'id');
  const namesakes = byId.map(([source]): EntryRef => ({ source, kind: 'person', id: userId }));
  yield [...(await mirror.read(namesakes)).values()].map(({ entry }) => entry);
}

/** Of a source that is not configured any more, nobody knows how its people were called. */
function mayShare({ source }: PersonEntry, { policies }: WorksetDeps): boolean {
  return (policies.get(source)?.userId ?? 'email') === 'email';
}

/** Stands beside the memberships, under a name that no source can have. */
function rowOf(userId: string, key: string): Membership {
  return { source: '', container: { kind: 'user', id: userId }, personId: key };
}
