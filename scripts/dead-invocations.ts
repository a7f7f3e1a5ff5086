import * as z from 'zod';
import { type Message, sentAt, walk } from './queue-walk.ts';
import type { Queues } from './queues.ts';

/** An invocation of a function that failed on every attempt, or that could not be started. */
export interface DeadInvocation {
  id: string;
  /** Since when it is queued (ms since the epoch). */
  at: number;
  /** The name of the function; undefined where the message does not say it. */
  functionName: string | undefined;
  /** What it was invoked with. It may name people. */
  event: unknown;
  why: string;
}

export interface Restarted {
  invocations: DeadInvocation[];
  /** The ids of those that were invoked again, and taken away. */
  restarted: string[];
  /** Why others were not, by id. */
  failed: Record<string, string>;
}

/** What Lambda sends to a destination (docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html, 2026-11). */
const FailureRecord = z.object({
  requestContext: z.object({ functionArn: z.string() }),
  requestPayload: z.unknown(),
  responsePayload: z
    .object({ errorType: z.string().optional(), errorMessage: z.string().optional() })
    .optional(),
});

/**
 * Looks at dead invocations, oldest first. With `restart` each that `isMeant` is invoked again, and taken away where
 * `restart` does not throw. Throws what SQS throws.
 */
export async function deadInvocations(
  name: 'scheduler-dead' | 'partner-events-dead',
  {
    queues,
    restart,
    isMeant = () => true,
  }: {
    queues: Pick<Queues, 'sqs' | 'urlOf'>;
    restart?: ((functionName: string, event: unknown) => Promise<unknown>) | undefined;
    isMeant?: (dead: DeadInvocation) => boolean;
  },
): Promise<Restarted> {
  const url = await queues.urlOf(name);
  if (url === undefined) return { invocations: [], restarted: [], failed: {} };
  const restarted: string[] = [];
  const failed: Record<string, string> = {};
  const { seen } = await walk(queues.sqs, url, async (message) => {
    const dead = invocationIn(message);
    if (!restart || !isMeant(dead)) return false;
    try {
      if (dead.functionName === undefined)
        throw new Error('the message does not say which function it was for');
      await restart(dead.functionName, dead.event);
    } catch (error) {
      failed[dead.id] = error instanceof Error ? error.message : String(error);
      return false;
    }
    restarted.push(dead.id);
    return true;
  });
  return { invocations: seen.map(invocationIn).toSorted((a, b) => a.at - b.at), restarted, failed };
}

/** What failed comes with a record of that; what could not be started is the event itself, with attributes. */
function invocationIn(message: Message): DeadInvocation {
  const [id, at] = [message.MessageId ?? '', sentAt(message)];
  const body = jsonIn(message.Body);
  const { data } = FailureRecord.safeParse(body);
  if (data) {
    const { errorType = 'Error', errorMessage = 'it did not say why' } = data.responsePayload ?? {};
    const { functionArn } = data.requestContext;
    const why = `${errorType}: ${errorMessage}`;
    return { id, at, functionName: nameIn(functionArn), event: data.requestPayload, why };
  }
  const attribute = (name: string) => message.MessageAttributes?.[name]?.StringValue;
  const why = [attribute('ERROR_CODE'), attribute('ERROR_MESSAGE')].filter(Boolean).join(': ');
  const event = body ?? message.Body;
  return {
    id,
    at,
    functionName: nameIn(attribute('TARGET_ARN')),
    event,
    why: why || 'it could not be started',
  };
}

/** The name in a function's ARN, which may end in a version. */
function nameIn(arn = ''): string | undefined {
  return /:function:([^:]+)/.exec(arn)?.[1];
}

function jsonIn(text = ''): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
