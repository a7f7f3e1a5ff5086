import type { IncomingMessage } from 'node:http';
import { AwsError } from './error.ts';
import { checkStatements, type Decision, decide, type Statement } from './iam.ts';
import type { Service } from './services.ts';

/** Who an access key belongs to: a role's ARN and the statements of its policies. */
export type Principal = { arn: string; statements: Statement[] };

/** One question to a principal's policies. `action` is as policies spell it: `sqs:SendMessage`. */
export type IamCall = { principal: string; action: string; resource: string; allowed: boolean };

/** The access key id that may do everything: for whoever prepares a test and looks at its end. */
export const ADMIN_ACCESS_KEY = 'local-admin';

/** Who may call the endpoint, and what each of them may do. `calls` has every question that was decided. */
export function createAccess(accountId: string) {
  const principals = new Map<string, Principal>([
    [
      ADMIN_ACCESS_KEY,
      {
        arn: `arn:aws:iam::${accountId}:root`,
        statements: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
      },
    ],
  ]);
  const decisions = new WeakMap<Principal, Map<string, Decision>>();
  const calls: IamCall[] = [];

  /** Remembers the decisions: a principal's policies say the same every time, and are asked a hundred thousand times. */
  function decideOnce(principal: Principal, permission: string, resource: string): Decision {
    const known = decisions.get(principal) ?? new Map<string, Decision>();
    decisions.set(principal, known);
    const question = `${permission} ${resource}`;
    const decision = known.get(question) ?? decide(principal.statements, permission, resource);
    known.set(question, decision);
    return decision;
  }

  return {
    calls,

    /** Says what the holder of an access key may do from now on. Throws when a statement cannot be evaluated (iam.ts). */
    setPrincipal(accessKeyId: string, principal: Principal): void {
      checkStatements(principal.statements);
      principals.set(accessKeyId, principal);
    },

    /** Who signed a request; the signature itself is not verified. Throws AwsError for a missing or unknown access key. */
    authenticate(request: IncomingMessage, { unknownKey }: Service): { key: string; principal: Principal } {
      const key = /Credential=([^/,\s]+)\//.exec(request.headers.authorization ?? '')?.[1];
      if (!key)
        throw new AwsError('MissingAuthenticationTokenException', 'Request is missing Authentication Token', {
          queryCode: 'MissingAuthenticationToken',
        });
      const principal = principals.get(key);
      if (!principal)
        throw new AwsError(unknownKey.code, 'The security token included in the request is invalid.', {
          status: unknownKey.status,
        });
      return { key, principal };
    },

    /** The permission that a call needs. Throws AwsError when the principal does not have it. */
    authorize(principal: Principal, service: Service, action: string, input: object): string {
      const permission = permissionFor(service, action);
      for (const resource of service.resources(action, input)) {
        const decision = decideOnce(principal, permission, resource);
        const allowed = decision === 'allowed';
        calls.push({ principal: principal.arn, action: permission, resource, allowed });
        if (allowed) continue;
        const named = service.prefix === 'sqs' ? permission.toLowerCase() : permission;
        const message = denial(principal.arn, named, resource, decision);
        throw new AwsError('AccessDeniedException', message, service.denied);
      }
      return permission;
    },
  };
}

/** SQS batches need the permission of the single call (service authorization reference for SQS, 2026-11). */
function permissionFor({ prefix }: Service, action: string): string {
  return `${prefix}:${prefix === 'sqs' ? action.replace(/Batch$/, '') : action}`;
}

function denial(principal: string, permission: string, resource: string, decision: Decision): string {
  const reason =
    decision === 'explicitly denied'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${permission} action`;
  return `User: ${principal} is not authorized to perform: ${permission} on resource: ${resource} ${reason}`;
}
