import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { DescribeRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GetEventSourceMappingCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { chunk } from '../../lib/directory/chunk.ts';
import type { Http } from '../../lib/http/client.ts';
import type { StackPlace } from '../place.ts';
import type { AwsReads, Deployed } from './deployed.ts';
import type { ReadSecret } from './secrets.ts';
import { createSigned, type SignedRequest } from './signed.ts';

const SERVICE = 'velt-directory-sync';
/** What AWS calls what is not there. */
const NOT_THERE = /^(ResourceNotFoundException|AWS answered 404)$/;
const MOST_ALARMS = 100;

const Schedule = z.object({ State: z.string() });

/** Reads of a stage through AWS's APIs, by the credentials of whoever runs this. */
export function createAwsReads({ stage, aws }: StackPlace, http: Http): AwsReads {
  const [cloudFormation, cloudWatch] = [
    new CloudFormationClient(aws as object),
    new CloudWatchClient(aws as object),
  ];
  const [eventBridge, lambda] = [new EventBridgeClient(aws as object), new LambdaClient(aws as object)];
  const signed = createSigned({ aws, endpoint: process.env.AWS_ENDPOINT_URL }, http);

  let asked: Promise<Deployed> | undefined;

  return {
    // All rooms go by it.
    deployed: () => {
      asked ??= deployedAs(`${SERVICE}-${stage}`, cloudFormation);
      return asked;
    },

    schedule: (name) =>
      ifThere(async () => {
        const path = `/schedules/${encodeURIComponent(name)}`;
        return Schedule.parse(JSON.parse(await signed({ service: 'scheduler', path }))).State === 'ENABLED';
      }),

    rule: (id) =>
      ifThere(async () => {
        const [EventBusName, Name] = id.split('|');
        return (await eventBridge.send(new DescribeRuleCommand({ EventBusName, Name }))).State === 'ENABLED';
      }),

    feed: (UUID) =>
      ifThere(async () => {
        const { State = '' } = await lambda.send(new GetEventSourceMappingCommand({ UUID }));
        return !/^Disabl/.test(State);
      }),

    async alarms(names) {
      const found: Awaited<ReturnType<AwsReads['alarms']>> = [];
      for (const AlarmNames of chunk(names, { count: MOST_ALARMS }))
        for await (const { MetricAlarms = [] } of paginateDescribeAlarms(
          { client: cloudWatch },
          { AlarmNames },
        ))
          for (const { AlarmName: name = '', ActionsEnabled, AlarmActions = [] } of MetricAlarms)
            found.push({ name, tells: ActionsEnabled ? AlarmActions : [] });
      return found;
    },

    subscribers: (topicArn) => ifThere(async () => subscribersIn(await signed(topicAttributes(topicArn)))),
  };
}

async function deployedAs(StackName: string, client: CloudFormationClient): Promise<Deployed> {
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
  const outputs = Stacks[0]?.Outputs ?? [];
  const webhookUrl = outputs.find(({ OutputKey }) => OutputKey === 'WebhookUrl')?.OutputValue;
  const resources: Deployed['resources'] = [];
  for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName }))
    for (const { ResourceType: type = '', PhysicalResourceId: id, ResourceStatus } of StackResourceSummaries)
      if (id && ResourceStatus !== 'DELETE_COMPLETE') resources.push({ type, id });
  const buses = resources.filter(({ type }) => type === 'AWS::Events::EventBus').map(({ id }) => id);
  return { webhookUrl, buses, resources };
}

/** SNS API reference, GetTopicAttributes, 2010-03-31: an answer in XML, a `<key>` and a `<value>` an attribute. */
function topicAttributes(TopicArn: string): SignedRequest {
  const query = { Action: 'GetTopicAttributes', Version: '2010-03-31', TopicArn };
  return { service: 'sns', path: '/', query, accept: 'text/xml' };
}

export function subscribersIn(answer: string): { confirmed: number; pending: number } {
  const count = (key: string) => {
    const [, text] = new RegExp(`Subscriptions${key}</key>\\s*<value>(\\d+)<`).exec(answer) ?? [];
    if (text === undefined) throw new Error('SNS did not say how many subscribers the topic has');
    return Number(text);
  };
  return { confirmed: count('Confirmed'), pending: count('Pending') };
}

async function ifThere<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && NOT_THERE.test(error.name)) return undefined;
    throw error;
  }
}

/** The secrets of a stage, each read once, and the Date header that came with the first. */
export function createSecretReads({ stage, aws }: StackPlace): {
  readSecret: ReadSecret;
  awsDate: () => Promise<string | undefined>;
} {
  const client = new SecretsManagerClient(aws as object);
  let date: string | undefined;
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { headers?: Record<string, string> };
      date = headers?.date;
      return result;
    },
    // Next to the wire: an answer that is a refusal has a Date too.
    { step: 'deserialize', priority: 'low', name: 'noteDate' },
  );
  const known = new Map<string, Promise<string | undefined>>();
  const read = (name: string) =>
    ifThere(async () => {
      const SecretId = `${SERVICE}-${stage}/${name}`;
      return (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? '';
    });
  return {
    readSecret: (name) => {
      const reading = known.get(name) ?? read(name);
      known.set(name, reading);
      return reading;
    },
    awsDate: async () => {
      await read('velt').catch(() => undefined);
      return date;
    },
  };
}
