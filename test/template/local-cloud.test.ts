import { describe, expect, it } from 'vitest';
import { startAwsEndpoint } from '../../local/cloud/aws/endpoint.ts';
import type { Cloud } from '../../local/cloud/cloud.ts';
import { demoParameters } from '../../local/demo/directory.ts';
import { until } from '../faults/observe.ts';
import { oktaEvent, partnerEvent } from '../support/factories.ts';
import { FUNCTIONS, withChange } from './packaged.ts';
import { bodiesIn, standUp, template } from './standing.ts';

describe('the local cloud', () => {
  it.each([
    ['SweepSchedule', 'SweepLambdaFunction', 1, {}],
    ['catch-up', 'CatchDashupLambdaFunction', 1, {}],
    ['backfill', 'BackfillLambdaFunction', 2, {}],
    ['ResumeSchedule', 'BackfillLambdaFunction', 2, { resume: true }],
  ])(
    'repeats a failing run of %s as its function asks, and keeps what it was',
    async (name, logicalId, runs, input) => {
      const broken = withChange(template, logicalId, ({ Environment }) => {
        delete Environment.Variables.SHARDS;
      });
      const standing = await standUp(broken);

      const { error } = await standing.fire(name);

      expect(error?.type).toBe('ConfigError');
      expect(await bodiesIn(standing, 'SchedulerDeadQueue')).toEqual([
        expect.objectContaining({
          requestContext: expect.objectContaining({
            condition: 'RetriesExhausted',
            approximateInvokeCount: runs,
          }),
          requestPayload: input,
          responsePayload: expect.objectContaining({ errorType: 'ConfigError' }),
        }),
      ]);
    },
  );

  it('runs on another emulator of AWS, where nobody checks the roles', async () => {
    const other = await startAwsEndpoint();
    const standing = await standUp(template, { endpointUrl: other.url });
    const { url, headers } = standing.sources.okta as Cloud['sources'][string];

    const response = await fetch(url, { method: 'POST', headers, body: '{"data":{"events":[]}}' });
    await standing.idle();
    await standing.close();
    await other.close();

    expect(response.status).toBe(200);
    expect(standing.aws).toBeUndefined();
  });

  it('holds every route of the API to the limits of its stage', async () => {
    const narrow = withChange(template, 'HttpApiStage', (stage) => {
      Object.assign(stage.DefaultRouteSettings, { ThrottlingRateLimit: 0.001, ThrottlingBurstLimit: 1 });
    });
    const standing = await standUp(narrow);
    const { url, headers } = standing.sources.okta as Cloud['sources'][string];
    const request = () => fetch(url, { method: 'POST', headers, body: '{"data":{"events":[]}}' });

    const answers = [await request(), await request()];

    expect(answers.map(({ status }) => status)).toEqual([200, 429]);
  });

  it('kills an execution environment, and the next request gets a new one', async () => {
    const standing = await standUp(template);
    const { url, headers } = standing.sources.okta as Cloud['sources'][string];
    const request = () => fetch(url, { method: 'POST', headers, body: '{"data":{"events":[]}}' });
    await request();

    const killed = standing.killOne('webhook');
    const { status } = await request();

    expect(killed).toBe(true);
    expect(status).toBe(200);
  });

  it('kills a run that was fired, which is then repeated as its function asks', async () => {
    const lines: string[] = [];
    const standing = await standUp(template, { log: (name, line) => lines.push(`${name} ${line}`) });
    standing.aws?.faults.add({ action: 'dynamodb:GetItem', answer: 'hang' });
    const fired = standing.fire('backfill', { source: 'okta' });
    await until(() => standing.aws?.calls.some(({ action }) => action === 'dynamodb:GetItem') ?? false);

    const killed = standing.killOne('backfill');
    const result = await fired;

    expect(killed).toBe(true);
    expect(lines.filter((line) => line.startsWith('backfill ERROR'))).toEqual([
      expect.stringContaining('Runtime.ExitError'),
    ]);
    expect(result).toMatchObject({ payload: { okta: { state: 'done' } } });
  });

  it('tells the most memory that each function ever had, and nothing of one that never ran', async () => {
    const standing = await standUp(template);
    const { url, headers } = standing.sources.okta as Cloud['sources'][string];
    await fetch(url, { method: 'POST', headers, body: '{"data":{"events":[]}}' });
    const alive = standing.peakMemory();

    standing.killOne('webhook');
    const killed = standing.peakMemory();

    expect(Object.keys(killed)).toEqual([...FUNCTIONS]);
    expect(alive.webhook).toBeGreaterThan(20 * 1024 * 1024);
    expect(killed.webhook).toBeGreaterThanOrEqual(alive.webhook ?? 0);
    expect(killed.sweep).toBe(0);
  });
});

describe("Okta's log stream", () => {
  const parameters = demoParameters;
  const event = (detail: object) => partnerEvent(detail, { source: parameters.OktaEventSource });

  it('reaches webhook with what is mirrored, and with nothing else', async () => {
    const standing = await standUp(template, { parameters });

    const results = [
      await standing.putEvent(event(oktaEvent('user.lifecycle.create'))),
      await standing.putEvent(event(oktaEvent('user.session.start'))),
    ];
    await standing.idle();

    expect(results).toMatchObject([[{ payload: { changes: 1, ignored: 0 } }], []]);
    expect(standing.velt?.calls).toHaveLength(1);
  });

  it('is tried again where webhook fails, and the event is kept at last', async () => {
    const closed = withChange(template, 'WebhookRole', ({ Policies }) => {
      Policies[0].PolicyDocument.Statement[1].Resource.shift();
    });
    const standing = await standUp(closed, { parameters });
    const given = event(oktaEvent('user.lifecycle.create'));

    const [result] = await standing.putEvent(given);

    expect(result?.error?.type).toBe('WorldFault');
    expect(await bodiesIn(standing, 'PartnerEventsDeadQueue')).toMatchObject([
      { requestContext: { approximateInvokeCount: 3 }, requestPayload: given },
    ]);
  });

  it('of another event source has no bus to be put on', async () => {
    const standing = await standUp(template);

    const put = standing.putEvent(event({}));

    await expect(put).rejects.toThrow(/no bus is associated with the event source/);
  });
});
