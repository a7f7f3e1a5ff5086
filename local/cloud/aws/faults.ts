/**
 * One misbehaviour of AWS: calls of `action` (as policies spell it: `dynamodb:PutItem`; an SQS batch counts as the
 * single call) get an error, or no answer at all. It lets `after` calls (default 0) pass, and then meets `times` (default 1).
 */
export type AwsFault = {
  action: string;
  after?: number;
  times?: number;
  answer: { code: string; status?: number } | 'hang';
};

export type AwsFaults = ReturnType<typeof createFaults>;

/** The misbehaviours that were asked for. When several fit a call, the first decides. */
export function createFaults() {
  let rules: Required<AwsFault>[] = [];
  return {
    add(fault: AwsFault): void {
      rules.push({ after: 0, times: 1, ...fault });
    },
    clear(): void {
      rules = [];
    },
    /** What to do with a call; undefined when it is to be served normally. */
    draw(action: string): AwsFault['answer'] | undefined {
      const fitting = rules.filter((rule) => rule.action === action && rule.times > 0);
      const [due] = fitting.filter(({ after }) => after === 0);
      for (const rule of fitting) if (rule.after > 0) rule.after -= 1;
      if (due) due.times -= 1;
      return due?.answer;
    },
  };
}
