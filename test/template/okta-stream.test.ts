import { beforeAll, describe, expect, it } from 'vitest';
import { oktaStreamEventTypes } from '../../lib/sources/okta/map.ts';
import { matchesPattern } from '../../local/event-pattern.ts';
import type { Template } from '../../local/template.ts';
import { oktaEvent, partnerEvent } from '../factories.ts';
import {
  functionOf,
  OKTA_EVENT_SOURCE,
  ofType,
  packagedTemplate,
  resolve,
  withOktaStream,
} from './packaged.ts';

const AT = 'eu-west-1:111122223333';
const SERVICE = 'velt-directory-sync-dev';
const WEBHOOK = `arn:aws:lambda:${AT}:function:${SERVICE}-webhook`;
const RULE = `arn:aws:events:${AT}:rule/${SERVICE}-okta`;
const DEAD = `arn:aws:sqs:${AT}:${SERVICE}-okta-events-dead`;

let without: Template;
let template: Template;
beforeAll(async () => {
  without = await packagedTemplate();
  template = withOktaStream(without);
}, 60_000);

// biome-ignore lint/suspicious/noExplicitAny: each test knows what it looks at.
const propertiesOf = (logicalId: string): any => resolve(template).Resources[logicalId]?.Properties;

describe('without an event source', () => {
  it("there is nothing of Okta's log stream: no bus, no rule, no queue, no permission", () => {
    const added = Object.keys(resolve(template).Resources).filter(
      (logicalId) => !(logicalId in resolve(without).Resources),
    );

    expect(added.sort()).toEqual([
      'OktaBus',
      'OktaEventsDeadQueue',
      'OktaEventsDeadQueuePolicy',
      'OktaRule',
      'OktaRulePermission',
      'WebhookInvokeConfig',
    ]);
  });
});

describe("Okta's log stream", () => {
  it('has the bus that its event source asks for, under the same name', () => {
    expect(propertiesOf('OktaBus')).toEqual({ Name: OKTA_EVENT_SOURCE, EventSourceName: OKTA_EVENT_SOURCE });
  });

  it('lets through what is mirrored, and nothing else', () => {
    const { EventBusName, EventPattern } = propertiesOf('OktaRule');

    expect(EventBusName).toBe(OKTA_EVENT_SOURCE);
    expect(EventPattern.detail.eventType).toEqual(oktaStreamEventTypes());
    expect(matchesPattern(EventPattern, partnerEvent(oktaEvent('user.lifecycle.create')))).toBe(true);
    expect(matchesPattern(EventPattern, partnerEvent(oktaEvent('user.session.start')))).toBe(false);
  });

  it('has a pattern that EventBridge takes: 2048 characters at most', () => {
    const { EventPattern } = propertiesOf('OktaRule');

    expect(JSON.stringify(EventPattern).length).toBeLessThan(2048);
  });

  it('invokes webhook by its rule alone', () => {
    type Permission = { Principal: string; FunctionName: string; SourceArn: string };

    const granted = ofType<Permission>(template, 'AWS::Lambda::Permission')
      .map(([, properties]) => properties)
      .filter(({ Principal }) => Principal === 'events.amazonaws.com');

    expect(propertiesOf('OktaRule').Targets).toMatchObject([{ Arn: WEBHOOK }]);
    expect(granted).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        FunctionName: WEBHOOK,
        Principal: 'events.amazonaws.com',
        SourceArn: RULE,
      },
    ]);
  });

  it('keeps what could not be handed over, and what failed on every attempt', () => {
    const [target] = propertiesOf('OktaRule').Targets;

    expect(target.DeadLetterConfig).toEqual({ Arn: DEAD });
    expect(propertiesOf('WebhookInvokeConfig')).toEqual({
      FunctionName: functionOf(template, 'webhook').FunctionName,
      Qualifier: '$LATEST',
      MaximumRetryAttempts: 2,
      DestinationConfig: { OnFailure: { Destination: DEAD } },
    });
    expect(propertiesOf('OktaEventsDeadQueuePolicy').PolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: DEAD,
        Condition: { ArnEquals: { 'aws:SourceArn': RULE } },
      },
    ]);
  });

  it('keeps events encrypted, for 14 days', () => {
    expect(propertiesOf('OktaEventsDeadQueue')).toMatchObject({
      MessageRetentionPeriod: 14 * 24 * 60 * 60,
      SqsManagedSseEnabled: true,
    });
  });
});
