import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startAwsEndpoint } from '../../local/cloud/aws/endpoint.ts';
import { type Cloud, type CloudOptions, startCloud } from '../../local/cloud/cloud.ts';
import type { Template } from '../../local/cloud/template/template.ts';
import { demoParameters } from '../../local/demo/directory.ts';
import { until } from '../faults/observe.ts';
import { oktaEvent, partnerEvent } from '../support/factories.ts';
import { FUNCTIONS, packagedTemplate, ROOT, withChange } from './packaged.ts';

let template: Template;
let cloud: Cloud | undefined;
beforeAll(async () => {
  template = await packagedTemplate();
}, 60_000);
afterEach(async () => {
  await cloud?.close();
  cloud = undefined;
});

const standUp = async (given: Template, options: CloudOptions = {}) => {
  cloud = await startCloud({ root: ROOT, template: given, ...options });
  return cloud;
};

const bodiesIn = async ({ admin, stack }: Cloud, queue: string) => {
  const sqs = new SQSClient(admin);
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: stack.ref(queue), MaxNumberOfMessages: 10 }),
  );
  sqs.destroy();
  return Messages.map(({ Body = '' }) => JSON.parse(Body));
};

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

describe('the local cloud', () => {
  it.each([
    ['SweepSchedule', 'SweepLambdaFunction', 1, {}],
    ['catch-up', 'CatchDashupLambdaFunction', 1, {}],
    ['backfill', 'BackfillLambdaFunction', 2, {}],
    ['ResumeSchedule', 'BackfillLambdaFunction', 2, { resume: true }],
  ])(
    'repeats a failing run of %s as its function asks, and keeps what it was',
    async (name, logicalId, runs, input) => {
      const broken = withChange(template, logicalId, ({ Environment }) => {
        delete Environment.Variables.SHARDS;
      });
      const standing = await standUp(broken);

      const { error } = await standing.fire(name);

      expect(error?.type).toBe('ConfigError');
      expect(await bodiesIn(standing, 'SchedulerDeadQueue')).toEqual([
        expect.objectContaining({
          requestContext: expect.objectContaining({
            condition: 'RetriesExhausted',
            approximateInvokeCount: runs,
          }),
          requestPayload: input,
          responsePayload: expect.objectContaining({ errorType: 'ConfigError' }),
        }),
      ]);
    },
  );

  it('runs on another emulator of AWS, where nobody checks the roles', async () => {
    const other = await startAwsEndpoint();
    const standing = await standUp(template, { endpointUrl: other.url });
    const { url, headers } = standing.sources.okta as Cloud['sources'][string];

    const response = await fetch(url, { method: 'POST', headers, body: '{"data":{"events":[]}}' });
    await standing.idle();
    await standing.close();
    await other.close();

    expect(response.status).toBe(200);
    expect(standing.aws).toBeUndefined();
  });

  it('kills an execution environment, and the next request gets a new one', async () => {
    const standing = await standUp(template);
    const { url, headers } = standing.sources.okta as Cloud['sources'][string];
    const request = () => fetch(url, { method: 'POST', headers, body: '{"data":{"events":[]}}' });
    await request();

    const killed = standing.killOne('webhook');
    const { status } = await request();

    expect(killed).toBe(true);
    expect(status).toBe(200);
  });

  it('kills a run that was fired, which is then repeated as its function asks', async () => {
    const lines: string[] = [];
    const standing = await standUp(template, { log: (name, line) => lines.push(`${name} ${line}`) });
    standing.aws?.faults.add({ action: 'dynamodb:GetItem', answer: 'hang' });
    const fired = standing.fire('backfill', { source: 'okta' });
    await until(() => standing.aws?.calls.some(({ action }) => action === 'dynamodb:GetItem') ?? false);

    const killed = standing.killOne('backfill');
    const result = await fired;

    expect(killed).toBe(true);
    expect(lines.filter((line) => line.startsWith('backfill ERROR'))).toEqual([
      expect.stringContaining('Runtime.ExitError'),
    ]);
    expect(result).toMatchObject({ payload: { okta: { state: 'done' } } });
  });

  it('tells the most memory that each function ever had, and nothing of one that never ran', async () => {
    const standing = await standUp(template);
    const { url, headers } = standing.sources.okta as Cloud['sources'][string];
    await fetch(url, { method: 'POST', headers, body: '{"data":{"events":[]}}' });
    const alive = standing.peakMemory();

    standing.killOne('webhook');
    const killed = standing.peakMemory();

    expect(Object.keys(killed)).toEqual([...FUNCTIONS]);
    expect(alive.webhook).toBeGreaterThan(20 * 1024 * 1024);
    expect(killed.webhook).toBeGreaterThanOrEqual(alive.webhook ?? 0);
    expect(killed.sweep).toBe(0);
  });
});

describe("Okta's log stream", () => {
  const parameters = demoParameters;
  const event = (detail: object) => partnerEvent(detail, { source: parameters.OktaEventSource });

  it('reaches webhook with what is mirrored, and with nothing else', async () => {
    const standing = await standUp(template, { parameters });

    const results = [
      await standing.putEvent(event(oktaEvent('user.lifecycle.create'))),
      await standing.putEvent(event(oktaEvent('user.session.start'))),
    ];
    await standing.idle();

    expect(results).toMatchObject([[{ payload: { changes: 1, ignored: 0 } }], []]);
    expect(standing.velt?.calls).toHaveLength(1);
  });

  it('is tried again where webhook fails, and the event is kept at last', async () => {
    const closed = withChange(template, 'WebhookRole', ({ Policies }) => {
      Policies[0].PolicyDocument.Statement[1].Resource.shift();
    });
    const standing = await standUp(closed, { parameters });
    const given = event(oktaEvent('user.lifecycle.create'));

    const [result] = await standing.putEvent(given);

    expect(result?.error?.type).toBe('WorldFault');
    expect(await bodiesIn(standing, 'PartnerEventsDeadQueue')).toMatchObject([
      { requestContext: { approximateInvokeCount: 3 }, requestPayload: given },
    ]);
  });

  it('of another event source has no bus to be put on', async () => {
    const standing = await standUp(template);

    const put = standing.putEvent(event({}));

    await expect(put).rejects.toThrow(/no bus is associated with the event source/);
  });
});

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
