import { applicationOf, type SourceConfig } from '../../config.ts';
import type { Change, ContainerRef } from '../../directory/change.ts';
import type { Directory } from '../source.ts';
import type { OktaApi } from './api.ts';
import { createOktaListing } from './listing.ts';
import { createOktaLogReader } from './log.ts';
import { mapMissingOktaUser, mapOktaGroup, mapOktaGroups, mapOktaMembership, mapOktaUser } from './map.ts';

/** Reads an Okta source: the read is the truth, and whoever Okta does not know is gone. */
export function createOktaDirectory(name: string, source: SourceConfig, api: OktaApi): Directory {
  const application = applicationOf(source);
  return {
    covers: ['group'],
    readPage: createOktaListing(name, source, api),
    readEvents: createOktaLogReader(source, api),

    async readGroup(id) {
      const { value, readAt } = await api.readGroup(id);
      return [mapOktaGroup(id, value, name, readAt)];
    },

    async readPerson(id, { memberships }) {
      api.respectUser(memberships ? 2 : 1);
      const user = await api.readUser(id);
      const readAt = new Date(user.readAt).toISOString();
      if (!user.value) return { changes: [mapMissingOktaUser(id, name, user.readAt)], readAt, whole: [] };
      const changes: Change[] = [mapOktaUser(user.value, name, user.readAt)];
      const whole: ContainerRef['kind'][] = [];
      if (!memberships) return { changes, readAt, whole };
      const groups = await api.readUserGroups(id);
      changes.push(...mapOktaGroups(groups.items, id, name, groups.readAt));
      if (groups.unreadable === 0) whole.push('group');
      if (application === undefined) return { changes, readAt, whole };
      const assigned = await api.readAppUser(application, id);
      const container = { kind: 'application' as const, id: application };
      // Okta may go on telling who is assigned to an application that was deactivated.
      const member = assigned.value !== undefined && (await api.isActiveApp(application));
      changes.push(mapOktaMembership(id, container, member, name, assigned.readAt));
      return { changes, readAt, whole: [...whole, 'application'] };
    },
  };
}
