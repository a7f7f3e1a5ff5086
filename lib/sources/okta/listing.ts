import * as z from 'zod';
import { policyOf, type SourceConfig } from '../../config.ts';
import type { ContainerRef } from '../../directory/change.ts';
import { WorldFault } from '../../errors.ts';
import { readCursor } from '../cursor.ts';
import type { Page } from '../source.ts';
import type { OktaApi } from './api.ts';
import { mapOktaGroup, mapOktaMembership, mapOktaUser } from './map.ts';
import type { OktaGroup } from './schema.ts';

const Group = z.strictObject({ id: z.string(), name: z.string().optional() });
type Group = z.infer<typeof Group>;

/** How far a listing is; `next` is always Okta's own address of the next page. */
const Place = z.discriminatedUnion('at', [
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
type Place = z.infer<typeof Place>;

/**
 * Lists everything that the configuration mirrors of one Okta source: who is deactivated, where those stay until they are
 * deleted; who is in scope (nobody at first where groups decide:
 * those people come with their groups), then each page of groups, followed by the members of every group on it that makes a
 * difference to somebody. Of the others only the group itself is told. A page holds people, or groups, or members of one
 * group; the cursor holds all there is to know of the listing, up to 200 names of groups included (50 KB at most).
 */
export function createOktaListing(
  name: string,
  source: SourceConfig,
  api: OktaApi,
): (cursor: string | undefined) => Promise<Page> {
  const policy = policyOf(source);
  const { application } = policy;

  return (cursor) => {
    const place = cursor === undefined ? first() : readCursor(Place, cursor, 'cursor of an Okta listing');
    if (place.at === 'deactivated') return readDeactivated(place.next);
    if (place.at === 'people') return readPeople(place.next);
    if (place.at === 'groups') return readGroups(place.next);
    return readMembers(place);
  };

  function first(): Place {
    const { deactivated, deleted } = source.deprovision;
    return deactivated === 'keep' && deleted === 'remove' ? { v: 1, at: 'deactivated' } : second();
  }

  function second(): Place {
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
    const { items, unreadable, next, readAt } = container
      ? await api.readAppUsers(container.id, address)
      : await api.readUsers(address);
    return {
      changes: items.flatMap((user) => [
        mapOktaUser(user, name, readAt),
        ...(container ? [mapOktaMembership(user.id, container, true, name, readAt)] : []),
      ]),
      whole: container && next === undefined ? [container] : [],
      unreadable,
      next: cursorTo(next === undefined ? { v: 1, at: 'groups' } : { v: 1, at: 'people', next }),
    };
  }

  async function readGroups(address: string | undefined): Promise<Page> {
    const { items, unreadable, next, readAt } = await api.readGroups(address);
    return {
      changes: items.map((group) => mapOktaGroup(group.id, group, name, readAt)),
      whole: [],
      unreadable,
      next: cursorTo(
        after(
          items.map(groupOf).filter((group) => policy.counts({ kind: 'group', ...group })),
          next,
        ),
      ),
    };
  }

  async function readMembers({ of: [group, ...later], next: address, groups }: Place & { at: 'members' }) {
    const page = await api.readGroupUsers(group.id, address);
    if (!page) return { ...(await readGone(group)), next: cursorTo(after(later, groups)) };
    const { items, unreadable, next, readAt } = page;
    const container: ContainerRef = { kind: 'group', ...group };
    const decides = policy.decides(container);
    return {
      changes: items.flatMap((user) => [
        ...(decides ? [mapOktaUser(user, name, readAt)] : []),
        mapOktaMembership(user.id, container, true, name, readAt),
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
    const { value, readAt } = await api.readGroup(id);
    if (value) throw new WorldFault('unavailable', 'Okta does not show the members of a group that it knows');
    return { changes: [mapOktaGroup(id, value, name, readAt)], whole: [], unreadable: 0 };
  }

  /** Where it goes on: with the members of these groups, with the next page of groups, or nowhere. */
  function after([group, ...later]: Group[], groups: string | undefined): Place | undefined {
    if (group) return { v: 1, at: 'members', of: [group, ...later], ...(groups !== undefined && { groups }) };
    return groups === undefined ? undefined : { v: 1, at: 'groups', next: groups };
  }
}

function groupOf({ id, profile }: OktaGroup): Group {
  return { id, ...(profile?.name && { name: profile.name }) };
}

function cursorTo(place: Place | undefined): string | undefined {
  return place && JSON.stringify(place);
}
