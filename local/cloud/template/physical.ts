import { resolveValue } from './resolve.ts';
import type { Physical, Surroundings, Template } from './template.ts';

type Naming = (name: string, arn: (service: string, resource: string) => string) => Physical;

const arnOf =
  (service: string, prefix = ''): Naming =>
  (name, arn) => ({ ref: name, attributes: { Arn: arn(service, prefix + name) } });

const named: Naming = (name) => ({ ref: name, attributes: {} });

/**
 * What `Ref` and `Fn::GetAtt` give for each resource type of the stack, and the property that names the resource.
 * Source: "Return values" on each type's page of the CloudFormation template reference, 2025-12.
 */
const NAMINGS: Record<string, { nameProperty?: string; naming: Naming }> = {
  'AWS::SQS::Queue': {
    nameProperty: 'QueueName',
    naming: (name, arn) => ({ ref: name, attributes: { Arn: arn('sqs', name), QueueName: name } }),
  },
  'AWS::DynamoDB::Table': { nameProperty: 'TableName', naming: arnOf('dynamodb', 'table/') },
  'AWS::SecretsManager::Secret': {
    nameProperty: 'Name',
    naming: (name, arn) => {
      const ref = arn('secretsmanager', `secret:${name}`);
      return { ref, attributes: { Id: ref } };
    },
  },
  'AWS::IAM::Role': {
    nameProperty: 'RoleName',
    naming: (name, arn) => ({
      ref: name,
      attributes: { Arn: arn('iam', `role/${name}`), RoleId: `AROA${name}` },
    }),
  },
  'AWS::Lambda::Function': { nameProperty: 'FunctionName', naming: arnOf('lambda', 'function:') },
  'AWS::Logs::LogGroup': {
    nameProperty: 'LogGroupName',
    naming: (name, arn) => ({ ref: name, attributes: { Arn: arn('logs', `log-group:${name}:*`) } }),
  },
  'AWS::Events::EventBus': { nameProperty: 'Name', naming: arnOf('events', 'event-bus/') },
  // On a bus of one's own, its name stands in the ARN too: `rule/BUS/RULE`.
  'AWS::Events::Rule': { nameProperty: 'Name', naming: arnOf('events', 'rule/') },
  'AWS::Scheduler::Schedule': { nameProperty: 'Name', naming: arnOf('scheduler', 'schedule/default/') },
  'AWS::ApiGatewayV2::Api': {
    naming: (name) => ({ ref: name.toLowerCase(), attributes: { ApiId: name.toLowerCase() } }),
  },
  'AWS::S3::Bucket': { nameProperty: 'BucketName', naming: arnOf('s3') },
  'AWS::SNS::Topic': {
    nameProperty: 'TopicName',
    naming: (name, arn) => ({
      ref: arn('sns', name),
      attributes: { TopicArn: arn('sns', name), TopicName: name },
    }),
  },
  'AWS::CloudWatch::Alarm': { nameProperty: 'AlarmName', naming: arnOf('cloudwatch', 'alarm:') },
  'AWS::CloudWatch::Dashboard': { nameProperty: 'DashboardName', naming: named },
  'AWS::ApiGatewayV2::ApiMapping': { naming: named },
  'AWS::ApiGatewayV2::DomainName': {
    nameProperty: 'DomainName',
    naming: (name) => ({
      ref: name,
      attributes: { RegionalDomainName: 'd-local.execute-api.example.com', RegionalHostedZoneId: 'ZLOCAL' },
    }),
  },
  'AWS::ApiGatewayV2::Integration': { naming: named },
  'AWS::ApiGatewayV2::Route': { naming: named },
  'AWS::ApiGatewayV2::Stage': { naming: named },
  'AWS::Lambda::EventSourceMapping': { naming: named },
  'AWS::Lambda::EventInvokeConfig': { naming: named },
  'AWS::Lambda::Permission': { naming: named },
  'AWS::CloudFront::Distribution': {
    naming: (name) => ({ ref: name, attributes: { Id: name, DomainName: 'local.cloudfront.example.com' } }),
  },
  'AWS::Logs::MetricFilter': { naming: named },
  'AWS::Route53::RecordSet': { nameProperty: 'Name', naming: named },
  'AWS::S3::BucketPolicy': { naming: named },
  'AWS::SNS::Subscription': { naming: named },
  'AWS::SNS::TopicPolicy': { naming: named },
  'AWS::SQS::QueuePolicy': { naming: named },
};

/**
 * The names and ARNs that the resources of `template` will have; a resource without a name of its own is called
 * `STACK-LOGICALID`. Queue addresses and secret ARNs are known only when the resources exist: a queue's `ref` is its
 * name here, a secret's ARN lacks its random ending.
 *
 * @throws Error naming the logical id when a resource's type is not one the local cloud knows.
 */
export function physicalNames(
  template: Template,
  world: Omit<Surroundings, 'physical'>,
): Record<string, Physical> {
  const { region, accountId, stackName } = world;
  const arn = (service: string, resource: string) => {
    const where = service === 'iam' ? `:${accountId}` : service === 's3' ? ':' : `${region}:${accountId}`;
    return `arn:aws:${service}:${where}:${resource}`;
  };
  const names = Object.entries(template.Resources).map(([logicalId, { Type, Properties = {} }]) => {
    const known = NAMINGS[Type];
    if (!known) throw new Error(`${logicalId}: the local cloud does not know the resource type ${Type}`);
    const given = known.nameProperty && Properties[known.nameProperty];
    const name = given
      ? resolveValue(template, { ...world, physical: {} }, given, {
          logicalId,
          path: ['Properties', known.nameProperty ?? ''],
        })
      : `${stackName}-${logicalId}`;
    return [logicalId, known.naming(String(name), arn)] as const;
  });
  return Object.fromEntries(names);
}
