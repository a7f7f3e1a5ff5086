import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  BackfillEnv,
  DeliverEnv,
  ReadBackEnv,
  readEnv,
  SweepEnv,
  ToolsEnv,
  WebhookEnv,
} from '../../functions/wiring/environment.ts';
import type { Template } from '../../local/cloud/template/template.ts';
import { FUNCTIONS, functionOf, ofType, packagedTemplate, ROOT, resolve } from './packaged.ts';

const FOURTEEN_DAYS = 14 * 24 * 60 * 60;

let template: Template;

beforeAll(async () => {
  template = await packagedTemplate();
});

describe('the template', () => {
  it('is valid to CloudFormation', async () => {
    const engine = new RegoEngine();
    const folder = await mkdtemp(join(tmpdir(), 'template-'));
    const file = join(folder, 'template.json');
    await writeFile(file, JSON.stringify(template));

    const { status, diagnostics } = engine.validateStandard(new TemplateFile(file));

    await rm(folder, { recursive: true });
    const faults = diagnostics.filter(({ severity }) => severity === 'ERROR' || severity === 'FATAL');
    engine.free();
    expect(faults).toEqual([]);
    expect(status).toBe('OK');
  });

  it('has one function for each file in functions/', async () => {
    const files = (await readdir(join(ROOT, 'functions'))).filter((file) => file.endsWith('.ts'));

    const names = ofType<{ FunctionName: string }>(template, 'AWS::Lambda::Function').map(
      ([, { FunctionName }]) => `${FunctionName.replace('velt-directory-sync-dev-', '')}.ts`,
    );

    expect(names.sort()).toEqual(files.sort());
    expect(names).toHaveLength(FUNCTIONS.length);
  });

  it('refers to nothing that it does not have', () => {
    const { Resources } = resolve(template);

    expect(JSON.stringify(Resources)).not.toMatch(/"(Ref|Fn::\w+)":/);
  });

  it('cannot be resolved once a queue is renamed and a reference to it is forgotten', () => {
    const broken = structuredClone(template);
    const { ChangesQueue, ...others } = broken.Resources;
    broken.Resources = { ...others, RenamedQueue: ChangesQueue as (typeof others)[string] };

    expect(() => resolve(broken)).toThrow(/refers to ChangesQueue, which the template does not have/);
  });

  it('names every resource that has a name after the service and the stage', () => {
    const names = ['QueueName', 'TableName', 'FunctionName', 'Name'].flatMap((property) =>
      Object.values(resolve(template).Resources)
        .filter(
          ({ Type }) => !Type.startsWith('AWS::ApiGatewayV2') && Type !== 'AWS::Lambda::EventInvokeConfig',
        )
        .filter(
          ({ Type }) => Type !== 'AWS::Lambda::EventSourceMapping' && Type !== 'AWS::Lambda::Permission',
        )
        .flatMap(({ Properties }) => Properties[property] ?? []),
    );

    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(name).toMatch(/^velt-directory-sync-dev[-/]/);
  });
});

describe('the environment', () => {
  it.each([
    ['webhook', WebhookEnv],
    ['deliver', DeliverEnv],
    ['backfill', BackfillEnv],
    ['catch-up', BackfillEnv],
    ['read-back', ReadBackEnv],
    ['sweep', SweepEnv],
  ] as const)('holds what the code of %s reads', (name, schema) => {
    const { Variables } = functionOf(template, name).Environment;
    // A queue's address is known only to a stack that exists.
    const deployed = Object.fromEntries(
      Object.entries(Variables).map(([key, value]) => [
        key,
        key.endsWith('_URL') ? 'https://example.com' : value,
      ]),
    );

    const read = () => [readEnv(schema, deployed), readEnv(ToolsEnv, deployed)];

    expect(read).not.toThrow();
    expect(Variables).toMatchObject({
      POWERTOOLS_SERVICE_NAME: 'velt-directory-sync',
      POWERTOOLS_METRICS_NAMESPACE: 'VeltDirectorySync',
    });
  });

  it('gives every function the same salt, which is the UUID of the stack', () => {
    const salts = FUNCTIONS.map((name) => functionOf(template, name).Environment.Variables.LOG_SALT);

    expect(new Set(salts).size).toBe(1);
    expect(salts[0]).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
  });

  it('names a secret only where it is needed', () => {
    const secretsOf = (name: string) =>
      Object.keys(functionOf(template, name).Environment.Variables).filter((key) => key.endsWith('_SECRET'));

    const secrets = FUNCTIONS.map((name) => [name, secretsOf(name)]);

    expect(Object.fromEntries(secrets)).toEqual({
      webhook: ['WEBHOOK_CREDENTIALS_SECRET'],
      deliver: ['DIRECTORY_CREDENTIALS_SECRET', 'VELT_CREDENTIALS_SECRET'],
      backfill: ['DIRECTORY_CREDENTIALS_SECRET'],
      'catch-up': ['DIRECTORY_CREDENTIALS_SECRET'],
      'read-back': ['VELT_CREDENTIALS_SECRET'],
      sweep: [],
    });
  });

  it('gives every function the same number of shards', () => {
    const shards = FUNCTIONS.map((name) => functionOf(template, name).Environment.Variables.SHARDS);

    expect(new Set(shards).size).toBe(1);
    expect(Number(shards[0])).toBeGreaterThan(0);
  });
});

describe('the queues', () => {
  type Queue = {
    FifoQueue?: boolean;
    VisibilityTimeout?: number;
    MessageRetentionPeriod: number;
    SqsManagedSseEnabled: boolean;
    DeduplicationScope?: string;
    FifoThroughputLimit?: string;
    RedrivePolicy?: { deadLetterTargetArn: string; maxReceiveCount: number };
  };
  const queue = (logicalId: string) =>
    Object.fromEntries(ofType<Queue>(template, 'AWS::SQS::Queue'))[logicalId] as Queue;

  it('are all encrypted and keep a message for 14 days', () => {
    const queues = ofType<Queue>(template, 'AWS::SQS::Queue');

    expect(queues.length).toBeGreaterThan(0);
    for (const [logicalId, { SqsManagedSseEnabled, MessageRetentionPeriod }] of queues) {
      expect([logicalId, SqsManagedSseEnabled, MessageRetentionPeriod]).toEqual([
        logicalId,
        true,
        FOURTEEN_DAYS,
      ]);
    }
  });

  it('let every shard of the changes flow on its own', () => {
    expect(queue('ChangesQueue')).toMatchObject({
      FifoQueue: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
    });
  });

  it('hide a message for at least six times as long as its consumer may run', () => {
    const { Timeout } = functionOf(template, 'deliver');

    expect(queue('ChangesQueue').VisibilityTimeout).toBeGreaterThanOrEqual(6 * Timeout);
  });

  it('move a change that keeps failing to a dead-letter queue of the same kind', () => {
    const { RedrivePolicy } = queue('ChangesQueue');

    expect(RedrivePolicy).toEqual({
      deadLetterTargetArn: 'arn:aws:sqs:eu-west-1:111122223333:velt-directory-sync-dev-changes-dead.fifo',
      maxReceiveCount: 30,
    });
    expect(queue('ChangesDeadQueue').FifoQueue).toBe(true);
  });
});

describe('the event source', () => {
  it('takes single messages of a batch back, and runs no more batches at once than Velt is to see', () => {
    const mappings = ofType(template, 'AWS::Lambda::EventSourceMapping').map(([, properties]) => properties);

    expect(mappings).toEqual([
      expect.objectContaining({
        EventSourceArn: 'arn:aws:sqs:eu-west-1:111122223333:velt-directory-sync-dev-changes.fifo',
        BatchSize: 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 5 },
      }),
    ]);
  });
});

describe('the API', () => {
  it('takes far more at once, and each second, than any vendor sends', () => {
    const stages = ofType(template, 'AWS::ApiGatewayV2::Stage').map(([, properties]) => properties);

    expect(stages).toEqual([
      expect.objectContaining({
        DefaultRouteSettings: {
          DetailedMetricsEnabled: false,
          ThrottlingRateLimit: 1000,
          ThrottlingBurstLimit: 1000,
        },
      }),
    ]);
  });
});

describe('the table', () => {
  it('survives its stack, can be restored, and is encrypted', () => {
    const [[logicalId, properties] = ['', {}], ...others] = ofType(template, 'AWS::DynamoDB::Table');

    expect(others).toEqual([]);
    expect(template.Resources[logicalId]).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
    expect(properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
  });
});

describe('the secrets', () => {
  it('are created without a value', () => {
    const values = ofType<{ SecretString: string }>(template, 'AWS::SecretsManager::Secret').map(
      ([, { SecretString }]) => SecretString,
    );

    expect(values).toEqual(['{}', '{}', '{}']);
  });
});
