import type { Change, ContainerRef } from '../../directory/change.ts';
import { membershipFact, missingPerson } from '../facts.ts';
import type { Directory, DirectoryFace } from '../source.ts';
import { createOktaApi, type OktaApi } from './api.ts';
import { createEventReader } from './catch-up.ts';
import { applicationOf, type OktaConfig } from './config.ts';
import { OktaCredentials } from './credentials.ts';
import { groupFact, groupRef, personFact } from './facts.ts';
import { createOktaListing } from './listing.ts';

export const okta: DirectoryFace<OktaConfig, OktaCredentials> = {
  credentials: OktaCredentials,
  create: (name, config, deps) => createOktaDirectory(name, config, createOktaApi(deps)),
};

/** Reads an Okta source: the read is the truth, and a person whom Okta does not know is gone. */
export function createOktaDirectory(source: string, config: OktaConfig, api: OktaApi): Directory {
  const application = applicationOf(config);
  return {
    covers: ['group'],
    readPage: createOktaListing(source, config, api),
    readEvents: createEventReader(config, api),

    async readGroup(id) {
      const { value, askedAt } = await api.readGroup(id);
      return [groupFact(id, value, { source, askedAt })];
    },

    async readPerson(id, { memberships }) {
      api.respectUser(memberships ? 2 : 1);
      const { value, askedAt } = await api.readUser(id);
      const readAt = new Date(askedAt).toISOString();
      if (!value) return { changes: [missingPerson(id, { source, askedAt })], readAt, whole: [] };
      const changes: Change[] = [personFact(value, { source, askedAt })];
      const whole: ContainerRef['kind'][] = [];
      if (!memberships) return { changes, readAt, whole };
      const groups = await api.readUserGroups(id);
      changes.push(
        ...groups.items.map((group) =>
          membershipFact(id, groupRef(group), { source, askedAt: groups.askedAt }),
        ),
      );
      if (groups.unreadable === 0) whole.push('group');
      if (application === undefined) return { changes, readAt, whole };
      const assigned = await api.readAppUser(application, id);
      const container = { kind: 'application' as const, id: application };
      // Okta may go on listing who is assigned to an application that was deactivated.
      const member = assigned.value !== undefined && (await api.isActiveApp(application));
      changes.push(membershipFact(id, container, { source, askedAt: assigned.askedAt }, member));
      return { changes, readAt, whole: [...whole, 'application'] };
    },
  };
}
