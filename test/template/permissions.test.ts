import { beforeAll, describe, expect, it } from 'vitest';
import type { Template } from '../../local/cloud/template/template.ts';
import {
  FUNCTIONS,
  functionOf,
  ofType,
  packagedTemplate,
  permissionsOf,
  type RoleProperties,
  withOktaStream,
} from './packaged.ts';

const AT = 'eu-west-1:111122223333';
const SERVICE = 'velt-directory-sync-dev';
const CHANGES = `arn:aws:sqs:${AT}:${SERVICE}-changes.fifo`;
const PARKED = `arn:aws:sqs:${AT}:${SERVICE}-parked`;
const SCHEDULER_DEAD = `arn:aws:sqs:${AT}:${SERVICE}-scheduler-dead`;
const MIRROR = `arn:aws:dynamodb:${AT}:table/${SERVICE}-mirror`;
const secret = (name: string) => `arn:aws:secretsmanager:${AT}:secret:${SERVICE}/${name}`;
const logs = (name: string) =>
  ['CreateLogStream', 'PutLogEvents'].map(
    (action) => `logs:${action} arn:aws:logs:${AT}:log-group:/aws/lambda/${SERVICE}-${name}:*`,
  );

let template: Template;
let roles: [string, RoleProperties][];
beforeAll(async () => {
  template = await packagedTemplate();
  roles = ofType<RoleProperties>(template, 'AWS::IAM::Role');
});

const roleOf = (name: string, among = roles) => {
  const arn = functionOf(template, name).Role;
  return among.find(([logicalId]) => arn.endsWith(`-${logicalId}`))?.[1] as RoleProperties;
};

describe('the roles', () => {
  it('are one for each function', () => {
    const used = FUNCTIONS.map((name) => functionOf(template, name).Role);

    expect(new Set(used).size).toBe(FUNCTIONS.length);
  });

  it('of functions can be assumed by Lambda, those of schedules by the scheduler of this account', () => {
    const trust = roles.map(([logicalId, { AssumeRolePolicyDocument }]) => [
      logicalId,
      AssumeRolePolicyDocument.Statement.map(({ Principal }) => Principal.Service).join(),
    ]);

    for (const [logicalId, service] of trust) {
      expect([logicalId, service]).toEqual([
        logicalId,
        logicalId?.endsWith('ScheduleRole') ? 'scheduler.amazonaws.com' : 'lambda.amazonaws.com',
      ]);
    }
  });

  it('allow no action and no resource with a wildcard, but the streams of a log group', () => {
    const permissions = roles.flatMap(([, role]) => permissionsOf(role));

    const wide = permissions
      .filter((permission) => !/^logs:\w+ arn:aws:logs:[^*]+:log-group:[^*]+:\*$/.test(permission))
      .filter((permission) => /[*?]/.test(permission));

    expect(permissions.length).toBeGreaterThan(10);
    expect(wide).toEqual([]);
  });

  it.each([
    [
      'webhook',
      [
        `sqs:SendMessage ${CHANGES}`,
        `sqs:SendMessage ${PARKED}`,
        `secretsmanager:GetSecretValue ${secret('webhooks')}`,
      ],
    ],
    [
      'deliver',
      [
        ...[
          'ReceiveMessage',
          'DeleteMessage',
          'GetQueueAttributes',
          'ChangeMessageVisibility',
          'SendMessage',
        ].map((action) => `sqs:${action} ${CHANGES}`),
        `sqs:SendMessage ${CHANGES.replace('changes', 'changes-dead')}`,
        `secretsmanager:GetSecretValue ${secret('directory')}`,
        `secretsmanager:GetSecretValue ${secret('velt')}`,
        ...['BatchGetItem', 'GetItem', 'PutItem', 'BatchWriteItem', 'Query'].map(
          (action) => `dynamodb:${action} ${MIRROR}`,
        ),
      ],
    ],
    [
      'backfill',
      [
        `sqs:SendMessage ${CHANGES}`,
        `sqs:SendMessage ${SCHEDULER_DEAD}`,
        `secretsmanager:GetSecretValue ${secret('directory')}`,
        ...['BatchGetItem', 'GetItem', 'PutItem', 'Query', 'Scan'].map(
          (action) => `dynamodb:${action} ${MIRROR}`,
        ),
      ],
    ],
    [
      'catch-up',
      [
        `sqs:SendMessage ${CHANGES}`,
        `sqs:SendMessage ${SCHEDULER_DEAD}`,
        `secretsmanager:GetSecretValue ${secret('directory')}`,
        `dynamodb:GetItem ${MIRROR}`,
        `dynamodb:PutItem ${MIRROR}`,
      ],
    ],
    [
      'read-back',
      [
        `sqs:SendMessage ${CHANGES}`,
        `sqs:SendMessage ${SCHEDULER_DEAD}`,
        `secretsmanager:GetSecretValue ${secret('velt')}`,
        `dynamodb:BatchGetItem ${MIRROR}`,
        `dynamodb:GetItem ${MIRROR}`,
        `dynamodb:PutItem ${MIRROR}`,
        `dynamodb:Scan ${MIRROR}`,
      ],
    ],
    [
      'sweep',
      [
        `sqs:SendMessage ${CHANGES}`,
        `sqs:SendMessage ${SCHEDULER_DEAD}`,
        `dynamodb:Query ${MIRROR}/index/due`,
        `dynamodb:BatchGetItem ${MIRROR}`,
        `dynamodb:GetItem ${MIRROR}`,
      ],
    ],
  ])('let %s do what it needs and nothing else', (name, allowed) => {
    const permissions = permissionsOf(roleOf(name));

    expect(permissions).toEqual([...allowed, ...logs(name)].sort());
  });

  it('let webhook keep events of the log stream that failed, too, only where there is one', () => {
    const streaming = ofType<RoleProperties>(withOktaStream(template), 'AWS::IAM::Role');

    const more = permissionsOf(roleOf('webhook', streaming)).filter(
      (permission) => !permissionsOf(roleOf('webhook')).includes(permission),
    );

    expect(more).toEqual([`sqs:SendMessage arn:aws:sqs:${AT}:${SERVICE}-partner-events-dead`]);
  });

  it('of the schedules start their function and keep what could not be started', () => {
    const permissions = roles
      .filter(([logicalId]) => logicalId.endsWith('ScheduleRole'))
      .map(([logicalId, role]) => [logicalId, permissionsOf(role)]);

    const invoke = (name: string) => `lambda:InvokeFunction arn:aws:lambda:${AT}:function:${SERVICE}-${name}`;
    expect(Object.fromEntries(permissions)).toEqual({
      BackfillScheduleRole: [invoke('backfill'), `sqs:SendMessage ${SCHEDULER_DEAD}`],
      CatchUpScheduleRole: [invoke('catch-up'), `sqs:SendMessage ${SCHEDULER_DEAD}`],
      ReadBackScheduleRole: [invoke('read-back'), `sqs:SendMessage ${SCHEDULER_DEAD}`],
      SweepScheduleRole: [invoke('sweep'), `sqs:SendMessage ${SCHEDULER_DEAD}`],
    });
  });
});
