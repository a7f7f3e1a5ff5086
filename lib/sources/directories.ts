import * as z from 'zod';
import type { Secret } from '../aws/secrets.ts';
import type { DirectoryConfig } from '../config.ts';
import { ConfigError, WorldFault } from '../errors.ts';
import type { Meter } from '../observability.ts';
import { parseSecret } from '../parse.ts';
import { auth0 } from './auth0/directory.ts';
import { okta } from './okta/directory.ts';
import type { RestDeps } from './rest.ts';
import { DEFAULT_HEADROOM } from './settings.ts';
import type { Directory, DirectoryRegistry } from './source.ts';

/** The kinds of sources that have an API. */
export const directories: DirectoryRegistry = { okta, auth0 };

/** The secret with the directory API credentials by source; each is checked by its source's own schema. */
export const DirectoryCredentials = z.record(z.string(), z.unknown());
export type DirectoryCredentials = z.infer<typeof DirectoryCredentials>;

export interface DirectoriesDeps extends Omit<RestDeps<object>, 'credentials' | 'headroom' | 'onLeftOut'> {
  secret: Secret<DirectoryCredentials>;
  /** Absent where nobody measures. */
  meter?: Meter | undefined;
}

/**
 * A directory for each source of a kind with an API. Reading throws WorldFault `no-credentials` when the secret holds none
 * for the source, and `secret` when they are not valid.
 */
export function createDirectories(
  { sources }: Pick<DirectoryConfig, 'sources'>,
  { secret, meter, ...deps }: DirectoriesDeps,
  registry = directories,
): Map<string, Directory> {
  return new Map(
    Object.entries(sources).flatMap(([name, source]): [string, Directory][] => {
      const face = registry[source.kind];
      if (!face) return [];
      const headroom = source.api?.headroom ?? DEFAULT_HEADROOM;
      const credentials = credentialsOf(name, face.credentials, secret);
      const onLeftOut = (count: number) => meter?.record({ AttributesLeftOut: count }, { source: name });
      return [[name, face.create(name, source, { ...deps, headroom, credentials, onLeftOut })]];
    }),
  );
}

/**
 * One source's part of the secret. The same secret gives the same object, so that what was obtained with it, such as an
 * access token, is kept with it; `refused` hands back the one that was not accepted.
 */
export function credentialsOf<T extends object>(
  name: string,
  schema: z.ZodType<T>,
  secret: Secret<DirectoryCredentials>,
): RestDeps<T>['credentials'] {
  let known: { of: DirectoryCredentials; credentials: T } | undefined;
  return async ({ refused } = {}) => {
    const of = await secret(known && known.credentials === refused ? { refused: known.of } : {});
    if (known?.of !== of) known = { of, credentials: read(of[name]) };
    return known.credentials;
  };

  /** A directory without credentials is out of reach: that must not hold up what can be delivered without it. */
  function read(value: unknown): T {
    if (value === undefined)
      throw new WorldFault('no-credentials', `the directory secret holds no credentials for ${name}`);
    try {
      return parseSecret(schema, value, `directory credentials of ${name}`);
    } catch (error) {
      if (error instanceof ConfigError) throw new WorldFault('secret', error.message);
      throw error;
    }
  }
}
