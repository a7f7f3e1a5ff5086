import { describe, expect, it } from 'vitest';
import { decide, isAllowed, type Statement } from '../../../../local/cloud/aws/iam.ts';

const QUEUE = 'arn:aws:sqs:us-east-1:123456789012:changes.fifo';

const allow = (rest: Partial<Statement> = {}): Statement => ({
  Effect: 'Allow',
  Action: 'sqs:SendMessage',
  Resource: QUEUE,
  ...rest,
});

describe('isAllowed', () => {
  it.each<[string, Statement[], boolean]>([
    ['the very action and resource', [allow()], true],
    ['no statement', [], false],
    ['another action', [allow({ Action: 'sqs:ReceiveMessage' })], false],
    ['another resource', [allow({ Resource: `${QUEUE}2` })], false],
    ['an action in other letters', [allow({ Action: 'SQS:sendmessage' })], true],
    ['a resource in other letters', [allow({ Resource: QUEUE.replace('changes', 'Changes') })], false],
    ['one of several', [allow({ Action: ['sqs:DeleteMessage', 'sqs:SendMessage'], Resource: ['*'] })], true],
    ['an action by wildcard', [allow({ Action: 'sqs:Send*' })], true],
    ['a resource by wildcards', [allow({ Resource: QUEUE.replace('changes', 'ch?nges*') })], true],
    ['a dot that stands for itself', [allow({ Resource: QUEUE.replace('s.fifo', '..fifo') })], false],
    ['a wildcard at the end of a part, over the next', [allow({ Resource: 'arn:aws:sqs:*:*:*' })], true],
    ['every action but another', [{ Effect: 'Allow', NotAction: 'sqs:DeleteQueue', Resource: '*' }], true],
    ['every action but this', [{ Effect: 'Allow', NotAction: 'sqs:Send*', Resource: '*' }], false],
    ['every resource but this', [{ Effect: 'Allow', Action: '*', NotResource: QUEUE }], false],
  ])('judges %s', (_, statements, expected) => {
    const allowed = isAllowed(statements, 'sqs:SendMessage', QUEUE);

    expect(allowed).toBe(expected);
  });

  it.each([
    ['arn:aws:secretsmanager:*:secret:velt/webhooks-AbCdEf', true],
    ['arn:aws:secretsmanager:us*2:secret:*webhooks-AbCdEf', false],
    ['arn:aws:secretsmanager:us-east-1:123456789012:secret:velt/webhooks-??????', true],
    ['arn:aws:secretsmanager:us-east-1:123456789012:secret:velt/webhooks', false],
  ])('lets a wildcard cross a colon only at the end of its part (%s)', (Resource, expected) => {
    const statement = allow({ Action: 'secretsmanager:GetSecretValue', Resource });
    const secret = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:velt/webhooks-AbCdEf';

    const allowed = isAllowed([statement], 'secretsmanager:GetSecretValue', secret);

    expect(allowed).toBe(expected);
  });

  it('lets a wildcard run over the slashes of a name', () => {
    const statement = allow({
      Action: 'secretsmanager:GetSecretValue',
      Resource: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:velt*',
    });

    const allowed = isAllowed(
      [statement],
      'secretsmanager:GetSecretValue',
      'arn:aws:secretsmanager:us-east-1:123456789012:secret:velt/webhooks-AbCdEf',
    );

    expect(allowed).toBe(true);
  });
});

describe('decide', () => {
  it('lets an explicit deny win, wherever it stands', () => {
    const deny: Statement = { Effect: 'Deny', Action: 'sqs:*', Resource: '*' };

    const decisions = [
      [allow(), deny],
      [deny, allow()],
    ].map((statements) => decide(statements, 'sqs:SendMessage', QUEUE));

    expect(decisions).toEqual(['explicitly denied', 'explicitly denied']);
  });

  it.each<[string, Statement, string]>([
    ['a condition', allow({ Condition: { Bool: { 'aws:SecureTransport': 'true' } } }), 'aws:SecureTransport'],
    ['an effect of neither kind', allow({ Effect: 'allow' }), 'Effect'],
    ['no action', { Effect: 'Allow', Resource: '*' }, 'Action'],
    ['action and not-action', allow({ NotAction: 'sqs:*' }), 'NotAction'],
    ['no resource', { Effect: 'Allow', Action: '*' }, 'Resource'],
    ['an action without a service', allow({ Action: 'SendMessage' }), 'SendMessage'],
    ['a resource that is no ARN', allow({ Resource: 'changes.fifo' }), 'changes.fifo'],
    ['a wildcard for the service', allow({ Resource: QUEUE.replace(':sqs:', ':*:') }), 'neither an ARN'],
    ['a policy variable', allow({ Resource: `${QUEUE}\${aws:username}` }), 'aws:username'],
    [
      'an unresolved reference',
      allow({ Resource: [{ 'Fn::GetAtt': ['Queue', 'Arn'] }] as unknown as string[] }),
      'Fn::GetAtt',
    ],
  ])('throws rather than guess at %s', (_, statement, mention) => {
    const deciding = () => decide([{ ...statement, Sid: 'Faulty' }], 'sqs:SendMessage', QUEUE);

    expect(deciding).toThrow('IAM statement Faulty');
    expect(deciding).toThrow(mention);
  });
});
