import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { demoParameters } from '../../local/demo/directory.ts';
import { partnerEvent } from '../support/factories.ts';
import { userCreate } from '../support/okta-deliveries.ts';
import { sync } from '../support/sync.ts';
import { standUp, type TestCloud } from './cloud.ts';

/** Puts to a queue of the dead what Lambda sends after the last attempt. */
async function bury({ admin, stack }: TestCloud, queue: string, functionId: string, requestPayload: unknown) {
  const sqs = new SQSClient(admin);
  const requestContext = { functionArn: `${stack.arn(functionId)}:$LATEST`, condition: 'RetriesExhausted' };
  const responsePayload = { errorType: 'WorldFault', errorMessage: 'out of reach' };
  const MessageBody = JSON.stringify({ requestContext, requestPayload, responsePayload });
  await sqs.send(new SendMessageCommand({ QueueUrl: stack.ref(queue), MessageBody }));
  sqs.destroy();
}

test("a dead schedule and a dead event of a partner's stream are told, and invoked again by one command", async () => {
  const cloud = await standUp({ parameters: demoParameters });
  const dead = (...flags: string[]) => sync(['dead', ...flags], { aws: cloud.admin });
  const event = partnerEvent(userCreate('00uA'), { source: demoParameters.OktaEventSource });
  await bury(cloud, 'PartnerEventsDeadQueue', 'WebhookLambdaFunction', event);
  await bury(cloud, 'SchedulerDeadQueue', 'SweepLambdaFunction', {});

  const looked = await dead();
  const others = await dead('--redrive', '--kind', 'person');
  const redriven = await dead('--redrive', '--json');
  await cloud.idle();

  expect([looked.code, looked.stderr]).toEqual([0, '']);
  expect(looked.stdout).toMatch(/velt-directory-sync-dev-sweep +WorldFault: out of reach\n/);
  expect(looked.stdout).toMatch(/velt-directory-sync-dev-webhook +WorldFault: out of reach\n/);
  expect(looked.stdout).not.toContain('00uA');
  expect(others.stdout).not.toContain('invoked again');
  expect(JSON.parse(redriven.stdout)).toMatchObject({
    changes: { moved: 0 },
    schedules: { restarted: [expect.any(String)], failed: {} },
    partnerEvents: { restarted: [expect.any(String)], failed: {} },
  });
  expect(cloud.calls()).toEqual(['users/add']);
  expect(cloud.lines.filter((line) => line.includes('Sweep queued entries'))).toHaveLength(1);
  expect((await dead()).stdout).not.toContain('Dead ');
});
