import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { FunctionError, InvocationResult } from './environment.ts';
import { type Deployment, functionNamed } from './functions.ts';

type InvokeConfig = {
  FunctionName: string;
  MaximumRetryAttempts?: number;
  DestinationConfig?: { OnFailure?: { Destination: string } };
};

/**
 * Invokes a function asynchronously, as the scheduler and EventBridge do. Lambda itself repeats a failed invocation and
 * sends the last failure to the function's destination; the caller's own dead-letter queue only gets what could not be
 * started. The pause between the attempts (one and two minutes) is left out.
 * Source: docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html, 2025-12.
 *
 * @returns the last attempt's result.
 */
export async function invokeAsync(
  { stack, functions, log }: Deployment,
  name: string,
  input: unknown,
): Promise<InvocationResult> {
  const { logicalId, client, invoke } = functionNamed(functions, name);
  const config = stack
    .ofType<InvokeConfig>('AWS::Lambda::EventInvokeConfig')
    .find(([, { FunctionName }]) => stack.find(FunctionName, name) === logicalId)?.[1];
  const attempts = 1 + (config?.MaximumRetryAttempts ?? 2);

  let result = await invoke(input);
  for (let attempt = 1; result.error && attempt < attempts; attempt += 1) result = await invoke(input);
  if (!result.error) return result;

  const destination = config?.DestinationConfig?.OnFailure?.Destination;
  log('cloud', `${name} failed ${attempts} times: ${result.error.type}: ${result.error.message}`);
  if (destination) {
    const sqs = new SQSClient(client);
    const MessageBody = JSON.stringify(failureRecord(stack.arn(logicalId), attempts, input, result.error));
    await sqs.send(
      new SendMessageCommand({ QueueUrl: stack.ref(stack.find(destination, name)), MessageBody }),
    );
    sqs.destroy();
  }
  return result;
}

/** What Lambda sends to a destination after the last attempt. */
function failureRecord(functionArn: string, attempts: number, requestPayload: unknown, error: FunctionError) {
  return {
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: {
      functionArn: `${functionArn}:$LATEST`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: attempts,
    },
    requestPayload,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: { errorType: error.type, errorMessage: error.message, trace: error.trace },
  };
}
