import * as z from 'zod';
import type { Change } from '../../directory/change.ts';
import { parse } from '../../parse.ts';
import { membershipFact, missingPerson } from '../facts.ts';
import type { Directory, DirectoryFace, PersonRead } from '../source.ts';
import { createOktaApi, type OktaApi } from './api.ts';
import { createEventReader } from './catch-up.ts';
import { applicationOf, mappingOf, type OktaConfig } from './config.ts';
import { OktaCredentials } from './credentials.ts';
import { groupFact, groupRef, isSwitchedOn, personFact } from './facts.ts';
import { createOktaListing } from './listing.ts';
import { usersBy } from './schema.ts';

export const okta: DirectoryFace<OktaConfig, OktaCredentials> = {
  credentials: OktaCredentials,
  create: (name, config, deps) => createOktaDirectory(name, config, createOktaApi(deps, mappingOf(config))),
  factsOf(users, config, reading) {
    const { OktaUser } = usersBy(mappingOf(config));
    return parse(z.array(OktaUser), users, 'the list of users').flatMap((user) => personFact(user, reading));
  },
};

/** Reads an Okta source: the read is the truth, and a person whom Okta does not know is gone. */
export function createOktaDirectory(source: string, config: OktaConfig, api: OktaApi): Directory {
  const application = applicationOf(config);
  return {
    covers: ['group', ...(config.users === 'all' ? ['person' as const] : [])],
    ...createOktaListing(source, config, api),
    readEvents: createEventReader(config, api),

    async readGroup(id) {
      const { value, askedAt } = await api.readGroup(id);
      return [groupFact(id, value, { source, askedAt })];
    },

    /** By their login, which is an e-mail address in most orgs. */
    async findPeople(address) {
      const { value } = await api.readUser(address);
      return value ? [value.id] : [];
    },

    async readPerson(id, { memberships }) {
      api.respect({ user: memberships ? 2 : 1 });
      const { value, askedAt } = await api.readUser(id);
      const reading = { source, askedAt };
      const changes: Change[] = value ? personFact(value, reading) : [missingPerson(id, reading)];
      const read: PersonRead = { changes, readAt: new Date(askedAt).toISOString(), complete: [] };
      if (!value || !memberships) return read;
      const groups = await api.readUserGroups(id);
      const then = { source, askedAt: groups.askedAt };
      changes.push(...groups.items.map((group) => membershipFact(id, groupRef(group), then)));
      if (groups.unreadable === 0) read.complete.push('group');
      if (application === undefined) return read;
      // Of one that is switched off Okta may not show who is assigned to it.
      const { app } = await api.readApp(application);
      if (!isSwitchedOn(app)) return read;
      const assigned = await api.readAppUser(application, id);
      const container = { kind: 'application' as const, id: application };
      const isAssigned = assigned.value !== undefined;
      changes.push(membershipFact(id, container, { source, askedAt: assigned.askedAt }, isAssigned));
      read.complete.push('application');
      return read;
    },
  };
}
