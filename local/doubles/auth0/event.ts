/** An event as an event stream delivers it. */
export type Auth0Event = {
  specversion: '1.0';
  type: string;
  source: string;
  id: string;
  time: string;
  data: {
    object: Record<string, unknown>;
    previous_object?: Record<string, unknown>;
    context: { tenant: { id: string } };
  };
  a0tenant: string;
  a0stream: string;
  a0purpose?: 'test';
};

/** The types an event stream may subscribe to (npm auth0 7.1.0, EventStreamEventTypeEnum, 2026-08). */
export const EVENT_TYPES = [
  ...['user.created', 'user.updated', 'user.deleted'],
  ...['organization.created', 'organization.updated', 'organization.deleted'],
  ...['organization.member.added', 'organization.member.deleted'],
  ...['organization.member.role.assigned', 'organization.member.role.deleted'],
  ...['organization.connection.added', 'organization.connection.updated', 'organization.connection.removed'],
  ...['organization.group.role.assigned', 'organization.group.role.deleted'],
  ...['group.created', 'group.updated', 'group.deleted', 'group.member.added', 'group.member.deleted'],
  ...['group.role.assigned', 'group.role.deleted'],
  ...['connection.created', 'connection.updated', 'connection.deleted'],
];
