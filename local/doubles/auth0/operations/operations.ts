import type { Auth0Tenant } from '../tenant/tenant.ts';
import { contextOf, type Emit } from './context.ts';
import { groupOperations } from './groups.ts';
import { organizationOperations } from './organizations.ts';
import { userOperations } from './users.ts';

export type Auth0OperationOptions = {
  /**
   * Whether deleting a user, a group or an organization, and ending a membership, first has an event for everything that ends
   * with it. What Auth0 does is not documented; default false.
   */
  cascades?: boolean;
};

/**
 * What an admin does in an Auth0 tenant, and users who log in. Each operation changes the tenant, emits its events and
 * returns them, so that a test delivers or loses them. An operation that changes nothing has no events. Throws when something
 * does not exist, or is there already.
 */
export function createAuth0Operations(
  tenant: Auth0Tenant,
  { clock, emit, cascades = false }: Auth0OperationOptions & { clock: () => number; emit: Emit },
) {
  const context = contextOf(tenant, { clock, emit, cascades });
  return {
    ...userOperations(context),
    ...organizationOperations(context),
    ...groupOperations(context),
  };
}
