import type { Stack } from '@aws-sdk/client-cloudformation';
import type { StackPlace } from './place.ts';

/** What CloudFormation tells of the stack of a stage, which needs `cloudformation:DescribeStacks`. Throws what AWS throws. */
export async function describeStack({ stage, aws }: StackPlace): Promise<Stack | undefined> {
  const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const client = new CloudFormationClient(aws as object);
  const StackName = `velt-directory-sync-${stage}`;
  return (await client.send(new DescribeStacksCommand({ StackName }))).Stacks?.[0];
}
