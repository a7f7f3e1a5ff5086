/**
 * One misbehaviour of AWS: the calls of `action` (as policies spell it: `dynamodb:PutItem`; an SQS batch counts as the
 * single call) are refused with an error, or never answered at all. `after` calls pass first, `times` (1) are met.
 */
export type AwsFault = {
  action: string;
  after?: number;
  times?: number;
  answer: { code: string; status?: number } | 'hang';
};

export type AwsFaults = ReturnType<typeof createFaults>;

/** The misbehaviours asked for and not yet used up; of several that fit a call, the first decides. */
export function createFaults() {
  let rules: Required<AwsFault>[] = [];
  return {
    add(fault: AwsFault): void {
      rules.push({ after: 0, times: 1, ...fault });
    },
    clear(): void {
      rules = [];
    },
    /** What becomes of this call; undefined when it is served as it should be. */
    draw(action: string): AwsFault['answer'] | undefined {
      const fitting = rules.filter((rule) => rule.action === action && rule.times > 0);
      const [met] = fitting.filter(({ after }) => after === 0);
      for (const rule of fitting) if (rule.after > 0) rule.after -= 1;
      if (met) met.times -= 1;
      return met?.answer;
    },
  };
}
