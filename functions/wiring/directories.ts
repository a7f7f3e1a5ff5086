import type { DirectoryConfig } from '../../lib/config.ts';
import { createHttp } from '../../lib/http/client.ts';
import { createDirectories, DirectoryCredentials } from '../../lib/sources/directories.ts';
import type { createTools, Env } from './environment.ts';
import { connectSecret } from './secret.ts';

export function connectDirectories(
  config: DirectoryConfig,
  env: Env<'DIRECTORY_CREDENTIALS_SECRET'>,
  { meter, clock }: ReturnType<typeof createTools>,
) {
  const secret = connectSecret(env.DIRECTORY_CREDENTIALS_SECRET, DirectoryCredentials);
  return createDirectories(config, { http: createHttp(), clock, random: Math.random, secret, meter });
}
