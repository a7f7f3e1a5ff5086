import * as z from 'zod';
import type { Change, ContainerRef } from '../../directory/change.ts';
import { WorldFault } from '../../errors.ts';
import { parse } from '../../parse.ts';
import { membershipFact, missingPerson } from '../facts.ts';
import type { Listing } from '../rest.ts';
import type { Directory, DirectoryFace } from '../source.ts';
import { type Auth0Api, createAuth0Api } from './api.ts';
import { createEventReader } from './catch-up.ts';
import { type Auth0Config, mappingOf, policyOf } from './config.ts';
import { Auth0Credentials } from './credentials.ts';
import {
  groupFact,
  groupRef,
  organizationFact,
  organizationRef,
  personFact,
  presentPerson,
  roleRef,
} from './facts.ts';
import { createAuth0Listing } from './listing.ts';
import { type Organization, usersBy } from './schema.ts';

export const auth0: DirectoryFace<Auth0Config, Auth0Credentials> = {
  credentials: Auth0Credentials,
  create: (name, config, deps) => createAuth0Directory(name, config, createAuth0Api(deps, mappingOf(config))),
  factsOf(users, config, reading) {
    const { User } = usersBy(mappingOf(config));
    return parse(z.array(User), users, 'the list of users').flatMap((user) => personFact(user, reading));
  },
};

/** Calls for the roles of one person, one for each organization: the limit of most tenants is 20 at a time. */
const MAX_ROLE_READS = 10;

/** Reads an Auth0 source: the read is the truth, and a person whom Auth0 does not know is gone. */
export function createAuth0Directory(source: string, config: Auth0Config, api: Auth0Api): Directory {
  const policy = policyOf(config);
  const [roles, groups] = [policy.mayCount('role'), policy.mayCount('group')];
  return {
    ...createAuth0Listing(source, config, api),
    readEvents: createEventReader(source, config, api),
    eventsTellGroups: true,

    async readGroup(id) {
      const read = await api.readGroup(id);
      return read ? [groupFact(id, read.value, { source, askedAt: read.askedAt })] : [];
    },

    async readOrganization(id) {
      const { value, askedAt } = await api.readOrganization(id);
      return [organizationFact(id, value, { source, askedAt })];
    },

    async readConnection(id) {
      const { value } = await api.readConnection(id);
      return value?.name;
    },

    async findPeople(address) {
      const { items } = await api.readUsersByEmail(address);
      return items.map(({ user_id: id }) => id);
    },

    async readPerson(id, { memberships, rolesIn = [] }) {
      const lists = { other: 1, ...(groups && { groups: 1 }), ...(roles && { 'member-roles': 1 }) };
      api.respect({ users: 1, ...(memberships && lists) });
      const { value, askedAt } = await api.readUser(id);
      const reading = { source, askedAt };
      const read = { readAt: new Date(askedAt).toISOString(), complete: [] };
      if (!value) return { ...read, changes: [missingPerson(id, reading)] };
      if (value.user_id !== id)
        throw new WorldFault('unreadable-answer', 'Auth0 answered with somebody else than was asked for');
      // This endpoint is consistent (auth0.com/docs/manage-users/user-search, 2026-08): a person whom it knows is
      // there now, also after it did not know them, however old their last update is.
      const changes: Change[] = [...personFact(value, reading), presentPerson(value, reading)];
      if (!memberships) return { ...read, changes };

      const organizations = await api.readUserOrganizations(id);
      const held = roles && organizations ? await rolesOf(id, organizations.items, rolesIn) : [];
      const inGroups = groups ? await api.readUserGroups(id) : undefined;
      changes.push(
        ...membershipsIn(id, organizations, organizationRef),
        ...held.flatMap(({ organization, list }) =>
          membershipsIn(id, list, (role) => roleRef(organization, role)),
        ),
        ...membershipsIn(id, inGroups, groupRef),
      );
      return {
        ...{ ...read, changes },
        complete: [
          ...(organizations?.unreadable === 0 ? ['organization' as const] : []),
          ...(inGroups?.unreadable === 0 ? ['group' as const] : []),
        ],
        rolesIn: held.flatMap(({ organization, list }) => (list.unreadable === 0 ? organization : [])),
      };
    },
  };

  function membershipsIn<T>(id: string, list: Listing<T> | undefined, refOf: (item: T) => ContainerRef) {
    const { items, askedAt } = list ?? { items: [], askedAt: 0 };
    return items.map((item) => membershipFact(id, refOf(item), { source, askedAt }));
  }

  /** Roles of a person in many organizations are read in some of them at a time: in `first` before others. */
  async function rolesOf(id: string, organizations: Organization[], first: string[]) {
    const counting = organizations
      .filter((organization) => policy.counts(organizationRef(organization)))
      .sort((one, other) => Number(first.includes(other.id)) - Number(first.includes(one.id)));
    // More than the limit ever allows at once would be begun anew for ever.
    const asked = counting.slice(0, Math.min(MAX_ROLE_READS, api.mostAtOnce('member-roles')));
    api.respect({ 'member-roles': asked.length });
    const lists: { organization: string; list: Listing<Organization> }[] = [];
    for (const { id: organization } of asked) {
      const list = await api.readMemberRoles(organization, id);
      if (list) lists.push({ organization, list });
    }
    return lists;
  }
}
