import type { Change, ContainerRef } from '../../lib/directory/change.ts';
import type { WorldFault } from '../../lib/errors.ts';
import { personFacts } from '../../lib/sources/auth0/facts.ts';
import { mapBody } from '../../lib/sources/auth0/inbound.ts';
import type { Directory } from '../../lib/sources/source.ts';
import { makeDelivery } from './delivery.ts';
import { auth0Event, NOW, second } from './factories.ts';

const auth0 = {
  kind: 'auth0',
  organization: { org_1: 'acme', org_2: 'globex', org_3: 'initech' },
};

/** The n-th event of a morning, as an event stream posts it. */
export const at = (n: number, type: string, object: object) =>
  auth0Event(type, object, { id: `evt_${n}`, time: second(n) });

export function user(id: string, facts: { connection?: string } & Record<string, unknown> = {}) {
  const { connection = 'Username-Password-Authentication', ...rest } = facts;
  return {
    user_id: id,
    email: `${id.split('|')[1]}@example.com`,
    email_verified: true,
    created_at: second(0),
    updated_at: second(0),
    identities: [{ connection, isSocial: false, provider: 'auth0', user_id: 7 }],
    name: `Name of ${id}`,
    nickname: 'nick',
    app_metadata: { plan: 'pro' },
    user_metadata: {},
    ...rest,
  };
}

export const organization = (id: string) => ({ id, name: `name-of-${id}` });
export const member = (id: string, personId: string) => ({
  organization: organization(id),
  user: { user_id: personId },
});
export const role = (id: string, personId: string, roleId: string) => ({
  ...member(id, personId),
  role: { id: `rol_${roleId}`, name: roleId },
});
export const group = { id: 'grp_1', name: 'Everyone at Corp', type: 'tenant' };
export const ofConnection = {
  member_type: 'connection',
  id: 'con_1',
  type: 'connection',
  connection_id: 'con_1',
};
export const inGroup = (who: object) => ({ group, member: who });

/** A Management API with these people, each with what they are a member of, and these connections by id. */
export function makeAuth0Directory({
  people = {},
  connections = {},
}: {
  people?: Record<string, { user: ReturnType<typeof user>; memberships?: ContainerRef[] }>;
  connections?: Record<string, string>;
}) {
  const reads: string[] = [];
  const world: { fault: WorldFault | undefined } = { fault: undefined };
  const answer = async <T>(what: string, value: () => T): Promise<T> => {
    reads.push(what);
    if (world.fault) throw world.fault;
    return value();
  };
  const connect = (clock: () => number): Directory => ({
    covers: [],
    readGroup: (id) => answer(id, () => []),
    readConnection: (id) => answer(id, () => connections[id]),
    readPerson: (id, { memberships }) =>
      answer(memberships ? `${id} with memberships` : id, () => {
        const readAt = new Date(clock()).toISOString();
        const common = { source: 'customers', personId: id, askedAt: readAt };
        const found = people[id];
        if (!found)
          return {
            readAt,
            complete: [],
            changes: [{ ...common, kind: 'person', at: readAt, exists: false }],
          };
        const facts = {
          kind: 'person' as const,
          at: found.user.updated_at,
          ...personFacts(found.user, true),
        };
        const containers = memberships ? (found.memberships ?? []) : [];
        return {
          readAt,
          complete: memberships ? ['organization'] : [],
          rolesIn: containers.map((container) => container.id),
          changes: [
            { ...common, ...facts },
            ...containers.map((container): Change => {
              return { ...common, kind: 'membership', at: readAt, container, member: true };
            }),
          ],
        };
      }),
    readPage: () => answer('page', () => ({ changes: [], complete: [], unreadable: 0, next: undefined })),
    readEvents: () => answer('events', () => ({ events: [], next: '', more: false, failedDeliveries: 0 })),
  });
  return { reads, world, connect };
}

/** Deliver with events as Auth0 posts them; with a directory, an api is configured. */
export function makeAuth0Delivery(directory?: ReturnType<typeof makeAuth0Directory>) {
  const source = { ...auth0, ...(directory && { api: {} }) };
  const { run, once, organizations, ...delivery } = makeDelivery({ customers: source }, ({ time }) =>
    directory ? new Map([['customers', directory.connect(time.clock)]]) : new Map(),
  );
  const changesOf = (events: unknown[]) =>
    mapBody(events, { source: 'customers', latest: NOW, config: directory ? { api: { headroom: 0 } } : {} })
      .changes;
  return {
    ...delivery,
    take: (...events: unknown[]) => run(...changesOf(events)),
    takeOnce: (...events: unknown[]) => once(...changesOf(events)),
    /** By Velt organization who is there by what name, and who is in which group. */
    held: () =>
      Object.fromEntries(
        Object.entries(organizations())
          .map(([id, { users, groups }]) => {
            const names = Object.entries(users).map(([userId, { name }]) => [userId, name]);
            const members = Object.entries(groups)
              .filter(([, group]) => group.members.length > 0)
              .map(([groupId, group]) => [`${groupId} ${group.groupName}`, group.members.toSorted()]);
            return [id, { ...Object.fromEntries(names), ...Object.fromEntries(members) }] as const;
          })
          .filter(([, holds]) => Object.keys(holds).length > 0),
      ),
  };
}

export const ada = 'auth0|ada';
export const adaAtGoogle = 'google-oauth2|ada';
export const bob = 'auth0|bob';
