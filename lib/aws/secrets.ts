import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type * as z from 'zod';
import { parse } from '../config.ts';
import { WorldFault } from '../errors.ts';

export interface SecretDeps {
  client: Pick<SecretsManagerClient, 'send'>;
  clock: () => number;
}

/**
 * Reads one secret. `refused` is a value it gave before that was not accepted: it is fetched anew if that is still the
 * newest known, so that any number of calls refused with one value cause one fetch.
 */
export type Secret<T> = (options?: { refused?: T | undefined }) => Promise<T>;

/** How long a value is believed (ms); a rotation is also noticed at the first refusal. */
const TTL_MS = 5 * 60_000;

/**
 * A JSON secret of Secrets Manager, checked by its schema. Cached for five minutes, one fetch in flight, only successes
 * kept. Throws WorldFault `secret` when it cannot be fetched and ConfigError when what it holds is not valid.
 */
export function createSecret<T extends z.ZodType>(
  secretId: string,
  schema: T,
  { client, clock }: SecretDeps,
): Secret<z.infer<T>> {
  let cached: { value: z.infer<T>; fetchedAt: number } | undefined;
  let pending: Promise<z.infer<T>> | undefined;

  return async ({ refused } = {}) => {
    if (cached && cached.value !== refused && clock() - cached.fetchedAt < TTL_MS) return cached.value;
    pending ??= fetchSecret().finally(() => {
      pending = undefined;
    });
    return pending;
  };

  async function fetchSecret(): Promise<z.infer<T>> {
    const startedAt = clock();
    const value = parse(schema, parseJson(await read(), secretId), `secret ${secretId}`);
    cached = { value, fetchedAt: startedAt };
    return value;
  }

  async function read(): Promise<string> {
    try {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
      return SecretString ?? '';
    } catch (cause) {
      throw new WorldFault('secret', `secret ${secretId} cannot be read`, { cause });
    }
  }
}

function parseJson(text: string, secretId: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new WorldFault('secret', `secret ${secretId} does not hold JSON`);
  }
}
