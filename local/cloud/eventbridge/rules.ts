import type { InvocationResult } from '../lambda/environment.ts';
import { type Deployment, targetOf } from '../lambda/functions.ts';
import { invokeAsync } from '../lambda/invoke-async.ts';
import { mayInvoke, maySend } from '../template/resource-policies.ts';
import { checkPattern, type EventPattern, matchesPattern } from './event-pattern.ts';

/** An event as EventBridge delivers it: the envelope, and in `detail` what its sender wrote. */
export type BusEvent = { source: string; 'detail-type': string; detail: unknown; [key: string]: unknown };

export type Rule = { bus: string; pattern: EventPattern; functionNames: string[] };

type RuleProperties = {
  State?: string;
  EventBusName: string;
  EventPattern: EventPattern;
  Targets: { Arn: string; DeadLetterConfig?: { Arn: string } }[];
};

/**
 * The enabled rules of the stack's buses.
 *
 * @throws Error naming the logical id when a rule may not invoke one of its functions, or not send to its dead-letter queue.
 */
export function readRules({ stack, functions }: Deployment): Rule[] {
  return stack
    .ofType<RuleProperties>('AWS::Events::Rule')
    .filter(([, { State }]) => State !== 'DISABLED')
    .map(([logicalId, { EventBusName, EventPattern, Targets }]) => {
      checkPattern(EventPattern);
      const ruleArn = stack.arn(logicalId);
      const functionNames = Targets.map(({ Arn, DeadLetterConfig }) => {
        const name = targetOf(functions, Arn, logicalId);
        if (!mayInvoke(stack, 'events.amazonaws.com', Arn, ruleArn)) {
          throw new Error(`${logicalId}: no permission lets the rule invoke ${name}`);
        }
        if (DeadLetterConfig && !maySend(stack, 'events.amazonaws.com', DeadLetterConfig.Arn, ruleArn)) {
          throw new Error(`${logicalId}: no policy lets the rule send to ${DeadLetterConfig.Arn}`);
        }
        return name;
      });
      return { bus: EventBusName, pattern: EventPattern, functionNames };
    });
}

/**
 * Puts an event of a partner on the bus that its event source is associated with.
 *
 * @returns the result of each function that a rule invoked with it.
 * @throws Error when no bus is associated with the event source.
 */
export function putEvent(
  deployment: Deployment,
  rules: Rule[],
  event: BusEvent,
): Promise<InvocationResult[]> {
  const busOf = deployment.stack
    .ofType<{ Name: string; EventSourceName?: string }>('AWS::Events::EventBus')
    .find(([, { EventSourceName }]) => EventSourceName === event.source)?.[1].Name;
  if (busOf === undefined) throw new Error(`no bus is associated with the event source ${event.source}`);
  const matching = rules.filter(({ bus, pattern }) => bus === busOf && matchesPattern(pattern, event));
  return Promise.all(
    matching
      .flatMap(({ functionNames }) => functionNames)
      .map((functionName) => invokeAsync(deployment, functionName, event)),
  );
}
