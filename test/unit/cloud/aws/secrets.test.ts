import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { manualClock } from '../../../../local/cloud/aws/clock.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../../../local/cloud/aws/endpoint.ts';

const clock = manualClock(Date.UTC(2026, 10, 22));
let endpoint: AwsEndpoint;
let client: SecretsManagerClient;
let secretCount = 0;

beforeAll(async () => {
  endpoint = await startAwsEndpoint({ clock });
  client = new SecretsManagerClient({
    endpoint: endpoint.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local-admin', secretAccessKey: 'any' },
    maxAttempts: 1,
  });
});

afterAll(async () => {
  client.destroy();
  await endpoint.close();
});

async function createSecret(SecretString?: string): Promise<{ name: string; arn: string }> {
  secretCount += 1;
  const name = `velt-directory-sync/secret-${secretCount}`;
  const { ARN } = await client.send(new CreateSecretCommand({ Name: name, SecretString }));
  return { name, arn: ARN as string };
}

const read = (SecretId: string, rest: { VersionStage?: string; VersionId?: string } = {}) =>
  client.send(new GetSecretValueCommand({ SecretId, ...rest }));

const put = (SecretId: string, SecretString: string, ClientRequestToken?: string) =>
  client.send(new PutSecretValueCommand({ SecretId, SecretString, ClientRequestToken }));

it('gives a value by name, by ARN and by ARN without its suffix', async () => {
  const { name, arn } = await createSecret('value');

  const answers = await Promise.all([name, arn, arn.slice(0, -7)].map((id) => read(id)));

  expect(arn).toMatch(/:secret:velt-directory-sync\/secret-\d+-[A-Za-z0-9]{6}$/);
  expect(answers.map(({ SecretString }) => SecretString)).toEqual(['value', 'value', 'value']);
  expect(answers[0]).toMatchObject({ ARN: arn, Name: name, VersionStages: ['AWSCURRENT'] });
  expect(answers[0]?.CreatedDate).toEqual(new Date(clock.now()));
});

it('carries binary values', async () => {
  const SecretBinary = new Uint8Array([0, 255, 1]);
  await client.send(new CreateSecretCommand({ Name: 'binary', SecretBinary }));

  const answer = await read('binary');

  expect(Array.from(answer.SecretBinary ?? [])).toEqual([0, 255, 1]);
});

it('keeps the value before the last one as AWSPREVIOUS, and no other', async () => {
  const { name } = await createSecret('first');
  await put(name, 'second');
  await put(name, 'third');

  const current = await read(name);
  const previous = await read(name, { VersionStage: 'AWSPREVIOUS' });
  const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: name }));

  expect(current.SecretString).toBe('third');
  expect(previous.SecretString).toBe('second');
  expect(VersionIdsToStages).toEqual({
    [current.VersionId as string]: ['AWSCURRENT'],
    [previous.VersionId as string]: ['AWSPREVIOUS'],
  });
});

it('counts how often a value was given out', async () => {
  const { name, arn } = await createSecret('value');
  await client.send(new DescribeSecretCommand({ SecretId: name }));
  await read(name);
  await read(arn);

  const reads = endpoint.secrets.reads(name);

  expect(reads).toBe(2);
});

it('takes a repeated put for one, and refuses another value under its token', async () => {
  const { name } = await createSecret('first');
  const token = 'token-of-at-least-32-characters-0001';
  await put(name, 'second', token);

  await put(name, 'second', token);
  const different = put(name, 'third', token);

  await expect(different).rejects.toMatchObject({ name: 'ResourceExistsException' });
  expect((await read(name, { VersionStage: 'AWSPREVIOUS' })).SecretString).toBe('first');
});

it('does not find a secret that is missing, without a value or without the stage', async () => {
  const { name } = await createSecret();

  const reading = [
    read('missing'),
    read(name),
    createSecret('v').then((secret) => read(secret.name, { VersionStage: 'AWSPREVIOUS' })),
  ];

  const results = await Promise.allSettled(reading);
  expect(results.map((result) => result.status === 'rejected' && result.reason.name)).toEqual(
    Array(3).fill('ResourceNotFoundException'),
  );
});

it('refuses a second secret of one name', async () => {
  const { name } = await createSecret('value');

  const creating = client.send(new CreateSecretCommand({ Name: name, SecretString: 'other' }));

  await expect(creating).rejects.toMatchObject({ name: 'ResourceExistsException' });
});

it('withholds a secret that is marked for deletion, and frees the name of one deleted at once', async () => {
  const marked = await createSecret('value');
  const erased = await createSecret('value');
  await client.send(new DeleteSecretCommand({ SecretId: marked.name }));
  await client.send(new DeleteSecretCommand({ SecretId: erased.name, ForceDeleteWithoutRecovery: true }));

  const reading = read(marked.name);
  await expect(reading).rejects.toMatchObject({ name: 'InvalidRequestException' });
  const recreated = await client.send(new CreateSecretCommand({ Name: erased.name }));
  const { SecretList = [] } = await client.send(new ListSecretsCommand({}));

  expect(recreated.Name).toBe(erased.name);
  expect(SecretList.map(({ Name }) => Name)).toContain(erased.name);
  expect(SecretList.map(({ Name }) => Name)).not.toContain(marked.name);
});
