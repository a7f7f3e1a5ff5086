import type { Clock } from '../clock.ts';
import { AwsError } from '../error.ts';

export type Value = { SecretString?: string; SecretBinary?: string };

export type Version = Value & { id: string; createdAt: number; stages: Set<string> };

export type Secret = {
  name: string;
  arn: string;
  description: string | undefined;
  createdAt: number;
  changedAt: number;
  deletedAt: number | undefined;
  versions: Map<string, Version>;
  /** How many times its value was given out. */
  reads: number;
};

/** The secrets of one account in one region. */
export type Store = {
  clock: Clock;
  random: () => number;
  arnPrefix: string;
  /** By name. */
  secrets: Map<string, Secret>;
};

/** The secret with this name, ARN or ARN without its random suffix. */
export function findSecret({ secrets, arnPrefix }: Store, id: string): Secret | undefined {
  if (!id.startsWith('arn:')) return secrets.get(id);
  return [...secrets.values()].find(({ arn, name }) => id === arn || id === arnPrefix + name);
}

/** The secret with this id, also one that is marked for deletion. Throws AwsError when there is none. */
export function secretOf(store: Store, id: string): Secret {
  const secret = findSecret(store, required('SecretId', id));
  if (!secret) throw notFound("Secrets Manager can't find the specified secret.");
  return secret;
}

/** The secret with this id. Throws AwsError when there is none, or when it is marked for deletion. */
export function liveSecretOf(store: Store, id: string): Secret {
  const secret = secretOf(store, id);
  if (secret.deletedAt !== undefined)
    throw new AwsError(
      'InvalidRequestException',
      "You can't perform this operation on the secret because it was marked for deletion.",
    );
  return secret;
}

/** Gives a secret a value, and moves the stages to it. Throws AwsError when the version id has another value already. */
export function putVersion(
  { clock }: Store,
  secret: Secret,
  id: string,
  value: Value,
  stages = ['AWSCURRENT'],
): Version {
  const known = secret.versions.get(id);
  if (known) {
    if (known.SecretString === value.SecretString && known.SecretBinary === value.SecretBinary) return known;
    throw new AwsError(
      'ResourceExistsException',
      `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${secret.arn}.`,
    );
  }

  const version: Version = { id, createdAt: clock.now(), stages: new Set(stages), ...value };
  const others = [...secret.versions.values()];
  const previous = others.find((other) => other.stages.has('AWSCURRENT'));
  for (const other of others) for (const stage of stages) other.stages.delete(stage);
  if (previous && stages.includes('AWSCURRENT')) {
    for (const other of others) other.stages.delete('AWSPREVIOUS');
    previous.stages.add('AWSPREVIOUS');
  }
  secret.versions.set(id, version);
  secret.changedAt = clock.now();
  return version;
}

export function hasValue(value: Value): boolean {
  return value.SecretString !== undefined || value.SecretBinary !== undefined;
}

/** The value alone, of whatever it is a part. */
export function valueIn({ SecretString, SecretBinary }: Value): Value {
  return {
    ...(SecretString === undefined ? {} : { SecretString }),
    ...(SecretBinary === undefined ? {} : { SecretBinary }),
  };
}

export function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message);
}

/** Returns a parameter's value. Throws AwsError when it is not given. */
export function required(name: string, value: string | undefined): string {
  if (value) return value;
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value at '${name}' must not be null`,
  );
}
