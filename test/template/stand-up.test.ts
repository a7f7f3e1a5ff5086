import { describe, expect, it } from 'vitest';
import { demoParameters } from '../../local/demo/directory.ts';
import { FUNCTIONS, withChange } from './packaged.ts';
import { standUp, template } from './standing.ts';

// biome-ignore lint/suspicious/noExplicitAny: each case breaks another part of the template.
const faults: [string, string, (properties: any) => void, RegExp][] = [
  [
    'deliver may not read its queue',
    'DeliverRole',
    ({ Policies }) => {
      Policies[0].PolicyDocument.Statement[1].Action.splice(0, 1);
    },
    /^DeliverEventSourceMappingSQSChangesQueue: .*DeliverRole does not allow sqs:ReceiveMessage/,
  ],
  [
    'a function may not write its log',
    'WebhookRole',
    ({ Policies }) => {
      Policies[0].PolicyDocument.Statement[0].Resource = { 'Fn::GetAtt': ['SweepLogGroup', 'Arn'] };
    },
    /^WebhookLambdaFunction: .*WebhookRole does not allow logs:PutLogEvents/,
  ],
  [
    'Lambda cannot assume a role',
    'SweepRole',
    ({ AssumeRolePolicyDocument }) => {
      AssumeRolePolicyDocument.Statement[0].Principal.Service = 'ec2.amazonaws.com';
    },
    /^SweepLambdaFunction: .*SweepRole cannot be assumed by lambda\.amazonaws\.com/,
  ],
  [
    'a schedule starts a function that its role may not invoke',
    'SweepSchedule',
    ({ Target }) => {
      Target.Arn = { 'Fn::GetAtt': ['BackfillLambdaFunction', 'Arn'] };
    },
    /^SweepSchedule: .*SweepScheduleRole does not allow lambda:InvokeFunction/,
  ],
  [
    'the API may not invoke its function',
    'WebhookLambdaPermissionHttpApi',
    (properties) => {
      properties.FunctionName = { 'Fn::GetAtt': ['SweepLambdaFunction', 'Arn'] };
    },
    /^HttpApiRoute\w+: no permission lets the API invoke webhook/,
  ],
  [
    'a message is shown again while it is worked on',
    'ChangesQueue',
    (properties) => {
      properties.VisibilityTimeout = 59;
    },
    /^DeliverEventSourceMappingSQSChangesQueue: ChangesQueue shows a message again after 59 s/,
  ],
  [
    'a dead-letter queue is of another kind',
    'ChangesDeadQueue',
    (properties) => {
      properties.QueueName = 'changes-dead';
      delete properties.FifoQueue;
    },
    /^ChangesQueue: cannot be created/,
  ],
  [
    'a variable names a queue that is not there',
    'WebhookLambdaFunction',
    ({ Environment }) => {
      Environment.Variables.PARKED_QUEUE_URL = { Ref: 'PrakedQueue' };
    },
    /^WebhookLambdaFunction: Properties\.Environment\.Variables\.PARKED_QUEUE_URL refers to PrakedQueue/,
  ],
  [
    'the code of a function is missing',
    'BackfillLambdaFunction',
    ({ Code }) => {
      Code.S3Key = 'somewhere/backlog.zip';
    },
    /^BackfillLambdaFunction: its code is missing: .*backlog\.zip/,
  ],
  [
    "the rule on Okta's log stream may not invoke its function",
    'OktaRulePermission',
    (properties) => {
      properties.SourceArn = { 'Fn::GetAtt': ['OktaBus', 'Arn'] };
    },
    /^OktaRule: no permission lets the rule invoke webhook/,
  ],
  [
    "the rule on Okta's log stream may not keep what it could not hand over",
    'PartnerEventsDeadQueuePolicy',
    ({ PolicyDocument }) => {
      PolicyDocument.Statement[0]['Fn::If'][1].Resource = { 'Fn::GetAtt': ['ParkedQueue', 'Arn'] };
    },
    /^OktaRule: no policy lets the rule send to .*partner-events-dead/,
  ],
];

describe('the packaged template', () => {
  it('stands up', async () => {
    const standing = await standUp(template);

    expect(Object.keys(standing.functions)).toEqual([...FUNCTIONS]);
    expect((await fetch(`${standing.baseUrl}/nowhere`)).status).toBe(404);
  });

  it('gives each function a key that may do nothing beyond its role', async () => {
    const standing = await standUp(template);

    const principals = Object.values(standing.functions).map(({ client }) => client.credentials.accessKeyId);

    expect(new Set(principals).size).toBe(principals.length);
    expect(principals).not.toContain(standing.admin.credentials.accessKeyId);
  });
});

describe('the packaged template does not stand up', () => {
  it.each(faults)('when %s', async (_, logicalId, change, reason) => {
    const broken = withChange(template, logicalId, change);

    const failure = await standUp(broken, { parameters: demoParameters }).then(
      () => 'it stands',
      (error) => error.message,
    );

    expect(failure).toMatch(reason);
  });

  it('when it holds a kind of resource that the local cloud does not know', async () => {
    const broken = structuredClone(template);
    broken.Resources.Cache = { Type: 'AWS::ElastiCache::CacheCluster' };

    const failure = await standUp(broken).then(
      () => 'it stands',
      (error) => error.message,
    );

    expect(failure).toBe(
      'Cache: the local cloud does not know the resource type AWS::ElastiCache::CacheCluster',
    );
  });
});
