import { expect, test } from 'vitest';
import type { Resource, Template } from '../../../local/cloud/template/template.ts';
import { lostBetween } from '../../../scripts/lost.ts';

const queue = (QueueName: string, more = {}): Resource => ({
  Type: 'AWS::SQS::Queue',
  Properties: { QueueName, ...more },
});
const table = (KeySchema: object[]): Resource => ({
  Type: 'AWS::DynamoDB::Table',
  Properties: { TableName: 'mirror', KeySchema },
});
const secret: Resource = { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'dev/velt' } };
const stream = (source: string): Template => ({
  Parameters: { EventSource: { Type: 'String', Default: source } },
  Conditions: { HasStream: { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'EventSource' }, ''] }] } },
  Resources: {
    Bus: {
      Type: 'AWS::Events::EventBus',
      Condition: 'HasStream',
      Properties: { Name: { Ref: 'EventSource' }, EventSourceName: { Ref: 'EventSource' } },
    },
  },
});
const lost = (before: Record<string, Resource>, after: Record<string, Resource>) =>
  lostBetween({ template: { Resources: before } }, { template: { Resources: after } });

test('nothing is lost where all is the same, or only settings of it change', () => {
  const before = { Queue: queue('changes.fifo', { FifoQueue: true, VisibilityTimeout: 30 }), Secret: secret };
  const after = { Queue: queue('changes.fifo', { FifoQueue: true, VisibilityTimeout: 60 }), Secret: secret };

  expect(lost(before, after)).toEqual([]);
  expect(lost({}, after)).toEqual([]);
});

test('whatever holds something and is not there any more is lost, and nothing else', () => {
  const topic = { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'alarms' } };

  expect(lost({ Queue: queue('parked'), Secret: secret, Topic: topic }, {})).toEqual([
    { what: 'queue', name: 'parked', how: 'deleted' },
    { what: 'secret', name: 'dev/velt', how: 'deleted' },
  ]);
});

test.each([
  ['a queue that is renamed', { It: queue('parked') }, { It: queue('aside') }, 'queue'],
  ['a queue that is no FIFO any more', { It: queue('a', { FifoQueue: true }) }, { It: queue('a') }, 'queue'],
  [
    'a table of other keys',
    { It: table([{ AttributeName: 'pk', KeyType: 'HASH' }]) },
    { It: table([{ AttributeName: 'id', KeyType: 'HASH' }]) },
    'table',
  ],
  ['a secret that becomes a queue', { It: secret }, { It: queue('velt') }, 'secret'],
])('%s is replaced by an empty one', (_what, before, after, what) => {
  expect(lost(before, after)).toMatchObject([{ what, how: 'replaced' }]);
});

test('a bus whose source is not configured any more is lost, and one of another source is another bus', () => {
  const before = { template: stream(''), parameters: { EventSource: 'aws.partner/okta.com/a' } };

  expect(lostBetween(before, { template: stream('') })).toEqual([
    { what: 'bus', name: 'aws.partner/okta.com/a', how: 'deleted' },
  ]);
  expect(lostBetween(before, { template: stream('aws.partner/okta.com/b') })).toMatchObject([
    { name: 'aws.partner/okta.com/a', how: 'replaced' },
  ]);
  expect(lostBetween(before, { template: stream('aws.partner/okta.com/a') })).toEqual([]);
});
