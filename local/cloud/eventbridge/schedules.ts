import { setTimeout as sleep } from 'node:timers/promises';
import { type Deployment, targetOf } from '../lambda/functions.ts';
import { nextDue } from './schedule-expression.ts';

export type Schedule = { functionName: string; input: unknown; expression: string; enabled: boolean };

type ScheduleProperties = {
  State?: string;
  ScheduleExpression: string;
  Target: { Arn: string; RoleArn: string; Input?: string; DeadLetterConfig?: { Arn: string } };
};

/**
 * The schedules of the stack by logical id.
 *
 * @throws Error naming the logical id when a schedule's role cannot be assumed, or may not invoke the function or send to
 *   the schedule's dead-letter queue.
 */
export function readSchedules({ stack, functions }: Deployment): Record<string, Schedule> {
  const all = stack.ofType<ScheduleProperties>('AWS::Scheduler::Schedule');
  return Object.fromEntries(
    all.map(([logicalId, { State, ScheduleExpression, Target }]): [string, Schedule] => {
      stack.mustTrust(Target.RoleArn, 'scheduler.amazonaws.com', logicalId);
      stack.mustAllow(Target.RoleArn, 'lambda:InvokeFunction', Target.Arn, logicalId);
      if (Target.DeadLetterConfig) {
        stack.mustAllow(Target.RoleArn, 'sqs:SendMessage', Target.DeadLetterConfig.Arn, logicalId);
        stack.find(Target.DeadLetterConfig.Arn, logicalId);
      }
      const schedule = {
        functionName: targetOf(functions, Target.Arn, logicalId),
        input: JSON.parse(Target.Input ?? '{}'),
        expression: ScheduleExpression,
        enabled: State !== 'DISABLED',
      };
      return [logicalId, schedule];
    }),
  );
}

/** Fires each schedule that is enabled when it is due; returns what stops it. `secondMs` is how long a second lasts. */
export function startSchedules(
  schedules: Record<string, Schedule>,
  { fire, secondMs }: { fire: (logicalId: string) => Promise<void>; secondMs: number },
): () => Promise<void> {
  const stop = new AbortController();
  const tick = async ([logicalId, { expression }]: [string, Schedule]) => {
    let due = nextDue(expression, Date.now());
    let waitMs = due - Date.now();
    while (!stop.signal.aborted) {
      await sleep((waitMs * secondMs) / 1000, undefined, { signal: stop.signal }).catch(() => {});
      if (stop.signal.aborted) return;
      void fire(logicalId);
      waitMs = nextDue(expression, due) - due;
      due += waitMs;
    }
  };
  const ticking = Object.entries(schedules)
    .filter(([, { enabled }]) => enabled)
    .map(tick);
  return async () => {
    stop.abort();
    await Promise.all(ticking);
  };
}
