import { describe, expect, test } from 'vitest';
import { readConfig } from '../../../lib/config.ts';
import { ConfigError } from '../../../lib/errors.ts';
import { DeploySettings, settingsOf } from '../../../scripts/deploy-settings.ts';

const okta = { kind: 'okta', organization: 'acme' };
const configOf = (sources: object) => readConfig({ sources });
const one = configOf({ okta });
const read = (deploy: unknown, config = one) => settingsOf(DeploySettings.parse(deploy), config);

describe('the deploy settings', () => {
  test('have a value each where none was given', () => {
    expect(read(undefined)).toEqual({
      ...{ permissionsBoundary: '', kmsKeyArn: '', alarmEmail: '', webAclArn: '', tags: {} },
      ...{ subnetIds: '', securityGroupIds: '', domainName: '', certificateArn: '', hostedZoneId: '' },
      ...{ oktaEventSource: '', auth0EventSource: '', veltBaseUrl: 'https://api.velt.dev' },
      ...{ readBack: 'DISABLED', logLevel: 'INFO', logRetentionDays: 30 },
      ...{ throttleRate: 1000, throttleBurst: 1000, webhookConcurrency: '100', deliverConcurrency: '5' },
    });
  });

  test('are what was given, as the parameters of the template take it', () => {
    const certificateArn = 'arn:aws:acm:eu-west-1:111122223333:certificate/0a1b';
    const settings = read({
      readBack: true,
      tags: { team: 'identity' },
      permissionsBoundary: 'arn:aws:iam::111122223333:policy/team/boundary',
      vpc: { subnetIds: ['subnet-0a', 'subnet-0b'], securityGroupIds: ['sg-0a'] },
      domain: { name: 'hooks.example.com', certificateArn },
      throttle: { rate: 50 },
      reservedConcurrency: { webhook: null, deliver: 10 },
    });

    expect(settings).toMatchObject({
      ...{ readBack: 'ENABLED', tags: { team: 'identity' }, permissionsBoundary: 'team/boundary' },
      ...{ subnetIds: 'subnet-0a,subnet-0b' },
      ...{ securityGroupIds: 'sg-0a', domainName: 'hooks.example.com', certificateArn, hostedZoneId: '' },
      ...{ throttleRate: 50, throttleBurst: 1000, webhookConcurrency: '', deliverConcurrency: '10' },
    });
  });

  test('have the buses of the event sources that sources name, and not of one that is on its way out', () => {
    const partnerEventSource = 'aws.partner/okta.com/example/velt';
    const gone = { ...okta, removed: true, partnerEventSource: 'aws.partner/okta.com/gone/velt' };

    const settings = read({}, configOf({ okta: { ...okta, partnerEventSource }, gone }));

    expect(settings).toMatchObject({ oktaEventSource: partnerEventSource, auth0EventSource: '' });
  });

  test('are refused for two event sources of one kind, which would need a second bus', () => {
    const [a, b] = ['aws.partner/okta.com/a/velt', 'aws.partner/okta.com/b/velt'];
    const config = configOf({
      a: { ...okta, partnerEventSource: a },
      b: { ...okta, partnerEventSource: b },
    });

    expect(() => read({}, config)).toThrow(ConfigError);
    expect(() => read({}, config)).toThrow(`leave one of ${a}, ${b}`);
  });

  test.each([
    ['a key that is not there', { readback: true }],
    ['a key that is no ARN', { kmsKeyArn: 'alias/velt' }],
    ['a web ACL of a region', { webAclArn: 'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/a/0a' }],
    ['a retention that CloudWatch does not have', { logRetentionDays: 31 }],
    ['less of deliver than the queue starts', { reservedConcurrency: { deliver: 4 } }],
    ['a VPC without subnets', { vpc: { subnetIds: [], securityGroupIds: ['sg-0a'] } }],
    ['a domain without its certificate', { domain: { name: 'hooks.example.com' } }],
  ])('are refused with %s', (_what, deploy) => {
    expect(DeploySettings.safeParse(deploy).success).toBe(false);
  });
});
