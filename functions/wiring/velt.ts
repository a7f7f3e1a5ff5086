import type { DirectoryConfig } from '../../lib/config.ts';
import { createHttp } from '../../lib/http/client.ts';
import { createVelt } from '../../lib/velt/client.ts';
import { VeltCredentials } from '../../lib/velt/schema.ts';
import type { createTools, Env } from './environment.ts';
import { connectSecret } from './secret.ts';

/** `credentials` is there to fetch them early. */
export function connectVelt(
  config: DirectoryConfig,
  env: Env<'VELT_CREDENTIALS_SECRET' | 'VELT_BASE_URL' | 'VELT_TIMEOUT_MS'> & Partial<Env<'VELT_LATE_MS'>>,
  { meter, ...tools }: ReturnType<typeof createTools>,
) {
  const credentials = connectSecret(env.VELT_CREDENTIALS_SECRET, VeltCredentials);
  const client = createVelt({
    ...{ http: createHttp(), credentials, usersAdd: config.velt.usersAdd },
    ...{ baseUrl: env.VELT_BASE_URL, timeoutMs: env.VELT_TIMEOUT_MS, lateMs: env.VELT_LATE_MS, ...tools },
    onCall: ({ path, ms }) => meter.record({ VeltCalls: 1, VeltCallMs: ms }, { path }),
  });
  return { client, credentials };
}
