import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate';
import { beforeAll, describe, expect, it } from 'vitest';
import { inbound } from '../../lib/sources/inbound.ts';
import { matchesPattern } from '../../local/cloud/eventbridge/event-pattern.ts';
import type { Template } from '../../local/cloud/template/template.ts';
import { auth0Event, auth0User, oktaEvent, partnerEvent } from '../support/factories.ts';
import {
  functionOf,
  OKTA_EVENT_SOURCE,
  ofType,
  packagedTemplate,
  permissionsOf,
  type RoleProperties,
  resolve,
  withOktaStream,
  withParameters,
} from './packaged.ts';

const AUTH0_EVENT_SOURCE = 'aws.partner/auth0.com/example-1a2b/auth0.events';

const AT = 'eu-west-1:111122223333';
const SERVICE = 'velt-directory-sync-dev';
const WEBHOOK = `arn:aws:lambda:${AT}:function:${SERVICE}-webhook`;
const DEAD = `arn:aws:sqs:${AT}:${SERVICE}-partner-events-dead`;
const ruleArn = (vendor: string) => `arn:aws:events:${AT}:rule/${SERVICE}-${vendor}`;

/** The template as it is packaged where a source of Auth0 has an event source. */
function withAuth0Stream(template: Template): Template {
  return withParameters(template, { Auth0EventSource: AUTH0_EVENT_SOURCE });
}

const OKTA = ['OktaBus', 'OktaRule', 'OktaRulePermission'];
const AUTH0 = ['Auth0Bus', 'Auth0Rule', 'Auth0RulePermission'];
const SHARED = [
  'DeadPartnerEventsAlarm',
  'PartnerEventsDeadQueue',
  'PartnerEventsDeadQueuePolicy',
  'WebhookInvokeConfig',
];

type Case = [name: string, change: (template: Template) => Template, vendors: string[], resources: string[]];
const without: Case = ['no event source', (template) => template, [], []];
const streams: Case[] = [
  ["Okta's event source", withOktaStream, ['okta'], [...OKTA, ...SHARED]],
  ["Auth0's event source", withAuth0Stream, ['auth0'], [...AUTH0, ...SHARED]],
  [
    'both event sources',
    (template) => withAuth0Stream(withOktaStream(template)),
    ['okta', 'auth0'],
    [...OKTA, ...AUTH0, ...SHARED],
  ],
];

let packaged: Template;
beforeAll(async () => {
  packaged = await packagedTemplate();
});

// biome-ignore lint/suspicious/noExplicitAny: each test knows what it looks at.
const propertiesOf = (template: Template, logicalId: string): any =>
  resolve(template).Resources[logicalId]?.Properties;

const webhookMay = (template: Template): string[] =>
  ofType<RoleProperties>(template, 'AWS::IAM::Role')
    .filter(([logicalId]) => logicalId === 'WebhookRole')
    .flatMap(([, role]) => permissionsOf(role));

describe.each([without, ...streams])('with %s', (_name, change, vendors, resources) => {
  let template: Template;
  beforeAll(() => {
    template = change(packaged);
  });

  it('the template has what that stream needs, and nothing of the other', () => {
    const conditional = Object.keys(resolve(template).Resources).filter(
      (logicalId) => packaged.Resources[logicalId]?.Condition !== undefined,
    );

    expect(conditional.sort()).toEqual([...resources].sort());
  });

  it('the template is valid to CloudFormation', async () => {
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

  it('the rules of those vendors, and nothing else of EventBridge, may invoke webhook', () => {
    const granted = ofType<{ Principal: string }>(template, 'AWS::Lambda::Permission')
      .map(([, properties]) => properties)
      .filter(({ Principal }) => Principal === 'events.amazonaws.com');

    expect(granted).toEqual(
      vendors.map((vendor) => ({
        Action: 'lambda:InvokeFunction',
        FunctionName: WEBHOOK,
        Principal: 'events.amazonaws.com',
        SourceArn: ruleArn(vendor),
      })),
    );
  });

  it('the dead queue, where there is one, is open to the rules of those vendors and to webhook', () => {
    const policy = propertiesOf(template, 'PartnerEventsDeadQueuePolicy')?.PolicyDocument.Statement ?? [];
    const allowed = webhookMay(template).filter((permission) => permission.endsWith('-events-dead'));

    expect(policy).toEqual(
      vendors.map((vendor) => ({
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: DEAD,
        Condition: { ArnEquals: { 'aws:SourceArn': ruleArn(vendor) } },
      })),
    );
    expect(allowed).toEqual(vendors.length > 0 ? [`sqs:SendMessage ${DEAD}`] : []);
  });
});

describe.each(streams)('the dead queue with %s', (_name, change) => {
  it('keeps what webhook failed on at every attempt', () => {
    const template = change(packaged);

    const config = propertiesOf(template, 'WebhookInvokeConfig');

    expect(config).toEqual({
      FunctionName: functionOf(template, 'webhook').FunctionName,
      Qualifier: '$LATEST',
      MaximumRetryAttempts: 2,
      DestinationConfig: { OnFailure: { Destination: DEAD } },
    });
  });

  it('keeps events encrypted, for 14 days', () => {
    const queue = propertiesOf(change(packaged), 'PartnerEventsDeadQueue');

    expect(queue).toEqual({
      QueueName: `${SERVICE}-partner-events-dead`,
      MessageRetentionPeriod: 14 * 24 * 60 * 60,
      SqsManagedSseEnabled: true,
    });
  });
});

describe.each([
  ['Okta', withOktaStream, OKTA_EVENT_SOURCE],
  ['Auth0', withAuth0Stream, AUTH0_EVENT_SOURCE],
] as const)("%s's stream", (vendor, change, source) => {
  it('has the bus that its event source asks for, under the same name', () => {
    const bus = propertiesOf(change(packaged), `${vendor}Bus`);

    expect(bus).toEqual({ Name: source, EventSourceName: source });
  });

  it('goes from that bus to webhook, and to the dead queue when it cannot be handed over', () => {
    const { EventBusName, Targets } = propertiesOf(change(packaged), `${vendor}Rule`);

    expect(EventBusName).toBe(source);
    expect(Targets).toEqual([{ Id: 'webhook', Arn: WEBHOOK, DeadLetterConfig: { Arn: DEAD } }]);
  });

  it('has a pattern that EventBridge takes: 2048 characters at most', () => {
    const { EventPattern } = propertiesOf(change(packaged), `${vendor}Rule`);

    expect(JSON.stringify(EventPattern).length).toBeLessThanOrEqual(2048);
  });
});

describe("Okta's rule", () => {
  it('lets through what is mirrored, and nothing else', () => {
    const { EventPattern } = propertiesOf(withOktaStream(packaged), 'OktaRule');

    expect(EventPattern.detail.eventType).toEqual(inbound.okta?.bus?.eventTypes);
    expect(matchesPattern(EventPattern, partnerEvent(oktaEvent('user.lifecycle.create')))).toBe(true);
    expect(matchesPattern(EventPattern, partnerEvent(oktaEvent('user.session.start')))).toBe(false);
  });
});

describe("Auth0's rule", () => {
  const event = auth0Event('user.created', auth0User());

  it.each([
    ['the detail itself', event],
    ['the data of the detail', { data: event }],
    ['of a type that is not mirrored', { ...event, type: 'connection.created' }],
  ])('lets an event of Auth0 through wherever it sits and whatever it is: %s', (_what, detail) => {
    const { EventPattern } = propertiesOf(withAuth0Stream(packaged), 'Auth0Rule');

    const passes = matchesPattern(EventPattern, partnerEvent(detail, { source: AUTH0_EVENT_SOURCE }));

    expect(passes).toBe(true);
  });

  it('lets nothing through that another source put on the bus', () => {
    const { EventPattern } = propertiesOf(withAuth0Stream(packaged), 'Auth0Rule');

    const passes = ['aws.events', OKTA_EVENT_SOURCE].map((source) =>
      matchesPattern(EventPattern, partnerEvent(event, { source })),
    );

    expect(passes).toEqual([false, false]);
  });
});
