import * as z from 'zod';
import { WorldFault } from '../../errors.ts';
import { readCursor } from '../cursor.ts';
import { membershipFact } from '../facts.ts';
import type { Directory, Page } from '../source.ts';
import type { OktaApi } from './api.ts';
import { type OktaConfig, policyOf } from './config.ts';
import { groupFact, groupRef, personFact } from './facts.ts';

const Group = z.strictObject({ id: z.string(), name: z.string().optional() });
type Group = z.infer<typeof Group>;

/** How far a listing is; `next` is always Okta's own address of the next page. */
const Cursor = z.discriminatedUnion('at', [
  z.strictObject({ v: z.literal(1), at: z.literal('deactivated'), next: z.string().optional() }),
  z.strictObject({ v: z.literal(1), at: z.literal('people'), next: z.string().optional() }),
  z.strictObject({ v: z.literal(1), at: z.literal('groups'), next: z.string().optional() }),
  z.strictObject({
    v: z.literal(1),
    at: z.literal('members'),
    next: z.string().optional(),
    /** The group whose members are being read, then those of the same page of groups whose turn comes later. */
    of: z.tuple([Group], Group),
    /** The page of groups after theirs. */
    groups: z.string().optional(),
  }),
]);
type Cursor = z.infer<typeof Cursor>;

/**
 * Lists one Okta source, a page a call:
 *
 * 1. deactivated users, only if those stay in Velt until they are deleted;
 * 2. users in scope, unless groups decide who that is: then they come with their groups;
 * 3. pages of groups, each followed by the members of those groups on it that count.
 *
 * The cursor holds all there is to know of the listing, up to 200 names of groups included (50 KB at most).
 */
export function createListing(source: string, config: OktaConfig, api: OktaApi): Directory['readPage'] {
  const policy = policyOf(config);
  const { application } = policy;

  return (cursor) => {
    const place = cursor === undefined ? first() : readCursor(Cursor, cursor, 'cursor of an Okta listing');
    if (place.at === 'deactivated') return readDeactivated(place.next);
    if (place.at === 'people') return readPeople(place.next);
    if (place.at === 'groups') return readGroups(place.next);
    return readMembers(place);
  };

  function first(): Cursor {
    const { deactivated, deleted } = policy.deprovision;
    return deactivated === 'keep' && deleted === 'remove' ? { v: 1, at: 'deactivated' } : second();
  }

  function second(): Cursor {
    return { v: 1, at: policy.everyone || application !== undefined ? 'people' : 'groups' };
  }

  /** The other lists leave them out, or may: https://developer.okta.com/docs/api, OpenAPI 2026.06.3. */
  async function readDeactivated(address: string | undefined): Promise<Page> {
    const { items, unreadable, next } = await api.readDeactivated(address);
    return {
      ...{ changes: [], whole: [], unreadable },
      leftOut: { personIds: items.map(({ id }) => id), whole: next === undefined },
      next: cursorTo(next === undefined ? second() : { v: 1, at: 'deactivated', next }),
    };
  }

  async function readPeople(address: string | undefined): Promise<Page> {
    // Okta may go on listing the users of an application that was deactivated.
    if (application !== undefined && address === undefined && !(await api.isActiveApp(application)))
      return { changes: [], whole: [], unreadable: 0, next: cursorTo({ v: 1, at: 'groups' }) };
    const container =
      application === undefined ? undefined : { kind: 'application' as const, id: application };
    const { items, unreadable, next, askedAt } = container
      ? await api.readAppUsers(container.id, address)
      : await api.readUsers(address);
    return {
      changes: items.flatMap((user) => [
        personFact(user, { source, askedAt }),
        ...(container ? [membershipFact(user.id, container, { source, askedAt })] : []),
      ]),
      whole: container && next === undefined ? [container] : [],
      unreadable,
      next: cursorTo(next === undefined ? { v: 1, at: 'groups' } : { v: 1, at: 'people', next }),
    };
  }

  async function readGroups(address: string | undefined): Promise<Page> {
    const { items, unreadable, next, askedAt } = await api.readGroups(address);
    const counting = items
      .map(groupRef)
      .filter((group) => policy.counts(group))
      .map(({ kind: _, ...group }) => group);
    return {
      changes: items.map((group) => groupFact(group.id, group, { source, askedAt })),
      whole: [],
      unreadable,
      next: cursorTo(after(counting, next)),
    };
  }

  async function readMembers({ of: [group, ...later], next: address, groups }: Cursor & { at: 'members' }) {
    const page = await api.readGroupUsers(group.id, address);
    if (!page) return { ...(await readGone(group)), next: cursorTo(after(later, groups)) };
    const { items, unreadable, next, askedAt } = page;
    // Its name is as old as the page of groups that it was on, and is told there.
    const container = { kind: 'group' as const, id: group.id };
    const decides = policy.decides({ ...container, name: group.name });
    return {
      changes: items.flatMap((user) => [
        ...(decides ? [personFact(user, { source, askedAt })] : []),
        membershipFact(user.id, container, { source, askedAt }),
      ]),
      whole: next === undefined ? [container] : [],
      unreadable,
      next: cursorTo(
        next === undefined
          ? after(later, groups)
          : { v: 1, at: 'members', of: [group, ...later], next, ...(groups !== undefined && { groups }) },
      ),
    };
  }

  /** The group went since it was listed; one that is there but does not show its members must not look empty. */
  async function readGone({ id }: Group) {
    const { value, askedAt } = await api.readGroup(id);
    if (value) throw new WorldFault('unavailable', 'Okta does not show the members of a group that it knows');
    return { changes: [groupFact(id, value, { source, askedAt })], whole: [], unreadable: 0 };
  }

  /** Where it goes on: with the members of these groups, with the next page of groups, or nowhere. */
  function after([group, ...later]: Group[], groups: string | undefined): Cursor | undefined {
    if (group) return { v: 1, at: 'members', of: [group, ...later], ...(groups !== undefined && { groups }) };
    return groups === undefined ? undefined : { v: 1, at: 'groups', next: groups };
  }
}

function cursorTo(cursor: Cursor | undefined): string | undefined {
  return cursor && JSON.stringify(cursor);
}
