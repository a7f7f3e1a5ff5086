import { beforeAll, describe, expect, it } from 'vitest';
import { BackfillInput } from '../../lib/reconcile/run.ts';
import type { Template } from '../../local/cloud/template/template.ts';
import { FUNCTIONS, ofType, packagedTemplate } from './packaged.ts';

let template: Template;
beforeAll(async () => {
  template = await packagedTemplate();
});

describe('the schedules', () => {
  type Schedule = {
    State?: string;
    ScheduleExpression: string;
    Target: { Arn: string; Input: string; RetryPolicy?: object; DeadLetterConfig?: { Arn: string } };
  };
  const DEAD = 'arn:aws:sqs:eu-west-1:111122223333:velt-directory-sync-dev-scheduler-dead';
  const nameOf = (arn: string) => arn.split(':velt-directory-sync-dev-').at(-1);

  it('run over every source once a day, go on with a run and look for what was lost every few minutes', () => {
    const schedules = ofType<Schedule>(template, 'AWS::Scheduler::Schedule');

    const started = schedules.map(([logicalId, { ScheduleExpression, Target }]) => [
      logicalId,
      [ScheduleExpression, nameOf(Target.Arn), JSON.parse(Target.Input)],
    ]);

    expect(Object.fromEntries(started)).toEqual({
      BackfillSchedule: ['rate(1 day)', 'backfill', {}],
      ResumeSchedule: ['rate(5 minutes)', 'backfill', { resume: true }],
      CatchUpSchedule: ['rate(5 minutes)', 'catch-up', {}],
      ReadBackSchedule: ['rate(1 day)', 'read-back', {}],
      SweepSchedule: ['rate(5 minutes)', 'sweep', {}],
    });
  });

  it('are all switched on but the read-back, which not every Velt API key can do', () => {
    const off = ofType<Schedule>(template, 'AWS::Scheduler::Schedule').filter(
      ([, { State = 'ENABLED' }]) => State !== 'ENABLED',
    );

    expect(off).toMatchObject([['ReadBackSchedule', { State: 'DISABLED' }]]);
  });

  it('start backfill with what it takes for its input', () => {
    const inputs = ofType<Schedule>(template, 'AWS::Scheduler::Schedule')
      .filter(([, { Target }]) => nameOf(Target.Arn) === 'backfill')
      .map(([, { Target }]) => JSON.parse(Target.Input));

    const faults = inputs.flatMap((input) => BackfillInput.safeParse(input).error?.issues ?? []);

    expect(inputs).toHaveLength(2);
    expect(faults).toEqual([]);
  });

  it('try again, and keep what could not be started', () => {
    const targets = ofType<Schedule>(template, 'AWS::Scheduler::Schedule').map(([, { Target }]) => Target);

    expect(targets).toHaveLength(5);
    for (const { RetryPolicy, DeadLetterConfig } of targets) {
      expect(RetryPolicy).toBeDefined();
      expect(DeadLetterConfig).toEqual({ Arn: DEAD });
    }
  });

  it('keep a run that failed on every attempt', () => {
    type InvokeConfig = { FunctionName: string; DestinationConfig: { OnFailure: { Destination: string } } };

    const kept = ofType<InvokeConfig>(template, 'AWS::Lambda::EventInvokeConfig').map(
      ([, { FunctionName, DestinationConfig }]) => [
        FunctionName.replace('velt-directory-sync-dev-', ''),
        DestinationConfig.OnFailure.Destination,
      ],
    );

    expect(Object.fromEntries(kept)).toEqual({
      backfill: DEAD,
      'catch-up': DEAD,
      'read-back': DEAD,
      sweep: DEAD,
    });
  });
});

describe('the logs', () => {
  it('of every function, and of access, are kept for 30 days', () => {
    type LogGroup = { LogGroupName: string; RetentionInDays: number };

    const groups = ofType<LogGroup>(template, 'AWS::Logs::LogGroup').map(
      ([, { LogGroupName, RetentionInDays }]) => [LogGroupName, RetentionInDays],
    );

    const expected = FUNCTIONS.map((name) => [`/aws/lambda/velt-directory-sync-dev-${name}`, 30]);
    expected.push(['/aws/vendedlogs/velt-directory-sync-dev-access', 30]);
    expect(Object.fromEntries(groups)).toEqual(Object.fromEntries(expected));
  });
});
