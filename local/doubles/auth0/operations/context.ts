import type { Auth0Event } from '../streams.ts';
import type { Auth0Group } from '../tenant/objects.ts';
import type { Auth0Tenant } from '../tenant/tenant.ts';

export type EventData = { object: Record<string, unknown>; previous?: Record<string, unknown> | undefined };

/** Makes an event and publishes it. */
export type Emit = (type: string, data: EventData) => Auth0Event;

/** The tenant, and how operations on it find things and emit events. */
export type Context = ReturnType<typeof contextOf>;

export function contextOf(
  tenant: Auth0Tenant,
  { clock, emit, cascades }: { clock: () => number; emit: Emit; cascades: boolean },
) {
  return {
    tenant,
    emit,
    cascades,
    now: () => new Date(clock()).toISOString(),
    userOf: (id: string) => known(tenant.users.get(id), id),
    organizationOf: (id: string) => known(tenant.organizations.get(id), id),
    groupOf: (id: string) => known(tenant.groups.get(id), id),
    roleOf: (id: string) => known(tenant.roles.get(id), id),
  };
}

/** Returns what was found under an id. Throws Error when that is nothing. */
export function known<T>(value: T | undefined, id: string): T {
  if (value === undefined) throw new Error(`there is no ${id} in this Auth0 tenant`);
  return value;
}

/** Throws Error when an id is taken. */
export function checkNew(things: ReadonlyMap<string, unknown>, id: string): void {
  if (things.has(id)) throw new Error(`${id} is in this Auth0 tenant already`);
}

/** A group as events about something else name it: without its name. */
export function groupRef({ id, external_id, type, connection_id, organization_id }: Auth0Group) {
  return {
    id,
    ...(external_id !== undefined && { external_id }),
    type,
    ...(connection_id !== undefined && { connection_id }),
    ...(organization_id !== undefined && { organization_id }),
  };
}
