import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Template } from '../../local/cloud/template/template.ts';
import {
  FUNCTIONS,
  functionOf,
  ofType,
  packagedTemplate,
  permissionsOf,
  type RoleProperties,
  resolve,
  withParameters,
} from './packaged.ts';
import { standUp } from './standing.ts';

const ACCOUNT = '111122223333';
const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/0a1b2c3d-1111-4222-8333-444455556666`;
const BOUNDARY = `arn:aws:iam::${ACCOUNT}:policy/team/boundary`;
const CERTIFICATE = `arn:aws:acm:eu-west-1:${ACCOUNT}:certificate/0a1b2c3d-1111-4222-8333-444455556666`;
const WEB_ACL = `arn:aws:wafv2:us-east-1:${ACCOUNT}:global/webacl/hooks/0a1b2c3d-1111-4222-8333-444455556666`;
const VPC = { SubnetIds: 'subnet-0a1b2c3d,subnet-0d1e2f3a', SecurityGroupIds: 'sg-0a1b2c3d' };
const DOMAIN = {
  DomainName: 'hooks.example.com',
  CertificateArn: CERTIFICATE,
  HostedZoneId: 'Z0123456789ABC',
};
const API = 'https://stack-httpapi.execute-api.eu-west-1.amazonaws.com/webhooks/';

let none: Template;
beforeAll(async () => {
  none = await packagedTemplate();
});

const everything = () =>
  withParameters(none, {
    ...{ ReadBack: 'ENABLED', VeltBaseUrl: 'https://velt.example.com', PermissionsBoundary: 'team/boundary' },
    ...{ KmsKeyArn: KEY, ...VPC, ...DOMAIN, WebAclArn: WEB_ACL, LogLevel: 'WARN', LogRetentionDays: 90 },
    ...{ ThrottleRate: 200, ThrottleBurst: 50, WebhookConcurrency: '20', DeliverConcurrency: '8' },
    ...{ AlarmEmail: 'oncall@example.com', OktaEventSource: 'aws.partner/okta.com/example/velt' },
    Auth0EventSource: 'aws.partner/auth0.com/example-1a2b/auth0.events',
  });

const propertiesOf = (template: Template, type: string) =>
  ofType(template, type).map(([, properties]) => properties);
const permissionsIn = (template: Template) =>
  ofType<RoleProperties>(template, 'AWS::IAM::Role').map(
    ([logicalId, role]) => [logicalId, permissionsOf(role)] as const,
  );
const outputOf = (template: Template, name: string) => resolve(template).Outputs[name]?.Value;

async function faultsOf(template: Template): Promise<unknown[]> {
  const engine = new RegoEngine();
  const folder = await mkdtemp(join(tmpdir(), 'template-'));
  const file = join(folder, 'template.json');
  await writeFile(file, JSON.stringify(template));
  const { diagnostics } = engine.validateStandard(new TemplateFile(file));
  await rm(folder, { recursive: true });
  const faults = diagnostics.filter(({ severity }) => severity === 'ERROR' || severity === 'FATAL');
  engine.free();
  return faults;
}

describe('the template with every setting', () => {
  it('is valid to CloudFormation', async () => {
    expect(await faultsOf(everything())).toEqual([]);
  });

  it('stands up on the local cloud', async () => {
    const { stack } = await standUp(everything());

    expect(stack.outputs.WebhookUrl?.Value).toBe('https://hooks.example.com/webhooks/');
  });
});

describe('a key', () => {
  const TYPES = ['AWS::SQS::Queue', 'AWS::DynamoDB::Table', 'AWS::SecretsManager::Secret'];
  const keysOf = (template: Template) =>
    TYPES.flatMap((type) => propertiesOf(template, type)).map(
      ({ KmsMasterKeyId, KmsKeyId, SSESpecification = {} }) =>
        KmsMasterKeyId ?? KmsKeyId ?? (SSESpecification as { KMSMasterKeyId?: string }).KMSMasterKeyId,
    );

  it('that is given encrypts the table, each queue and each secret, and no managed one does', () => {
    const template = withParameters(none, { KmsKeyArn: KEY });

    expect(new Set(keysOf(template))).toEqual(new Set([KEY]));
    for (const queue of propertiesOf(template, 'AWS::SQS::Queue'))
      expect(queue).not.toHaveProperty('SqsManagedSseEnabled');
    expect(propertiesOf(template, 'AWS::DynamoDB::Table')).toMatchObject([
      { SSESpecification: { SSEEnabled: true, SSEType: 'KMS' } },
    ]);
  });

  it('that is given may be used by every role, and no other key', () => {
    for (const [role, permissions] of permissionsIn(withParameters(none, { KmsKeyArn: KEY }))) {
      const ofKeys = permissions.filter((permission) => permission.startsWith('kms:'));
      expect([role, ...ofKeys]).toEqual([role, `kms:Decrypt ${KEY}`, `kms:GenerateDataKey ${KEY}`]);
    }
  });

  it('that is not given leaves all to AWS', () => {
    expect(new Set(keysOf(none))).toEqual(new Set([undefined]));
    expect(JSON.stringify(permissionsIn(none))).not.toContain('kms:');
  });
});

describe('a VPC', () => {
  const networksOf = (template: Template) =>
    FUNCTIONS.map((name) => (functionOf(template, name) as { VpcConfig?: unknown }).VpcConfig);

  it('that is given is where every function runs, and its role may make the interfaces for that', () => {
    const template = withParameters(none, VPC);
    const network = { SubnetIds: ['subnet-0a1b2c3d', 'subnet-0d1e2f3a'], SecurityGroupIds: ['sg-0a1b2c3d'] };

    expect(networksOf(template)).toEqual(FUNCTIONS.map(() => network));
    for (const [role, permissions] of permissionsIn(template)) {
      const ofNetwork = permissions.filter((permission) => permission.startsWith('ec2:'));
      expect([role, ofNetwork.length]).toEqual([role, role.endsWith('ScheduleRole') ? 0 : 6]);
    }
  });

  it('that is not given is none, and no role may do anything to everything', () => {
    expect(networksOf(none)).toEqual(FUNCTIONS.map(() => undefined));
    const all = permissionsIn(none).flatMap(([, permissions]) => permissions);
    expect(all.filter((permission) => permission.endsWith(' *'))).toEqual([]);
  });
});

it('a permissions boundary holds every role, and only where it is given', () => {
  const boundariesOf = (template: Template) =>
    propertiesOf(template, 'AWS::IAM::Role').map(({ PermissionsBoundary }) => PermissionsBoundary);

  expect(new Set(boundariesOf(withParameters(none, { PermissionsBoundary: 'team/boundary' })))).toEqual(
    new Set([BOUNDARY]),
  );
  expect(new Set(boundariesOf(none))).toEqual(new Set([undefined]));
});

describe('the address of the webhooks', () => {
  const typesOf = (template: Template) =>
    Object.values(resolve(template).Resources)
      .map(({ Type }) => Type)
      .filter((type) => /DomainName|ApiMapping|RecordSet|Distribution/.test(type))
      .sort();
  const HOST = ['AWS::ApiGatewayV2::ApiMapping', 'AWS::ApiGatewayV2::DomainName'];

  it.each([
    ['without a domain', {}, [], API, undefined],
    [
      'with a domain',
      { ...DOMAIN, HostedZoneId: '' },
      HOST,
      'https://hooks.example.com/webhooks/',
      'd-local.execute-api.example.com',
    ],
    [
      'with a domain of a hosted zone',
      DOMAIN,
      [...HOST, 'AWS::Route53::RecordSet'],
      'https://hooks.example.com/webhooks/',
      'd-local.execute-api.example.com',
    ],
    [
      'with a web ACL',
      { WebAclArn: WEB_ACL },
      ['AWS::CloudFront::Distribution'],
      'https://local.cloudfront.example.com/webhooks/',
      undefined,
    ],
    [
      'with both',
      { ...DOMAIN, WebAclArn: WEB_ACL },
      ['AWS::CloudFront::Distribution', 'AWS::Route53::RecordSet'],
      'https://hooks.example.com/webhooks/',
      'local.cloudfront.example.com',
    ],
  ] as const)('%s', (_what, parameters, types, url, target) => {
    const template = withParameters(none, parameters);

    expect(typesOf(template)).toEqual([...types].sort());
    expect(outputOf(template, 'WebhookUrl')).toBe(url);
    expect(outputOf(template, 'DomainTarget')).toBe(target);
  });

  it('with a web ACL is a distribution that caches nothing and keeps the credential', () => {
    const [distribution] = propertiesOf(
      withParameters(none, { ...DOMAIN, WebAclArn: WEB_ACL }),
      'AWS::CloudFront::Distribution',
    );

    expect(distribution).toMatchObject({
      DistributionConfig: {
        WebACLId: WEB_ACL,
        Aliases: ['hooks.example.com'],
        ViewerCertificate: { AcmCertificateArn: CERTIFICATE },
        Origins: [{ DomainName: 'stack-httpapi.execute-api.eu-west-1.amazonaws.com' }],
        // Managed-CachingDisabled and Managed-AllViewerExceptHostHeader, of CloudFront.
        DefaultCacheBehavior: {
          CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
          OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
        },
      },
    });
  });
});

describe('what runs at once', () => {
  const reservedOf = (template: Template) =>
    FUNCTIONS.map(
      (name) =>
        (functionOf(template, name) as { ReservedConcurrentExecutions?: string })
          .ReservedConcurrentExecutions,
    );

  it('has a part of its own in the account, for webhook and deliver', () => {
    expect(reservedOf(none)).toEqual(['100', '5', undefined, undefined, undefined, undefined]);
  });

  it('has none where it was said so', () => {
    const template = withParameters(none, { WebhookConcurrency: '', DeliverConcurrency: '' });

    expect(new Set(reservedOf(template))).toEqual(new Set([undefined]));
  });

  it('is never less of deliver than the queue starts', () => {
    const mappings = propertiesOf(none, 'AWS::Lambda::EventSourceMapping');

    expect(mappings).toMatchObject([{ ScalingConfig: { MaximumConcurrency: Number(reservedOf(none)[1]) } }]);
  });
});

it('a throttle is that of the API', () => {
  const template = withParameters(none, { ThrottleRate: 200, ThrottleBurst: 50 });

  expect(propertiesOf(template, 'AWS::ApiGatewayV2::Stage')).toMatchObject([
    { DefaultRouteSettings: { ThrottlingRateLimit: 200, ThrottlingBurstLimit: 50 } },
  ]);
});

it('the read-back runs by itself only where it was said so', () => {
  const stateOf = (template: Template) => resolve(template).Resources.ReadBackSchedule?.Properties.State;

  expect([stateOf(none), stateOf(everything())]).toEqual(['DISABLED', 'ENABLED']);
});

it("Velt's address and the log level are in the environment of whoever needs them", () => {
  const template = withParameters(none, { VeltBaseUrl: 'https://velt.example.com', LogLevel: 'WARN' });

  const variables = FUNCTIONS.map((name) => functionOf(template, name).Environment.Variables);

  expect(variables.map(({ LOG_LEVEL }) => LOG_LEVEL)).toEqual(FUNCTIONS.map(() => 'WARN'));
  expect(variables.flatMap(({ VELT_BASE_URL }) => VELT_BASE_URL ?? [])).toEqual([
    'https://velt.example.com',
    'https://velt.example.com',
  ]);
});

describe('logs', () => {
  it('are all kept as long as was said', () => {
    const groups = propertiesOf(withParameters(none, { LogRetentionDays: 90 }), 'AWS::Logs::LogGroup');

    expect(groups.map(({ RetentionInDays }) => RetentionInDays)).toEqual(
      [...FUNCTIONS, 'access'].map(() => 90),
    );
  });

  it('of access name nobody, and nothing that a caller wrote', () => {
    const [stage] = propertiesOf(none, 'AWS::ApiGatewayV2::Stage') as [
      { AccessLogSettings: { DestinationArn: string; Format: string } },
    ];
    const { DestinationArn, Format } = stage.AccessLogSettings;

    expect(DestinationArn).toContain(':log-group:/aws/vendedlogs/velt-directory-sync-dev-access:');
    expect(JSON.parse(Format)).toEqual({
      requestId: '$context.requestId',
      route: '$context.routeKey',
      status: '$context.status',
      ms: '$context.responseLatency',
      functionMs: '$context.integrationLatency',
      error: '$context.integrationErrorMessage',
    });
  });
});
