import { describe, expect, test } from 'vitest';
import { readConfig } from '../../../lib/config.ts';
import type { Template } from '../../../local/cloud/template/template.ts';
import { type DeployDeps, deployStage, readDeployArguments } from '../../../scripts/deploy.ts';

const config = readConfig({
  sources: {
    okta: { kind: 'okta', organization: 'acme' },
    customers: { kind: 'auth0', organization: 'acme-customers' },
  },
});
const queue = (QueueName: string) => ({ Type: 'AWS::SQS::Queue', Properties: { QueueName } });
const MirrorTable = {
  Type: 'AWS::DynamoDB::Table',
  DeletionPolicy: 'Retain',
  Properties: { TableName: 'velt-directory-sync-prod-mirror', KeySchema: [] },
};
const packaged: Template = { Resources: { MirrorTable, Parked: queue('parked') }, Outputs: {} };
const Outputs = [{ OutputKey: 'WebhookUrl', OutputValue: 'https://api.example.com/webhooks/' }];

/** An account with a stack, or without one, in which a table may have been left; and what was done to it. */
function makeAccount({ stack, table = false }: { stack?: Template; table?: boolean } = {}) {
  const done: string[] = [];
  const imported: { TemplateBody?: string; ResourcesToImport?: unknown[] }[] = [];
  const printed: string[] = [];
  let current = stack;
  const answers: Record<string, (input: object) => object> = {
    DescribeStacksCommand: () => {
      if (!current)
        throw Object.assign(new Error('Stack with id x does not exist'), { name: 'ValidationError' });
      return {
        Stacks: [{ StackStatus: imported.length > 0 ? 'IMPORT_COMPLETE' : 'UPDATE_COMPLETE', Outputs }],
      };
    },
    GetTemplateCommand: () => ({ TemplateBody: JSON.stringify(current) }),
    CreateChangeSetCommand: (input) => {
      imported.push(input);
      return {};
    },
    DescribeChangeSetCommand: () => ({ Status: 'CREATE_COMPLETE' }),
    ExecuteChangeSetCommand: () => {
      current = packaged;
      return {};
    },
    DescribeTableCommand: () => {
      if (!table) throw Object.assign(new Error('not there'), { name: 'ResourceNotFoundException' });
      return {};
    },
  };
  const send = async (command: { constructor: { name: string }; input: object }) => {
    const { name } = command.constructor;
    if (!/^(Describe|Get)/.test(name)) done.push(name.replace('Command', ''));
    return answers[name]?.(command.input);
  };
  const deps = {
    cloudFormation: { send },
    dynamoDb: { send },
    packageStage: async () => ({ config, template: packaged }),
    runOsls: async (args: string[]) => {
      done.push(`osls ${args.join(' ')}`);
      current = packaged;
    },
    print: (text: string) => void printed.push(text),
  } as unknown as DeployDeps;
  const deploy = (...args: string[]) =>
    deployStage(readDeployArguments(['--stage', 'prod', ...args], {}), deps);
  return { done, imported, printed, deploy };
}

const OSLS = 'osls deploy --stage prod --region us-east-1';

describe('a deployment', () => {
  test('of a new stage says where vendors send to, and what comes next', async () => {
    const { done, printed, deploy } = makeAccount();

    await deploy();

    expect(done).toEqual([OSLS]);
    const [text = ''] = printed;
    expect(text).toMatch(/okta +https:\/\/api\.example\.com\/webhooks\/okta\n/);
    expect(text).toMatch(/customers +https:\/\/api\.example\.com\/webhooks\/customers\n/);
    expect(text).toContain('npm run sync -- setup auth0 --stage prod --source customers');
    expect(text).toContain('npm run sync -- plan --source okta --stage prod');
  });

  test('of a stage that is there says where vendors send to, and no more', async () => {
    const { done, printed, deploy } = makeAccount({ stack: packaged });

    await deploy('--verbose');

    expect(done).toEqual([`${OSLS} --verbose`]);
    expect(printed.join('\n')).toContain('/webhooks/okta');
    expect(printed.join('\n')).not.toContain('Next');
  });

  test('that would delete a queue stops before it, and names it', async () => {
    const stack = { Resources: { ...packaged.Resources, Old: queue('velt-directory-sync-prod-old') } };
    const { done, deploy } = makeAccount({ stack });

    await expect(deploy()).rejects.toThrow(
      /queue velt-directory-sync-prod-old would be deleted\n.*--allow-delete/s,
    );
    expect(done).toEqual([]);
  });

  test('that is meant to delete a queue does so', async () => {
    const stack = { Resources: { ...packaged.Resources, Old: queue('velt-directory-sync-prod-old') } };
    const { done, deploy } = makeAccount({ stack });

    await deploy('--allow-delete');

    expect(done).toEqual([OSLS]);
  });

  test('after a removal takes over the table that stayed, before anything else is made', async () => {
    const { done, imported, deploy } = makeAccount({ table: true });

    await deploy();

    expect(done).toEqual(['CreateChangeSet', 'ExecuteChangeSet', OSLS]);
    expect(imported).toMatchObject([
      {
        ChangeSetType: 'IMPORT',
        ResourcesToImport: [{ ResourceIdentifier: { TableName: 'velt-directory-sync-prod-mirror' } }],
      },
    ]);
    expect(JSON.parse(imported[0]?.TemplateBody ?? '{}')).toEqual({ Resources: { MirrorTable } });
  });

  test('stops where CloudFormation cannot be asked, for it could not see what goes', async () => {
    const { done, deploy } = makeAccount({ stack: { Resources: undefined as never } });

    await expect(deploy()).rejects.toThrow();
    expect(done).toEqual([]);
  });
});

describe('the flags of a deployment', () => {
  test('that are not its own go on to osls', () => {
    const args = [
      '-s',
      'prod',
      '--region=eu-west-1',
      '--config',
      'a.json',
      '--force',
      '--param',
      'a=b',
      '--x=y',
    ];

    expect(readDeployArguments(args)).toEqual({
      ...{ stage: 'prod', region: 'eu-west-1', config: 'a.json', allowDelete: false },
      rest: ['--force', '--param', 'a=b', '--x=y'],
    });
  });

  test.each([
    [['--aws-profile', 'other'], 'AWS_PROFILE='],
    [['--package', '.serverless'], 'what was checked is what is deployed'],
    [['--stage'], '--stage: has no value'],
    [['--stage', '../prod'], '--stage: is made of'],
  ])('that would deploy something else than was checked are refused: %j', (args, message) => {
    expect(() => readDeployArguments(args)).toThrow(message);
  });
});
