import { InvokeCommand, LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import type { StackPlace } from './place.ts';

/** Invokes a function by its name. As `event` nobody waits for it, as the scheduler does. */
export type Invoke = (name: string, event: unknown, how?: 'event' | 'request') => Promise<unknown>;

/** The functions of a stage. Returns what the function answers. Throws Error where it fails, and what Lambda throws. */
export function createInvoke({ aws }: Pick<StackPlace, 'aws'>): Invoke {
  const lambda = new LambdaClient(aws as LambdaClientConfig);
  return async (FunctionName, event, how = 'request') => {
    const InvocationType = how === 'event' ? 'Event' : 'RequestResponse';
    const asked = new InvokeCommand({ FunctionName, InvocationType, Payload: JSON.stringify(event) });
    const { Payload, FunctionError } = await lambda.send(asked);
    const payload: unknown = JSON.parse(Buffer.from(Payload ?? []).toString() || 'null');
    if (FunctionError === undefined) return payload;
    const { errorMessage = FunctionError } = payload as { errorMessage?: string };
    throw new Error(`${FunctionName} failed: ${errorMessage}`);
  };
}
