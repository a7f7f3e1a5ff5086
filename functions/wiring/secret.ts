import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type * as z from 'zod';
import { createSecret } from '../../lib/aws/secrets.ts';

const client = new SecretsManagerClient();

export function connectSecret<T extends z.ZodType>(id: string, schema: T) {
  return createSecret(id, schema, { client, clock: Date.now });
}
