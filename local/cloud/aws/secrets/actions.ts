import { randomUUID } from 'node:crypto';
import { AwsError } from '../error.ts';
import {
  hasValue,
  liveSecretOf,
  notFound,
  putVersion,
  required,
  type Secret,
  type Store,
  secretOf,
  type Value,
  valueIn,
} from './store.ts';

export type Target = { SecretId: string };

export function createSecret(
  store: Store,
  input: { Name: string; Description?: string; ClientRequestToken?: string } & Value,
): object {
  const name = required('Name', input.Name);
  const known = store.secrets.get(name);
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

  const now = store.clock.now();
  const secret: Secret = {
    name,
    arn: `${store.arnPrefix}${name}-${suffix(store.random)}`,
    description: input.Description,
    createdAt: now,
    changedAt: now,
    deletedAt: undefined,
    versions: new Map(),
    reads: 0,
  };
  const version = hasValue(input)
    ? putVersion(store, secret, input.ClientRequestToken ?? randomUUID(), valueIn(input))
    : undefined;
  store.secrets.set(name, secret);
  return { ARN: secret.arn, Name: name, VersionId: version?.id };
}

export function putSecretValue(
  store: Store,
  input: Target & { ClientRequestToken?: string; VersionStages?: string[] } & Value,
): object {
  const secret = liveSecretOf(store, input.SecretId);
  if (!hasValue(input))
    throw new AwsError('InvalidRequestException', 'You must provide either SecretString or SecretBinary.');

  const id = input.ClientRequestToken ?? randomUUID();
  const version = putVersion(store, secret, id, valueIn(input), input.VersionStages);
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.id,
    VersionStages: [...version.stages],
  };
}

export function getSecretValue(
  store: Store,
  input: Target & { VersionId?: string; VersionStage?: string },
): object {
  const secret = liveSecretOf(store, input.SecretId);
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
    ...valueIn(version),
  };
}

export function describeSecret(store: Store, input: Target): object {
  const { stages, ...description } = describe(secretOf(store, input.SecretId));
  return { ...description, VersionIdsToStages: stages };
}

export function listSecrets(
  { secrets }: Store,
  input: { Filters?: unknown[]; IncludePlannedDeletion?: boolean },
): object {
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
}

export function deleteSecret(
  store: Store,
  input: Target & { ForceDeleteWithoutRecovery?: boolean; RecoveryWindowInDays?: number },
): object {
  const secret = secretOf(store, input.SecretId);
  const days = input.ForceDeleteWithoutRecovery ? 0 : (input.RecoveryWindowInDays ?? 30);
  const deletedAt = store.clock.now() + days * 86_400_000;
  if (input.ForceDeleteWithoutRecovery) store.secrets.delete(secret.name);
  else secret.deletedAt = deletedAt;
  return { ARN: secret.arn, Name: secret.name, DeletionDate: seconds(deletedAt) };
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

function seconds(ms: number): number {
  return ms / 1000;
}

function suffix(random: () => number): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length: 6 }, () => letters[Math.floor(random() * letters.length)]).join('');
}
