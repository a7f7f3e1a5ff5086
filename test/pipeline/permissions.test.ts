import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, test } from 'vitest';
import type { SourceConfig } from '../../lib/config.ts';
import { newPerson } from '../../lib/directory/entry.ts';
import { configurationOf } from '../../lib/reconcile/lease.ts';
import { isAllowed } from '../../local/cloud/aws/iam.ts';
import type { Template } from '../../local/cloud/template/template.ts';
import { demoDirectory } from '../../local/demo/directory.ts';
import type { OktaUser } from '../../local/doubles/okta/okta.ts';
import { OWN_CONFIG, readConfigFile } from '../../scripts/config-file.ts';
import { membershipAdd, oktaDelivery, userCreate } from '../support/okta-deliveries.ts';
import { packagedTemplate, standUp, type TestCloud } from './cloud.ts';

/** What is there on a condition has no action here: the use of a key and of a VPC is in test/template/settings.test.ts. */
type Statement = { Action?: string | string[]; Resource: unknown };
type Role = { Policies: { PolicyDocument: { Statement: Statement[] } }[] };

const template = await packagedTemplate();
const statementsOf = (from: Template, role: string) =>
  (from.Resources[role] as unknown as { Properties: Role }).Properties.Policies.flatMap(
    ({ PolicyDocument }) => PolicyDocument.Statement,
  );

/** Every action that each function's role allows, beside writing its log. */
const permissions = [
  'WebhookRole',
  'DeliverRole',
  'BackfillRole',
  'CatchUpRole',
  'ReadBackRole',
  'SweepRole',
].flatMap((role) =>
  statementsOf(template, role).flatMap(({ Action = [] }, index) =>
    [Action]
      .flat()
      .filter((action) => !action.startsWith('logs:'))
      .map((action) => ({ role, index, action })),
  ),
);

/** A copy of the template in which one statement of a role lacks one action. */
function without({ role, index, action }: (typeof permissions)[number]): Template {
  const copy = structuredClone(template);
  const statement = statementsOf(copy, role)[index] as Statement;
  statement.Action = [statement.Action ?? []].flat().filter((candidate) => candidate !== action);
  return copy;
}

/** Everything the functions do with AWS: take, park, deliver, end a group, bury, back-fill, catch up, read back, sweep, fail, return. */
async function exercise(cloud: TestCloud): Promise<void> {
  for (const step of STEPS) {
    await step(cloud);
    await cloud.idle({ withinMs: 60_000 });
  }
}

/** More than may lose something by one event without a look at the last run. */
const MANY = ['00uA', ...Array.from({ length: 6 }, (_, n) => `00uE${n}`)];

const STEPS: ((cloud: TestCloud) => Promise<unknown>)[] = [
  (cloud) => cloud.post('okta', '['),
  (cloud) =>
    cloud.post(
      'okta',
      oktaDelivery(userCreate('00uA'), ...MANY.map((id) => membershipAdd(id, '00gE', 'Engineering'))),
    ),
  (cloud) => {
    const end = { source: 'okta', kind: 'group', containerId: '00gE', exists: false };
    return cloud.queue({ ...end, at: '2026-09-03T00:00:00.000Z', id: 'end' });
  },
  (cloud) => cloud.queue({ kind: 'of a newer version' }),
  async (cloud) => {
    await put(cloud, dueEntry, cutRun, cutReadBack);
    cloud.okta.createUser(createdUser);
    await Promise.allSettled([
      cloud.fire('backfill', { source: 'okta' }),
      cloud.fire('catch-up'),
      cloud.fire('sweep', {}),
      cloud.fire('backfill', { source: 'nobody' }),
    ]);
  },
  async (cloud) => {
    await removeAtVelt(cloud, createdUser.id);
    await cloud.fire('read-back').catch(() => undefined);
  },
  (cloud) => {
    // Longer than a call may wait: the message goes back.
    cloud.velt?.faults.add({ times: 1, answer: { kind: 'status', status: 429, retryAfterSeconds: 5 } });
    return cloud.post('okta', oktaDelivery(userCreate('00uB')));
  },
];

const createdUser: OktaUser = {
  id: '00uD',
  status: 'ACTIVE',
  profile: { firstName: 'Dana', lastName: 'Example', login: 'dana@example.com', email: 'dana@example.com' },
};

/** What the read-back finds: somebody with an account at Velt took a user away. */
async function removeAtVelt({ veltUrl }: TestCloud, userId: string): Promise<void> {
  await fetch(`${veltUrl}/v2/users/delete`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-velt-api-key': 'local-api-key',
      'x-velt-auth-token': 'local-auth-token',
    },
    body: JSON.stringify({ data: { organizationId: 'acme-workforce', userIds: [userId] } }),
  });
}

/** An entry that the sweep finds. */
const dueEntry = {
  ...{ pk: 'okta#person#00uC', sk: 'entry', due: 'due', dueAt: 1, revision: 1 },
  entry: newPerson('okta', '00uC'),
};

/** A run that was cut short after its first checkpoint: what it listed and deferred is loaded. */
const startedAt = new Date().toISOString();
const cutRun = {
  ...{ pk: 'run#okta', sk: 'current', revision: 1 },
  run: {
    ...{ v: 2, runId: 'okta-1', source: 'okta', phase: 'list', state: 'running', startedAt },
    configuration: configurationOf(readConfigFile(OWN_CONFIG).sources.okta as SourceConfig),
    ...{ pages: 0, people: 0, unreadable: 0, queued: 0, asked: 0, listedParts: 1, deferredParts: 1 },
    ...{ delivered: 0, losing: 0, toAsk: 0 },
  },
};

/** Where a read-back ran out of time: the next one begins there. */
const cutReadBack = { pk: 'run#', sk: 'read-back', revision: 1, cursor: '["acme-workforce"]' };

async function put({ admin, stack }: TestCloud, ...items: Record<string, unknown>[]): Promise<void> {
  const table = DynamoDBDocumentClient.from(new DynamoDBClient(admin));
  for (const Item of items) await table.send(new PutCommand({ TableName: stack.ref('MirrorTable'), Item }));
  table.destroy();
}

describe('the roles', () => {
  // Closed after the first test: what was called stays known.
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await standUp({ secondMs: 20, directory: demoDirectory });
    await exercise(cloud);
  });

  test('allow everything that the functions do', () => {
    const refused = calls(cloud).filter(({ allowed }) => !allowed);

    expect(refused).toEqual([]);
  });

  test.each(permissions)('$role needs $action (statement $index)', async (permission) => {
    const { role, index, action } = permission;
    const arn = cloud.stack.arn(role);
    const left = cloud.stack
      .statementsOf(arn, role)
      .map((statement, at) =>
        at === index
          ? { ...statement, Action: actionsOf(statement).filter((one) => one !== action) }
          : statement,
      )
      .filter((statement) => actionsOf(statement).length > 0);
    const isCalled = calls(cloud).some(
      (call) =>
        call.principal === arn && call.action === action && !isAllowed(left, call.action, call.resource),
    );

    // What no function calls is for what calls the function: its stack does not stand without it.
    const refused = isCalled
      ? [action]
      : await standUp({ template: without(permission) }).then(
          () => [],
          (error: Error) => [error.message],
        );

    expect(refused).toEqual([expect.stringContaining(action)]);
  });
});

const calls = ({ aws }: TestCloud) => aws?.calls ?? [];
const actionsOf = ({ Action = [] }: { Action?: string | string[] }) => [Action].flat();
