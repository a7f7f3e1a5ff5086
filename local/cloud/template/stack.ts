import { CreateTableCommand, DynamoDBClient, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { isAllowed, type Statement } from '../aws/iam.ts';
import { physicalNames } from './physical.ts';
import { resolveTemplate, stackIdOf } from './resolve.ts';
import type { ResolvedTemplate, Surroundings, Template } from './template.ts';

export type ClientOptions = {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
};

type Role = {
  AssumeRolePolicyDocument: { Statement: (Statement & { Principal?: { Service?: string | string[] } })[] };
  Policies?: { PolicyDocument: { Statement: Statement[] } }[];
  ManagedPolicyArns?: string[];
};

export type Stack = {
  /** What `Ref` of AWS::StackId gives. */
  id: string;
  region: string;
  accountId: string;
  resources: ResolvedTemplate['Resources'];
  outputs: ResolvedTemplate['Outputs'];
  /** What references to its resources give, by logical id. */
  physical: Surroundings['physical'];
  /** All resources of a type, by logical id; `T` is what its properties are known to be. */
  ofType<T>(type: string): [logicalId: string, properties: T][];
  /** What `Ref` gives. */
  ref(logicalId: string): string;
  /** What `Fn::GetAtt LOGICALID.Arn` gives. */
  arn(logicalId: string): string;
  /**
   * The logical id behind an ARN or a `Ref`.
   * @throws Error naming `from`, who refers to it, when it is not in the stack.
   */
  find(physicalId: string, from: string): string;
  /** A role's identity policies. */
  statementsOf(roleArn: string, from: string): Statement[];
  /** @throws Error naming `from` when the role cannot be assumed by `service`. */
  mustTrust(roleArn: string, service: string, from: string): void;
  /** @throws Error naming `from` when the role does not allow `action` on `resourceArn`. */
  mustAllow(roleArn: string, action: string, resourceArn: string, from: string): void;
};

/**
 * Creates the queues, tables and secrets of a template through the AWS SDK, so that any emulator will do. Returns the whole
 * stack, resolved with their real addresses. What stands `before` is left as it is (update.ts changes it).
 *
 * @throws UnresolvedReferenceError, and Error naming the logical id of what cannot be created.
 */
export async function createStack(
  template: Template,
  aws: ClientOptions,
  {
    accountId,
    parameters = {},
    before,
  }: {
    accountId: string;
    parameters?: Record<string, string>;
    before?: Pick<Stack, 'resources' | 'physical'>;
  },
): Promise<Stack> {
  const { region } = aws;
  const world = { region, accountId, stackName: 'local', parameters };
  const physical = physicalNames(template, world);
  const surroundings: Surroundings = { ...world, physical };
  const sqs = new SQSClient(aws);
  const dynamoDb = new DynamoDBClient(aws);
  const secrets = new SecretsManagerClient(aws);

  async function create<T>(
    type: string,
    make: (properties: T, logicalId: string) => Promise<void>,
    only = (_: T) => true,
  ) {
    const { Resources } = resolveTemplate(template, surroundings);
    for (const [logicalId, resource] of Object.entries(Resources)) {
      const properties = resource.Properties as T;
      if (resource.Type !== type || !only(properties)) continue;
      const standing = before?.resources[logicalId]?.Type === type && before.physical[logicalId];
      if (standing) physical[logicalId] = standing;
      if (standing) continue;
      await make(properties, logicalId).catch((cause) => {
        throw new Error(`${logicalId}: cannot be created: ${cause.message}`, { cause });
      });
    }
  }

  type Queue = { QueueName: string; RedrivePolicy?: object };
  const createQueue = async ({ QueueName, ...properties }: Queue, logicalId: string) => {
    const Attributes = queueAttributes(properties);
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    const { Attributes: actual } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    physical[logicalId] = { ref: QueueUrl, attributes: { QueueName, Arn: actual?.QueueArn ?? '' } };
  };
  // A redrive policy names a queue that has to be there already.
  await create<Queue>('AWS::SQS::Queue', createQueue, ({ RedrivePolicy }) => !RedrivePolicy);
  await create<Queue>('AWS::SQS::Queue', createQueue, ({ RedrivePolicy }) => Boolean(RedrivePolicy));

  type Table = ConstructorParameters<typeof CreateTableCommand>[0] & {
    TimeToLiveSpecification?: { AttributeName: string; Enabled: boolean };
  };
  await create<Table>('AWS::DynamoDB::Table', async (table) => {
    const { TableName, KeySchema, AttributeDefinitions, GlobalSecondaryIndexes, BillingMode } = table;
    await dynamoDb.send(
      new CreateTableCommand({
        TableName,
        KeySchema,
        AttributeDefinitions,
        GlobalSecondaryIndexes,
        BillingMode,
      }),
    );
    const { TimeToLiveSpecification } = table;
    if (TimeToLiveSpecification) {
      await dynamoDb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
    }
  });

  type Secret = { Name: string; SecretString?: string };
  await create<Secret>('AWS::SecretsManager::Secret', async ({ Name, SecretString }, logicalId) => {
    const { ARN = '' } = await secrets.send(new CreateSecretCommand({ Name, SecretString }));
    physical[logicalId] = { ref: ARN, attributes: { Id: ARN } };
  });
  for (const client of [sqs, dynamoDb, secrets]) client.destroy();

  const { Resources: resources, Outputs: outputs } = resolveTemplate(template, surroundings);
  return {
    ...{ id: stackIdOf(world), region, accountId, resources, outputs, physical },
    ...lookups(resources, physical),
  };
}

/** The attributes of a queue, as SQS takes them, in its properties. */
export function queueAttributes(properties: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => name !== 'QueueName' && name !== 'Tags')
      .map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)]),
  );
}

function lookups(resources: ResolvedTemplate['Resources'], physical: Surroundings['physical']) {
  const arn = (logicalId: string) => physical[logicalId]?.attributes.Arn ?? '';

  function find(physicalId: string, from: string): string {
    const found = Object.keys(resources).find(
      (logicalId) =>
        physical[logicalId]?.ref === physicalId || (physicalId !== '' && arn(logicalId) === physicalId),
    );
    if (!found) throw new Error(`${from}: ${physicalId} is not in the stack`);
    return found;
  }

  function role(roleArn: string, from: string): Role {
    const { Type, Properties } = resources[find(roleArn, from)] ?? {};
    if (Type !== 'AWS::IAM::Role') throw new Error(`${from}: ${roleArn} is not a role`);
    return Properties as Role;
  }

  function statementsOf(roleArn: string, from: string): Statement[] {
    const { Policies = [], ManagedPolicyArns = [] } = role(roleArn, from);
    if (ManagedPolicyArns.length > 0)
      throw new Error(`${from}: managed policies are not known here: ${ManagedPolicyArns}`);
    return Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  }

  return {
    arn,
    find,
    statementsOf,
    ref: (logicalId: string) => physical[logicalId]?.ref ?? '',
    ofType: <T>(type: string) =>
      Object.entries(resources)
        .filter(([, { Type }]) => Type === type)
        .map(([logicalId, { Properties }]): [string, T] => [logicalId, Properties as T]),
    mustTrust(roleArn: string, service: string, from: string) {
      const trusted = role(roleArn, from).AssumeRolePolicyDocument.Statement.some(
        ({ Effect, Action, Principal }) =>
          Effect === 'Allow' &&
          [Action].flat().includes('sts:AssumeRole') &&
          [Principal?.Service].flat().includes(service),
      );
      if (!trusted) throw new Error(`${from}: ${roleArn} cannot be assumed by ${service}`);
    },
    mustAllow(roleArn: string, action: string, resourceArn: string, from: string) {
      if (!isAllowed(statementsOf(roleArn, from), action, resourceArn)) {
        throw new Error(`${from}: ${roleArn} does not allow ${action} on ${resourceArn}`);
      }
    },
  };
}
