import * as z from 'zod';
import type { Secret } from '../../aws/secrets.ts';
import {
  applicationOf,
  DEFAULT_HEADROOM,
  type DirectoryConfig,
  parse,
  readsPeople,
  type SourceConfig,
} from '../../config.ts';
import type { Change, ContainerRef } from '../../directory/change.ts';
import { ConfigError, WorldFault } from '../../errors.ts';
import type { Http } from '../../http/client.ts';
import type { Directory } from '../source.ts';
import { createOktaApi, type OktaApi } from './api.ts';
import { createOktaListing } from './listing.ts';
import { createOktaLogReader } from './log.ts';
import { mapMissingOktaUser, mapOktaGroup, mapOktaGroups, mapOktaMembership, mapOktaUser } from './map.ts';
import { OktaCredentials } from './schema.ts';

/** The secret with the directory API credentials by source; each is checked by its source's own schema. */
export const DirectoryCredentials = z.record(z.string(), z.unknown());
export type DirectoryCredentials = z.infer<typeof DirectoryCredentials>;

export interface OktaDirectoryDeps {
  http: Http;
  clock: () => number;
  random: () => number;
  secret: Secret<DirectoryCredentials>;
}

/** The API of a configured Okta source. Reading throws WorldFault `secret` when the secret holds no valid credentials for it. */
export function connectOkta(
  name: string,
  source: SourceConfig & { kind: 'okta' },
  deps: OktaDirectoryDeps,
): OktaApi {
  // The same secret gives the same connection, so that the token of a service app is kept with it.
  let known: { of: DirectoryCredentials; connection: OktaCredentials } | undefined;
  return createOktaApi({
    ...deps,
    headroom: source.api?.headroom ?? DEFAULT_HEADROOM,
    credentials: async ({ refused } = {}) => {
      const refusedSecret = known && known.connection === refused ? known.of : undefined;
      const secret = await deps.secret(refusedSecret ? { refused: refusedSecret } : {});
      if (known?.of !== secret) {
        known = {
          of: secret,
          connection: readConnection(secret[name], name),
        };
      }
      return known.connection;
    },
  });
}

/** A directory without credentials is out of reach: that must not hold up what can be delivered without it. */
function readConnection(value: unknown, name: string): OktaCredentials {
  try {
    return parse(OktaCredentials, value, `directory credentials of ${name}`);
  } catch (error) {
    throw new WorldFault(
      'secret',
      error instanceof ConfigError ? error.message : 'unreadable directory credentials',
    );
  }
}

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
      const user = await api.readUser(id, memberships ? 2 : 1);
      const readAt = new Date(user.readAt).toISOString();
      if (!user.value) return { changes: [mapMissingOktaUser(id, name, user.readAt)], readAt, whole: [] };
      const changes: Change[] = [mapOktaUser(user.value, name, user.readAt)];
      const whole: ContainerRef['kind'][] = [];
      if (!memberships) return { changes, readAt, whole };
      const groups = await api.readUserGroups(id);
      changes.push(...mapOktaGroups(groups.value, id, name, groups.readAt));
      if (groups.unreadable === 0) whole.push('group');
      if (application === undefined) return { changes, readAt, whole };
      const assigned = await api.readAppUser(application, id);
      const container = { kind: 'application' as const, id: application };
      changes.push(mapOktaMembership(id, container, assigned.value !== undefined, name, assigned.readAt));
      return { changes, readAt, whole: [...whole, 'application'] };
    },
  };
}

/** A directory for each source whose people are read. */
export function createDirectories(config: DirectoryConfig, deps: OktaDirectoryDeps): Map<string, Directory> {
  const directories = new Map<string, Directory>();
  for (const [name, source] of Object.entries(config.sources)) {
    if (source.kind !== 'okta' || !readsPeople(source)) continue;
    directories.set(name, createOktaDirectory(name, source, connectOkta(name, source, deps)));
  }
  return directories;
}
