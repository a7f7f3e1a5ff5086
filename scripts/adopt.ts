import {
  type CloudFormationClient,
  CreateChangeSetCommand,
  ExecuteChangeSetCommand,
  waitUntilChangeSetCreateComplete,
  waitUntilStackImportComplete,
} from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Resource, Template } from '../local/cloud/template/template.ts';

/** The only thing that stays when a stack is removed, and so the only one that a new stack has to take over. */
const TABLE = 'MirrorTable';
/** The longest that CloudFormation may take for it (seconds). */
const MAX_WAIT = 600;

export interface AdoptDeps {
  cloudFormation: CloudFormationClient;
  dynamoDb: Pick<DynamoDBClient, 'send'>;
}

/**
 * Makes the stack with the table that a former one of its name left behind, where there is one: by a plain deployment, the
 * table's name would be taken. Returns whether there was one. Throws Error when AWS refuses.
 */
export async function adoptTable(
  StackName: string,
  template: Template,
  { cloudFormation: client, dynamoDb }: AdoptDeps,
): Promise<boolean> {
  const TableName = String(template.Resources[TABLE]?.Properties?.TableName);
  if (!(await isThere(TableName, dynamoDb))) return false;
  const ChangeSetName = 'adopt-mirror';
  await client.send(
    new CreateChangeSetCommand({
      ...{ StackName, ChangeSetName, ChangeSetType: 'IMPORT', TemplateBody: JSON.stringify(only(template)) },
      ResourcesToImport: [
        {
          ResourceType: 'AWS::DynamoDB::Table',
          LogicalResourceId: TABLE,
          ResourceIdentifier: { TableName },
        },
      ],
    }),
  );
  const waiting = { client, maxWaitTime: MAX_WAIT, minDelay: 2, maxDelay: 5 };
  await waitUntilChangeSetCreateComplete(waiting, { StackName, ChangeSetName });
  await client.send(new ExecuteChangeSetCommand({ StackName, ChangeSetName }));
  await waitUntilStackImportComplete(waiting, { StackName });
  return true;
}

/** The template of a stack of that table alone: an import may bring nothing else. */
function only({ Parameters, Conditions, Resources }: Template): Template {
  return { ...{ Parameters, Conditions }, Resources: { [TABLE]: Resources[TABLE] as Resource } } as Template;
}

async function isThere(TableName: string, client: AdoptDeps['dynamoDb']): Promise<boolean> {
  try {
    await client.send(new DescribeTableCommand({ TableName }));
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return false;
    throw error;
  }
}
