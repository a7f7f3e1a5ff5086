import {
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { clientsOf, createTable, key, roleWith, TABLE_ARN } from './endpoint.ts';

describe('DynamoDB', () => {
  it('refuses a conditional put whose condition does not hold', async () => {
    const { dynamoDb } = roleWith(['dynamodb:*', TABLE_ARN]);
    const put = (revision: string) =>
      dynamoDb.send(
        new PutItemCommand({
          TableName: 'mirror',
          Item: { ...key('ada'), revision: { N: revision } },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      );
    await put('1');

    const second = put('2');

    await expect(second).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    const { Item } = await dynamoDb.send(new GetItemCommand({ TableName: 'mirror', Key: key('ada') }));
    expect(Item?.revision).toEqual({ N: '1' });
  });

  it('gives tables the ARN of its region and account', async () => {
    const { dynamoDb } = clientsOf('local-admin');

    const { Table } = await dynamoDb.send(new DescribeTableCommand({ TableName: 'mirror' }));

    expect(Table?.TableArn).toBe(TABLE_ARN);
  });

  it('remembers the time to live of a table until the table is deleted', async () => {
    const { dynamoDb } = clientsOf('local-admin');
    const TimeToLiveSpecification = { AttributeName: 'expiresAt', Enabled: true };
    const describeIt = () => dynamoDb.send(new DescribeTimeToLiveCommand({ TableName: 'expiring' }));
    await createTable('expiring');
    const before = await describeIt();

    await dynamoDb.send(new UpdateTimeToLiveCommand({ TableName: 'expiring', TimeToLiveSpecification }));
    const after = await describeIt();
    await dynamoDb.send(new DeleteTableCommand({ TableName: 'expiring' }));
    await createTable('expiring');
    const recreated = await describeIt();

    expect(before.TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'DISABLED' });
    expect(after.TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' });
    expect(recreated.TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'DISABLED' });
  });

  it('has no time to live for a table that does not exist', async () => {
    const { dynamoDb } = clientsOf('local-admin');

    const updating = dynamoDb.send(
      new UpdateTimeToLiveCommand({
        TableName: 'missing',
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      }),
    );

    await expect(updating).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});
