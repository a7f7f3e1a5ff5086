import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { AwsError } from './error.ts';

type Version = {
  id: string;
  createdAt: number;
  stages: Set<string>;
  SecretString?: string;
  SecretBinary?: string;
};
type Secret = {
  name: string;
  arn: string;
  description: string | undefined;
  createdAt: number;
  changedAt: number;
  deletedAt: number | undefined;
  versions: Map<string, Version>;
  reads: number;
};
type Value = { SecretString?: string; SecretBinary?: string };
type Target = { SecretId: string };

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
  const secrets = new Map<string, Secret>();
  const arnPrefix = `arn:aws:secretsmanager:${region}:${accountId}:secret:`;

  function find(id: string): Secret | undefined {
    if (!id.startsWith('arn:')) return secrets.get(id);
    return [...secrets.values()].find(({ arn, name }) => id === arn || id === arnPrefix + name);
  }

  function get(id: string): Secret {
    const secret = find(required('SecretId', id));
    if (!secret) throw notFound("Secrets Manager can't find the specified secret.");
    return secret;
  }

  function getLive(id: string): Secret {
    const secret = get(id);
    if (secret.deletedAt !== undefined)
      throw new AwsError(
        'InvalidRequestException',
        "You can't perform this operation on the secret because it was marked for deletion.",
      );
    return secret;
  }

  function putVersion(secret: Secret, id: string, value: Value, stages = ['AWSCURRENT']): Version {
    const known = secret.versions.get(id);
    if (known) {
      if (known.SecretString === value.SecretString && known.SecretBinary === value.SecretBinary)
        return known;
      throw new AwsError(
        'ResourceExistsException',
        `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${secret.arn}.`,
      );
    }

    const version: Version = { id, createdAt: clock.now(), stages: new Set(stages), ...value };
    const holders = [...secret.versions.values()];
    const previous = holders.find((other) => other.stages.has('AWSCURRENT'));
    for (const other of holders) for (const stage of stages) other.stages.delete(stage);
    if (previous && stages.includes('AWSCURRENT')) {
      for (const other of holders) other.stages.delete('AWSPREVIOUS');
      previous.stages.add('AWSPREVIOUS');
    }
    secret.versions.set(id, version);
    secret.changedAt = clock.now();
    return version;
  }

  function describe(secret: Secret) {
    const versions = [...secret.versions.values()].filter(({ stages }) => stages.size > 0);
    return {
      ARN: secret.arn,
      Name: secret.name,
      Description: secret.description,
      CreatedDate: seconds(secret.createdAt),
      LastChangedDate: seconds(secret.changedAt),
      DeletedDate: secret.deletedAt === undefined ? undefined : seconds(secret.deletedAt),
      stages: Object.fromEntries(versions.map(({ id, stages }) => [id, [...stages]])),
    };
  }

  const operations = {
    CreateSecret(input: { Name: string; Description?: string; ClientRequestToken?: string } & Value) {
      const name = required('Name', input.Name);
      const known = secrets.get(name);
      if (known?.deletedAt !== undefined)
        throw new AwsError(
          'InvalidRequestException',
          "You can't create this secret because a secret with this name is already scheduled for deletion.",
        );
      if (known)
        throw new AwsError(
          'ResourceExistsException',
          `The operation failed because the secret ${name} already exists.`,
        );

      const now = clock.now();
      const secret: Secret = {
        name,
        arn: `${arnPrefix}${name}-${suffix(random)}`,
        description: input.Description,
        createdAt: now,
        changedAt: now,
        deletedAt: undefined,
        versions: new Map(),
        reads: 0,
      };
      const version = hasValue(input)
        ? putVersion(secret, input.ClientRequestToken ?? randomUUID(), payloadOf(input))
        : undefined;
      secrets.set(name, secret);
      return { ARN: secret.arn, Name: name, VersionId: version?.id };
    },

    PutSecretValue(input: Target & { ClientRequestToken?: string; VersionStages?: string[] } & Value) {
      const secret = getLive(input.SecretId);
      if (!hasValue(input))
        throw new AwsError(
          'InvalidRequestException',
          'You must provide either SecretString or SecretBinary.',
        );

      const id = input.ClientRequestToken ?? randomUUID();
      const version = putVersion(secret, id, payloadOf(input), input.VersionStages);
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: version.id,
        VersionStages: [...version.stages],
      };
    },

    GetSecretValue(input: Target & { VersionId?: string; VersionStage?: string }) {
      const secret = getLive(input.SecretId);
      const { VersionId, VersionStage = VersionId ? undefined : 'AWSCURRENT' } = input;
      const version = [...secret.versions.values()].find(
        ({ id, stages }) => (!VersionId || id === VersionId) && (!VersionStage || stages.has(VersionStage)),
      );
      if (!version)
        throw notFound(
          `Secrets Manager can't find the specified secret value for ${
            VersionId ? `VersionId: ${VersionId}` : `staging label: ${VersionStage}`
          }`,
        );

      secret.reads += 1;
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: version.id,
        VersionStages: [...version.stages],
        CreatedDate: seconds(version.createdAt),
        ...payloadOf(version),
      };
    },

    DescribeSecret(input: Target) {
      const { stages, ...description } = describe(get(input.SecretId));
      return { ...description, VersionIdsToStages: stages };
    },

    ListSecrets(input: { Filters?: unknown[]; IncludePlannedDeletion?: boolean }) {
      if (input.Filters?.length)
        throw new AwsError('InvalidParameterException', 'Filters are not understood by this local endpoint.');
      const listed = [...secrets.values()].filter(
        ({ deletedAt }) => input.IncludePlannedDeletion || deletedAt === undefined,
      );
      return {
        SecretList: listed.map((secret) => {
          const { stages, ...description } = describe(secret);
          return { ...description, SecretVersionsToStages: stages };
        }),
      };
    },

    DeleteSecret(input: Target & { ForceDeleteWithoutRecovery?: boolean; RecoveryWindowInDays?: number }) {
      const secret = get(input.SecretId);
      const days = input.ForceDeleteWithoutRecovery ? 0 : (input.RecoveryWindowInDays ?? 30);
      if (input.ForceDeleteWithoutRecovery) secrets.delete(secret.name);
      else secret.deletedAt = clock.now() + days * 86_400_000;
      return {
        ARN: secret.arn,
        Name: secret.name,
        DeletionDate: seconds(clock.now() + days * 86_400_000),
      };
    },
  };

  return {
    knows: (action: string) => Object.hasOwn(operations, action),

    /** The ARN a policy is asked about; a secret that does not exist has no suffix yet, so `name-??????` does not cover it. */
    resources(action: string, input: Partial<Target & { Name: string }>): string[] {
      if (action === 'ListSecrets') return ['*'];
      if (action === 'CreateSecret') return [arnPrefix + input.Name];
      const id = required('SecretId', input.SecretId);
      return [find(id)?.arn ?? (id.startsWith('arn:') ? id : arnPrefix + id)];
    },

    async handle(action: string, input: object): Promise<object> {
      if (!Object.hasOwn(operations, action)) throw new AwsError('UnknownOperationException', action);
      return operations[action as keyof typeof operations](input as never);
    },

    reads: (id: string) => get(id).reads,
  };
}

const notFound = (message: string) => new AwsError('ResourceNotFoundException', message);

const seconds = (ms: number) => ms / 1000;

const hasValue = (value: Value) => value.SecretString !== undefined || value.SecretBinary !== undefined;

function payloadOf({ SecretString, SecretBinary }: Value): Value {
  return {
    ...(SecretString === undefined ? {} : { SecretString }),
    ...(SecretBinary === undefined ? {} : { SecretBinary }),
  };
}

function required(name: string, value: string | undefined): string {
  if (value) return value;
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value at '${name}' must not be null`,
  );
}

function suffix(random: () => number): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length: 6 }, () => letters[Math.floor(random() * letters.length)]).join('');
}
