import type { OktaUser } from './okta.ts';

/** Who is in the Okta double of the demo and of `npm start`: someone who was there before the hooks were connected. */
const edsger: OktaUser = {
  id: '00ub7edsg0EXAMPLE9d7',
  status: 'ACTIVE',
  created: '2024-02-01T08:00:00.000Z',
  lastUpdated: '2026-03-04T09:30:00.000Z',
  profile: {
    firstName: 'Edsger',
    lastName: 'Exämple',
    login: 'edsger@example.com',
    email: 'edsger@example.com',
  },
} as OktaUser;

export const demoDirectory: { users: OktaUser[] } = { users: [edsger] };

/**
 * Where the log stream of the demo's Okta and the event stream of its Auth0 come out, as directory.config.json and
 * events/eventbridge/ have them.
 */
export const demoParameters = {
  OktaEventSource: 'aws.partner/okta.com/example-org/velt',
  Auth0EventSource: 'aws.partner/auth0.com/example-tenant-635d694a-8a5a-4f1a-b223-1e0424edd19a/auth0.events',
};
