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

/** Where the log stream of the demo's Okta comes out, as directory.config.json and events/eventbridge/ have it. */
export const demoParameters = { OktaEventSource: 'aws.partner/okta.com/example-org/velt' };
