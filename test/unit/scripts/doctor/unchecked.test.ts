import { describe, expect, test } from 'vitest';
import { createAwsReads } from '../../../../scripts/doctor/aws-reads.ts';
import { edited, linesOf, makeStage, SAFE } from '../../../support/doctor.ts';

const denied = (permission: string) =>
  Object.assign(
    new Error(
      `User: arn:aws:iam::123456789012:user/canary is not authorized to perform: ${permission} on resource: canary`,
    ),
    { name: 'AccessDeniedException' },
  );

test('what cannot be looked at says so with the missing permission, and stops nothing else', async () => {
  const { deps, aws, examine } = await makeStage();
  const { findings, isHealthy } = await examine({
    readSecret: async (name) => {
      if (name === 'webhooks') throw denied('secretsmanager:GetSecretValue');
      return deps.readSecret(name);
    },
    aws: {
      ...aws.reads,
      schedule: () => Promise.reject(denied('scheduler:GetSchedule')),
      subscribers: () => Promise.reject(denied('SNS:GetTopicAttributes')),
    },
  });

  expect(linesOf(findings, 'wrong', 'unchecked')).toEqual([
    'secrets The secret webhooks cannot be looked at: a permission is missing. Allow secretsmanager:GetSecretValue.',
    'aws The schedules cannot be looked at: a permission is missing. Allow scheduler:GetSchedule.',
    'aws The subscribers of alarms cannot be looked at: a permission is missing. Allow SNS:GetTopicAttributes.',
  ]);
  expect(linesOf(findings, 'ok')).toHaveLength(14);
  expect(isHealthy).toBe(false);
  expect(JSON.stringify(findings)).not.toContain('canary');
});

test('a stack that cannot be looked at costs what goes by it, and not the rest', async () => {
  const { aws, examine } = await makeStage();
  const { findings } = await examine({
    aws: { ...aws.reads, deployed: () => Promise.reject(denied('cloudformation:DescribeStacks')) },
  });

  expect(linesOf(findings, 'unchecked')).toEqual(
    ['okta The event hook of Okta', 'auth0 The event stream of Auth0', 'aws The stack'].map(
      (at) => `${at} cannot be looked at: a permission is missing. Allow cloudformation:DescribeStacks.`,
    ),
  );
  expect(linesOf(findings, 'wrong')).toEqual([]);
});

test('a vendor out of reach is not known to be wrong', async () => {
  const { okta, auth0, examine } = await makeStage();
  okta.faults.add({ path: '/api/v1', answer: { kind: 'status', status: 500 } });
  auth0.faults.add({ path: '/api/v2/users', answer: { kind: 'status', status: 503 } });

  const { findings } = await examine();

  expect(linesOf(findings, 'wrong')).toEqual([]);
  expect(linesOf(findings, 'unchecked')).toEqual([
    'okta Okta answered 500.',
    'okta The event hook of Okta cannot be looked at: Okta answered 500 (E0000009 / Internal Server Error).',
    'auth0 Reading users: Auth0 answered 503.',
  ]);
});

describe('good to know, and not wrong, is', () => {
  test('what is not on the local cloud', async () => {
    const { examine } = await makeStage();

    const { findings, isHealthy } = await examine({ aws: undefined });

    expect(isHealthy).toBe(true);
    expect(linesOf(findings, 'note')).toEqual([
      'okta The event hook of Okta is not on the local cloud: no vendor could send to it.',
      'auth0 The event stream of Auth0 is not on the local cloud: no vendor could send to it.',
      'aws Schedules, alarms and their subscribers are not on the local cloud.',
    ]);
  });

  test('a source that lives by its webhook alone, and a name that no source has', async () => {
    const stage = await makeStage();
    edited('directory', ({ auth0, okta }) => ({ auth0, 'okta-old': okta }))(stage);

    const { findings, isHealthy } = await stage.examine();

    expect(isHealthy).toBe(true);
    expect(linesOf(findings, 'note')).toEqual(
      expect.arrayContaining([
        'secrets The secret directory: without credentials of okta, it lives by its webhook alone: no run, no catch-up.',
        'secrets The secret directory: okta-old is no source of the configuration.',
        'okta Okta is not asked: the secret directory has no credentials of use.',
      ]),
    );
  });

  test("a source without a hook, where the partner's bus is its way in", async () => {
    const { asAdmin, hook, examine } = await makeStage({
      sources: { okta: { partnerEventSource: 'aws.partner/okta.com/acme' } },
    });
    await asAdmin('POST', `/${hook}/lifecycle/deactivate`);
    await asAdmin('DELETE', `/${hook}`);

    const { findings, isHealthy } = await examine();

    expect(linesOf(findings, 'note')).toContain(
      "okta The event hook of Okta is not there: events come by the partner's bus alone.",
    );
    expect(isHealthy).toBe(true);
  });

  test('a hook that the credentials may not see, and what compares it', async () => {
    const { okta, examine } = await makeStage();
    okta.faults.add({ path: '/api/v1/eventHooks', answer: { kind: 'status', status: 403 } });

    const { findings, isHealthy } = await examine();

    expect(linesOf(findings, 'note')).toContain(
      'okta The event hook of Okta cannot be looked at: the credentials lack okta.eventHooks.read (403). With a token that has it in OKTA_API_TOKEN, this compares it: npm run sync -- setup okta --source okta --domain acme.okta.com --url https://hooks.example.com/webhooks/okta --stage prod',
    );
    expect(isHealthy).toBe(true);
  });

  test.each([
    [
      'refused' as const,
      'velt Advanced queries are off: there can be no read-back. Switch them on at console.velt.dev.',
    ],
    ['empty' as const, 'velt Velt lists nobody in acme: advanced queries are off, or nobody is there yet.'],
  ])('that advanced queries are %s', async (advancedQueries, line) => {
    const { examine } = await makeStage({ velt: { advancedQueries } });

    const { findings, isHealthy } = await examine();

    expect(linesOf(findings, 'note')).toContain(line);
    expect(isHealthy).toBe(true);
  });

  test('a switch that Velt does not tell, and where to look at it', async () => {
    const { requireJwtToken: _, ...settings } = SAFE;
    const { examine } = await makeStage({ velt: { settings } });

    const { findings } = await examine();

    expect(linesOf(findings, 'note')).toContain(
      'velt Velt\'s switch "no token required" cannot be read. Look at it: Switch on the JWT token requirement (requireJwtToken) at console.velt.dev.',
    );
    expect(linesOf(findings, 'wrong')).toEqual([]);
  });
});

test.each([
  [59, []],
  [-59, []],
  [61, ["clock This machine's clock is 1 min fast: what it signs is refused. Set it, by a time server."]],
  [-300, ["clock This machine's clock is 5 min slow: what it signs is refused. Set it, by a time server."]],
])('a clock that is %d s off AWS is found from a minute on', async (seconds, lines) => {
  const { time, examine } = await makeStage();

  const { findings } = await examine({
    awsDate: async () => new Date(time.now - seconds * 1_000).toUTCString(),
  });

  expect(linesOf(findings, 'wrong')).toEqual(lines);
});

describe('calls of which the SDK has no client here', () => {
  async function makeReads(answers: Record<string, { status: number; body: string }>) {
    const asked: string[] = [];
    const place = {
      stage: 'prod',
      aws: { region: 'eu-central-1', credentials: { accessKeyId: 'key', secretAccessKey: 'secret' } },
    };
    const reads = createAwsReads(place, async ({ url, headers }) => {
      const scope = /Credential=key\/\d{8}\/(\S+),/.exec(headers.authorization ?? '')?.[1];
      asked.push(`${url} ${scope}`);
      return { headers: {}, ...(answers[new URL(url).host] ?? { status: 500, body: '' }) };
    });
    return { reads, asked };
  }

  test('are signed for their service and region', async () => {
    const { reads, asked } = await makeReads({
      'scheduler.eu-central-1.amazonaws.com': { status: 200, body: '{"State":"DISABLED","Name":"n"}' },
      'sns.eu-central-1.amazonaws.com': {
        status: 200,
        body: `<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes>
          <entry><key>SubscriptionsPending</key><value>2</value></entry>
          <entry><key>SubscriptionsConfirmed</key><value>13</value></entry>
        </Attributes></GetTopicAttributesResult></GetTopicAttributesResponse>`,
      },
    });

    expect(await reads.schedule('velt-directory-sync-prod-sweep')).toBe(false);
    expect(await reads.subscribers('arn:aws:sns:eu-central-1:1:a')).toEqual({ confirmed: 13, pending: 2 });
    expect(asked).toEqual([
      'https://scheduler.eu-central-1.amazonaws.com/schedules/velt-directory-sync-prod-sweep eu-central-1/scheduler/aws4_request',
      'https://sns.eu-central-1.amazonaws.com/?Action=GetTopicAttributes&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aeu-central-1%3A1%3Aa eu-central-1/sns/aws4_request',
    ]);
  });

  test('say what is not there, and throw what is refused', async () => {
    const { reads } = await makeReads({
      'scheduler.eu-central-1.amazonaws.com': { status: 404, body: '{}' },
      'sns.eu-central-1.amazonaws.com': { status: 403, body: denied('SNS:GetTopicAttributes').message },
    });

    expect(await reads.schedule('sweep')).toBeUndefined();
    await expect(reads.subscribers('arn')).rejects.toThrow(
      /not authorized to perform: SNS:GetTopicAttributes/,
    );
  });

  test('take no answer without counts for a topic that nobody is told by', async () => {
    const body = '{"GetTopicAttributesResponse":{"GetTopicAttributesResult":{"Attributes":{}}}}';
    const { reads } = await makeReads({ 'sns.eu-central-1.amazonaws.com': { status: 200, body } });

    await expect(reads.subscribers('arn')).rejects.toThrow('SNS did not say how many subscribers');
  });
});
