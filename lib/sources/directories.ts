import * as z from 'zod';
import type { Secret } from '../aws/secrets.ts';
import { DEFAULT_HEADROOM, type DirectoryConfig, parse, type SourceConfig } from '../config.ts';
import { ConfigError, WorldFault } from '../errors.ts';
import type { Http } from '../http/client.ts';
import { createAuth0Api } from './auth0/api.ts';
import { Auth0Credentials } from './auth0/credentials.ts';
import { createAuth0Directory } from './auth0/directory.ts';
import { createOktaApi } from './okta/api.ts';
import { OktaCredentials } from './okta/credentials.ts';
import { createOktaDirectory } from './okta/directory.ts';
import type { Directory } from './source.ts';

/** The secret with the directory API credentials by source; each is checked by its source's own schema. */
export const DirectoryCredentials = z.record(z.string(), z.unknown());
export type DirectoryCredentials = z.infer<typeof DirectoryCredentials>;

export interface DirectoriesDeps {
  http: Http;
  clock: () => number;
  random: () => number;
  secret: Secret<DirectoryCredentials>;
}

/**
 * A directory for each source with an `api` in the configuration, or for all of them, as a backfill reads them. Reading
 * throws WorldFault `secret` when the secret holds no valid credentials for the source.
 */
export function createDirectories(
  config: DirectoryConfig,
  deps: DirectoriesDeps,
  { all = false }: { all?: boolean } = {},
): Map<string, Directory> {
  const read = Object.entries(config.sources).filter(([, { api }]) => all || api !== undefined);
  return new Map(read.map(([name, source]) => [name, createDirectory(name, source, deps)]));
}

function createDirectory(
  name: string,
  source: SourceConfig,
  { secret, ...deps }: DirectoriesDeps,
): Directory {
  const headroom = source.api?.headroom ?? DEFAULT_HEADROOM;
  if (source.kind === 'okta') {
    const credentials = credentialsOf(name, OktaCredentials, secret);
    return createOktaDirectory(name, source, createOktaApi({ ...deps, headroom, credentials }));
  }
  const credentials = credentialsOf(name, Auth0Credentials, secret);
  return createAuth0Directory(name, source, createAuth0Api({ ...deps, headroom, credentials }));
}

/**
 * One source's part of the secret. The same secret gives the same object, so that what was obtained with it, such as an
 * access token, is kept with it; `refused` hands back the one that was not accepted.
 */
export function credentialsOf<T extends z.ZodType<object>>(
  name: string,
  schema: T,
  secret: Secret<DirectoryCredentials>,
): (options?: { refused?: z.infer<T> }) => Promise<z.infer<T>> {
  let known: { of: DirectoryCredentials; credentials: z.infer<T> } | undefined;
  return async ({ refused } = {}) => {
    const refusedSecret = refused !== undefined && known?.credentials === refused ? known.of : undefined;
    const of = await secret(refusedSecret ? { refused: refusedSecret } : {});
    if (known?.of !== of) known = { of, credentials: read(of[name]) };
    return known.credentials;
  };

  /** A directory without credentials is out of reach: that must not hold up what can be delivered without it. */
  function read(value: unknown): z.infer<T> {
    if (value === undefined)
      throw new WorldFault('no-credentials', `the directory secret holds no credentials for ${name}`);
    try {
      return parse(schema, value, `directory credentials of ${name}`);
    } catch (error) {
      throw new WorldFault(
        'secret',
        error instanceof ConfigError ? error.message : 'unreadable directory credentials',
      );
    }
  }
}
