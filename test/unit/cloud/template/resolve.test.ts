// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders are CloudFormation's.
import { describe, expect, it } from 'vitest';
import { physicalNames } from '../../../../local/cloud/template/physical.ts';
import { resolveTemplate } from '../../../../local/cloud/template/resolve.ts';
import {
  type Surroundings,
  type Template,
  UnresolvedReferenceError,
} from '../../../../local/cloud/template/template.ts';

const surroundings = (changes: Partial<Surroundings> = {}): Surroundings => ({
  region: 'eu-west-1',
  accountId: '111122223333',
  stackName: 'stack',
  physical: { Queue: { ref: 'https://sqs/queue', attributes: { Arn: 'arn:queue', 'Nested.Name': 'deep' } } },
  ...changes,
});

const templateWith = (value: unknown, rest: Partial<Template> = {}): Template => ({
  Resources: { Function: { Type: 'AWS::Lambda::Function', Properties: { Value: value } } },
  ...rest,
});

const resolved = (template: Template, changes: Partial<Surroundings> = {}) =>
  resolveTemplate(template, surroundings(changes)).Resources.Function?.Properties.Value;

describe('resolveTemplate', () => {
  it.each([
    ['Ref of a resource', { Ref: 'Queue' }, 'https://sqs/queue'],
    ['Ref of the region', { Ref: 'AWS::Region' }, 'eu-west-1'],
    ['Ref of the account', { Ref: 'AWS::AccountId' }, '111122223333'],
    ['Ref of the stack', { Ref: 'AWS::StackName' }, 'stack'],
    [
      "the UUID in the stack's id",
      { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] },
      expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
    ],
    ['GetAtt as a list', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'arn:queue'],
    ['GetAtt as a string', { 'Fn::GetAtt': 'Queue.Arn' }, 'arn:queue'],
    ['GetAtt of an attribute with a dot', { 'Fn::GetAtt': ['Queue', 'Nested.Name'] }, 'deep'],
    [
      'Sub with references',
      { 'Fn::Sub': '${Queue.Arn}/${AWS::Partition}/${Queue}' },
      'arn:queue/aws/https://sqs/queue',
    ],
    [
      'Sub with variables',
      { 'Fn::Sub': ['${a}-${Queue.Arn}', { a: { Ref: 'AWS::Region' } }] },
      'eu-west-1-arn:queue',
    ],
    ['Sub with a literal', { 'Fn::Sub': '${!kept} ${AWS::URLSuffix}' }, '${kept} amazonaws.com'],
    ['Join', { 'Fn::Join': ['/', ['a', { Ref: 'AWS::Region' }]] }, 'a/eu-west-1'],
    [
      'Select of a Split',
      { 'Fn::Select': ['1', { 'Fn::Split': [':', { 'Fn::GetAtt': 'Queue.Arn' }] }] },
      'queue',
    ],
    ['nothing to resolve', { deep: [1, true, null, 'x'] }, { deep: [1, true, null, 'x'] }],
    [
      'a policy condition',
      { Condition: { StringEquals: { a: { Ref: 'AWS::Region' } } } },
      { Condition: { StringEquals: { a: 'eu-west-1' } } },
    ],
    ['NoValue', { kept: 1, left: { Ref: 'AWS::NoValue' } }, { kept: 1 }],
  ])('resolves %s', (_, value, expected) => {
    const template = templateWith(value);

    const actual = resolved(template);

    expect(actual).toEqual(expected);
  });

  it.each([
    ['prod', 'large'],
    ['dev', 'small'],
  ])('follows conditions when the stage is %s', (stage, expected) => {
    const template = templateWith(
      { 'Fn::If': ['Large', 'large', 'small'] },
      {
        Parameters: { Stage: { Type: 'String', Default: 'dev' } },
        Conditions: {
          Production: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] },
          Large: { 'Fn::And': [{ Condition: 'Production' }, { 'Fn::Not': [{ 'Fn::Equals': ['a', 'b'] }] }] },
        },
      },
    );

    const actual = resolved(template, { parameters: { Stage: stage } });

    expect(actual).toBe(expected);
  });

  it('leaves out a resource and an output whose condition is false', () => {
    const template: Template = {
      Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
      Resources: {
        Kept: { Type: 'AWS::SQS::Queue' },
        Gone: { Type: 'AWS::SQS::Queue', Condition: 'Never' },
      },
      Outputs: { Gone: { Value: 'x', Condition: 'Never' } },
    };

    const { Resources, Outputs } = resolveTemplate(template, surroundings());

    expect(Object.keys(Resources)).toEqual(['Kept']);
    expect(Outputs).toEqual({});
  });

  it.each([
    ['a Ref', { Ref: 'Missing' }, 'Missing'],
    ['a GetAtt', { 'Fn::GetAtt': ['Missing', 'Arn'] }, 'Missing'],
    ['an attribute', { 'Fn::GetAtt': ['Queue', 'Colour'] }, 'Queue.Colour'],
    ['a name within a Sub', { 'Fn::Sub': 'x ${Missing.Arn}' }, 'Missing'],
    ['a condition', { 'Fn::If': ['Missing', 1, 2] }, 'the condition Missing'],
  ])('names resource, property and target when %s leads nowhere', (_, value, missing) => {
    const template = templateWith({ deep: [value] });

    const resolve = () => resolved(template);

    expect(resolve).toThrow(UnresolvedReferenceError);
    expect(resolve).toThrow(
      expect.objectContaining({ logicalId: 'Function', property: 'Properties.Value.deep.0', missing }),
    );
  });

  it('refuses an intrinsic function that it does not imitate', () => {
    const template = templateWith({ 'Fn::ImportValue': 'x' });

    const resolve = () => resolved(template);

    expect(resolve).toThrow('Function: Properties.Value uses Fn::ImportValue');
  });

  it('leaves the template as it was', () => {
    const template = templateWith([{ Ref: 'Queue' }]);
    const before = structuredClone(template);

    resolved(template);

    expect(template).toEqual(before);
  });
});

describe('physicalNames', () => {
  const world = { region: 'eu-west-1', accountId: '111122223333', stackName: 'stack' };

  it('gives a resource the name that the template gives it', () => {
    const template: Template = {
      Resources: {
        Mirror: {
          Type: 'AWS::DynamoDB::Table',
          Properties: { TableName: { 'Fn::Sub': 'x-${AWS::Region}' } },
        },
      },
    };

    const names = physicalNames(template, world);

    expect(names.Mirror).toEqual({
      ref: 'x-eu-west-1',
      attributes: { Arn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/x-eu-west-1' },
    });
  });

  it('names a role without a name after the stack, in an ARN without a region', () => {
    const template: Template = { Resources: { Role: { Type: 'AWS::IAM::Role' } } };

    const names = physicalNames(template, world);

    expect(names.Role?.attributes.Arn).toBe('arn:aws:iam::111122223333:role/stack-Role');
  });

  it('refuses a resource type it does not know, by its logical id', () => {
    const template: Template = { Resources: { Cache: { Type: 'AWS::ElastiCache::CacheCluster' } } };

    const name = () => physicalNames(template, world);

    expect(name).toThrow(
      'Cache: the local cloud does not know the resource type AWS::ElastiCache::CacheCluster',
    );
  });
});
