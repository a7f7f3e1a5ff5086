import type { Clock } from '../clock.ts';
import { AwsError } from '../error.ts';
import {
  createSecret,
  deleteSecret,
  describeSecret,
  getSecretValue,
  listSecrets,
  putSecretValue,
  type Target,
} from './actions.ts';
import { findSecret, required, type Store, secretOf } from './store.ts';

const ACTIONS = {
  CreateSecret: createSecret,
  PutSecretValue: putSecretValue,
  GetSecretValue: getSecretValue,
  DescribeSecret: describeSecret,
  ListSecrets: listSecrets,
  DeleteSecret: deleteSecret,
};

export type Secrets = ReturnType<typeof createSecrets>;

/**
 * Secrets Manager in memory, as far as a function that reads credentials and an operator who puts them need it (API
 * reference 2017-10-17, read 2026-11): values with the stages AWSCURRENT and AWSPREVIOUS, found by name, by ARN or by
 * ARN without its random suffix. No rotation, replication or resource policies.
 *
 * `handle(action, input)` takes and returns the JSON of the wire (times in seconds since 1970, binary as base64) and
 * throws AwsError. `reads(id)` is how many times the secret's value was given out.
 */
export function createSecrets({
  clock,
  region = 'us-east-1',
  accountId = '123456789012',
  random = Math.random,
}: {
  clock: Clock;
  region?: string;
  accountId?: string;
  random?: () => number;
}) {
  const arnPrefix = `arn:aws:secretsmanager:${region}:${accountId}:secret:`;
  const store: Store = { clock, random, arnPrefix, secrets: new Map() };

  return {
    knows: (action: string) => Object.hasOwn(ACTIONS, action),

    /**
     * The ARN that a policy is asked about. A secret that does not exist has no suffix, so that a policy for
     * `name-??????` does not allow the call.
     */
    resources(action: string, input: Partial<Target & { Name: string }>): string[] {
      if (action === 'ListSecrets') return ['*'];
      if (action === 'CreateSecret') return [arnPrefix + input.Name];
      const id = required('SecretId', input.SecretId);
      return [findSecret(store, id)?.arn ?? (id.startsWith('arn:') ? id : arnPrefix + id)];
    },

    async handle(action: string, input: object): Promise<object> {
      if (!Object.hasOwn(ACTIONS, action)) throw new AwsError('UnknownOperationException', action);
      return ACTIONS[action as keyof typeof ACTIONS](store, input as never);
    },

    reads: (id: string) => secretOf(store, id).reads,
  };
}
