import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type * as z from 'zod';
import { ConfigError, WorldFault } from '../errors.ts';
import { parseSecret } from '../parse.ts';

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
/** How long an old value is used after a fetch failed (ms): nobody waits for a fetch at every call of an outage. */
const STALE_MS = 30_000;

/**
 * Fetches that refusals may cause: ten at once, then one a second. An unauthenticated caller can cause refusals at will,
 * and must not be able to spend the account's money or its share of Secrets Manager.
 */
const REFUSALS = 10;
const REFUSAL_MS = 1_000;

/**
 * A JSON secret of Secrets Manager, checked by its schema. Cached for five minutes, one fetch in flight, only successes
 * kept. An old value is used for as long as no newer one can be had, but not for whom it was refused. Throws WorldFault
 * `secret` when there is no other for them, or it was refused too often lately.
 */
export function createSecret<T extends z.ZodType>(
  secretId: string,
  schema: T,
  { client, clock }: SecretDeps,
): Secret<z.infer<T>> {
  let cached: { value: z.infer<T>; until: number } | undefined;
  let pending: Promise<z.infer<T>> | undefined;
  let paidUntil = 0;

  return async ({ refused } = {}) => {
    const known = cached;
    const young = known && clock() < known.until;
    if (known && young && known.value !== refused) return known.value;
    if (young && pending === undefined) payForRefusal();
    pending ??= fetchSecret().finally(() => {
      pending = undefined;
    });
    return pending.catch((fault) => {
      if (!known || known.value === refused) throw fault;
      known.until = clock() + STALE_MS;
      return known.value;
    });
  };

  /** Each refusal uses up a second; whoever is ten seconds ahead of the clock has to wait. */
  function payForRefusal(): void {
    const paid = Math.max(paidUntil, clock()) + REFUSAL_MS;
    if (paid > clock() + REFUSALS * REFUSAL_MS) {
      throw new WorldFault('secret', `secret ${secretId} was fetched too often after refusals`);
    }
    paidUntil = paid;
  }

  async function fetchSecret(): Promise<z.infer<T>> {
    const fetchedAt = clock();
    const command = new GetSecretValueCommand({ SecretId: secretId });
    const { SecretString = '' } = await client.send(command).catch((cause) => {
      throw new WorldFault('secret', `secret ${secretId} cannot be read`, { cause });
    });
    cached = { value: readValue(SecretString), until: fetchedAt + TTL_MS };
    return cached.value;
  }

  function readValue(text: string): z.infer<T> {
    try {
      return parseSecret(schema, JSON.parse(text), `secret ${secretId}`);
    } catch (cause) {
      // Neither error shows a value: JSON.parse's would, so its words are dropped.
      const message = cause instanceof ConfigError ? cause.message : `secret ${secretId} does not hold JSON`;
      throw new WorldFault('secret', message);
    }
  }
}
