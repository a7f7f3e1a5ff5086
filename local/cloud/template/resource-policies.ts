import { isAllowed, type Statement } from '../aws/iam.ts';
import type { Stack } from './stack.ts';

type Permission = { Action: string; FunctionName: string; Principal: string; SourceArn?: string };

type QueueStatement = Statement & {
  Principal?: { Service?: string };
  Condition?: { ArnEquals?: Record<string, string> };
};

/** Whether a permission of the stack lets a service invoke a function on behalf of `sourceArn`. */
export function mayInvoke(stack: Stack, principal: string, functionArn: string, sourceArn: string): boolean {
  return stack.ofType<Permission>('AWS::Lambda::Permission').some(
    ([, { Action, FunctionName, Principal, SourceArn = '*' }]) =>
      Principal === principal &&
      FunctionName === functionArn &&
      // A permission's source is matched as a policy's resource is.
      isAllowed([{ Effect: 'Allow', Action, Resource: SourceArn }], 'lambda:InvokeFunction', sourceArn),
  );
}

/** Whether a queue's own policy lets a service send to it on behalf of `sourceArn`. */
export function maySend(stack: Stack, principal: string, queueArn: string, sourceArn: string): boolean {
  return stack
    .ofType<{ PolicyDocument: { Statement: QueueStatement[] } }>('AWS::SQS::QueuePolicy')
    .flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement)
    .some(
      ({ Principal, Condition, ...statement }) =>
        Principal?.Service === principal &&
        Condition?.ArnEquals?.['aws:SourceArn'] === sourceArn &&
        isAllowed([statement], 'sqs:SendMessage', queueArn),
    );
}
