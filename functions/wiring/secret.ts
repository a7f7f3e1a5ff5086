import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type * as z from 'zod';
import { createSecret, type Secret } from '../../lib/aws/secrets.ts';

let client: SecretsManagerClient | undefined;

export function connectSecret<T extends z.ZodType>(id: string, schema: T): Secret<z.infer<T>> {
  client ??= new SecretsManagerClient();
  return createSecret(id, schema, { client, clock: Date.now });
}
