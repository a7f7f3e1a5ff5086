import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SQSClient,
  type SQSClientConfig,
} from '@aws-sdk/client-sqs';
import type { StackPlace } from './place.ts';
import type { Depth, QueueName } from './queue-depth.ts';

/** The queues of a stage. All throw Error, with what to look at, when they cannot be asked for. */
export interface Queues {
  sqs: SQSClient;
  /** Undefined where the stage has no such queue: only one with a partner's stream has all of them. */
  urlOf(name: QueueName): Promise<string | undefined>;
  depthOf(name: QueueName): Promise<Depth | undefined>;
  /** For how long a queue keeps a message (s). */
  keptFor(name: QueueName): Promise<number>;
}

export function createQueues({ stage, aws }: StackPlace): Queues {
  const sqs = new SQSClient(aws as SQSClientConfig);

  async function urlOf(name: QueueName): Promise<string | undefined> {
    const QueueName = `velt-directory-sync-${stage}-${name}${name.startsWith('changes') ? '.fifo' : ''}`;
    try {
      return (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl;
    } catch (cause) {
      const isAbsent = cause instanceof Error && cause.name === 'QueueDoesNotExist';
      if (name === 'partner-events-dead' && isAbsent) return undefined;
      const hint = 'are --stage, --region and the AWS credentials in the environment its own?';
      throw new Error(`the stack of stage ${stage} in ${aws.region} is out of reach; ${hint}`, { cause });
    }
  }

  async function attributesOf(name: QueueName): Promise<Partial<Record<string, string>> | undefined> {
    const QueueUrl = await urlOf(name);
    if (QueueUrl === undefined) return undefined;
    const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
    return (await sqs.send(asked)).Attributes ?? {};
  }

  return {
    sqs,
    urlOf,
    async depthOf(name) {
      const attributes = await attributesOf(name);
      const count = (state: '' | 'NotVisible' | 'Delayed') =>
        Number(attributes?.[`ApproximateNumberOfMessages${state}`] ?? 0);
      return attributes && { visible: count(''), inFlight: count('NotVisible'), delayed: count('Delayed') };
    },
    async keptFor(name) {
      return Number((await attributesOf(name))?.MessageRetentionPeriod ?? 0);
    },
  };
}
