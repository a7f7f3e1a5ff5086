/** One statement of an identity policy, as a CloudFormation template holds it once its references are resolved. */
export type Statement = {
  Sid?: string;
  Effect: string;
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  Condition?: Record<string, unknown>;
};

export type Decision = 'allowed' | 'explicitly denied' | 'not allowed';

/**
 * Decides by a role's statements on one action (`sqs:SendMessage`) on one resource (an ARN, or `*` for actions that name
 * none). An explicit deny wins over every allow, and without an allow nothing is allowed (IAM user guide, "Policy evaluation
 * logic", 2026-11).
 *
 * Throws as `checkStatements` does.
 */
export function decide(statements: readonly Statement[], action: string, resource: string): Decision {
  checkStatements(statements);

  const effects = statements
    .filter((statement) => covers(statement, action, resource))
    .map(({ Effect }) => Effect);

  if (effects.includes('Deny')) return 'explicitly denied';
  return effects.includes('Allow') ? 'allowed' : 'not allowed';
}

/** Whether the statements allow the action on the resource. Throws as `checkStatements` does. */
export function isAllowed(statements: readonly Statement[], action: string, resource: string): boolean {
  return decide(statements, action, resource) === 'allowed';
}

/**
 * Throws an Error naming the statement when one cannot be evaluated here: a condition or a policy variable (there is no
 * request context to evaluate it with), an unresolved reference, a missing part, a resource that is neither an ARN nor `*`.
 * A guess would hide a permission fault until deployment.
 */
export function checkStatements(statements: readonly Statement[]): void {
  statements.forEach((statement, index) => {
    const fault = faultOf(statement);
    if (fault) throw new Error(`IAM statement ${statement.Sid ?? index}: ${fault}`);
  });
}

function faultOf(statement: Statement): string | undefined {
  const { Effect, Action, NotAction, Resource, NotResource, Condition } = statement;
  if (Effect !== 'Allow' && Effect !== 'Deny')
    return `Effect must be Allow or Deny, not ${JSON.stringify(Effect)}`;
  if ((Action === undefined) === (NotAction === undefined)) return 'needs either Action or NotAction';
  if ((Resource === undefined) === (NotResource === undefined)) return 'needs either Resource or NotResource';
  if (Condition && Object.keys(Condition).length > 0)
    return `conditions are not understood here: ${JSON.stringify(Condition)}`;

  for (const action of list(Action ?? NotAction)) {
    if (typeof action !== 'string' || !/^(\*|[\w-]+:[\w*?]+)$/.test(action))
      return `not an action: ${JSON.stringify(action)}`;
  }
  for (const resource of list(Resource ?? NotResource)) {
    if (typeof resource !== 'string') return `unresolved resource: ${JSON.stringify(resource)}`;
    if (resource.includes('${')) return `policy variables are not understood here: ${resource}`;
    if (resource !== '*' && !/^arn:[^:]*:[^:*?]+:[^:]*:[^:]*:./.test(resource))
      return `neither an ARN nor "*": ${resource}`;
  }
  return undefined;
}

function covers(
  { Action, NotAction, Resource, NotResource }: Statement,
  action: string,
  resource: string,
): boolean {
  const named = list(Action ?? NotAction).some((pattern) =>
    matches(pattern.toLowerCase(), action.toLowerCase()),
  );
  const located = list(Resource ?? NotResource).some((pattern) => matches(pattern, resource));

  return named === (Action !== undefined) && located === (Resource !== undefined);
}

/**
 * A `*` at the end of one of the parts between colons also matches the parts after it. Any other `*` and every `?` matches
 * within its part only (IAM user guide, "IAM JSON policy elements: Resource", 2026-11).
 */
function matches(pattern: string, value: string): boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\*?]/g, (sign, at: number) => {
    if (sign === '?') return '[^:]';
    if (sign === '*') return at + 1 === pattern.length || pattern[at + 1] === ':' ? '.*' : '[^:]*';
    return `\\${sign}`;
  });
  return new RegExp(`^${source}$`, 's').test(value);
}

function list(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
