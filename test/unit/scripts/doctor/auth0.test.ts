import { test } from 'vitest';
import { byName, expectFound, type Fault, type MadeStage } from '../../../support/doctor.ts';

const SCOPES = [
  ...['read:users', 'read:organizations', 'read:organization_members', 'read:organization_member_roles'],
  ...['read:groups', 'read:event_streams'],
];

const FAULTS: Fault[] = [
  {
    fault: 'a secret that was rotated',
    plant: ({ auth0 }) => auth0.rotateSecret('another-canary'),
    found: [
      /^auth0 Auth0 gave no token \(401\)\. Check clientId and clientSecret\. They are in/,
      /^auth0 The event stream of Auth0 cannot be looked at: Auth0 gave no token \(401\)/,
    ],
  },
  ...SCOPES.slice(1, 5).map((scope) => ({
    fault: `a token without ${scope}`,
    plant: ({ auth0 }: MadeStage) => auth0.grantScopes(SCOPES.filter((granted) => granted !== scope)),
    found: [new RegExp(`^auth0 Reading .* Grant the application the scope ${scope}\\.`)],
  })),
  {
    fault: 'no stream for the address',
    plant: ({ asTenant, stream }) => asTenant('DELETE', `/${stream}`),
    found: [
      /^auth0 The event stream of Auth0 is not there: .* setup auth0 --source auth0 .* --stage prod --apply$/,
    ],
  },
  {
    fault: 'a stream that is switched off',
    plant: ({ asTenant, stream }) => asTenant('PATCH', `/${stream}`, { status: 'disabled' }),
    found: [/^auth0 The event stream of Auth0: it is disabled: Auth0 sends nothing to it\. Mend it: /],
  },
  {
    fault: 'a stream that is not subscribed to everything',
    plant: ({ asTenant, stream }) =>
      asTenant('PATCH', `/${stream}`, { subscriptions: [{ event_type: 'user.created' }] }),
    found: [/^auth0 The event stream of Auth0: event types are missing: user\.updated/],
  },
  {
    fault: 'deliveries that fail',
    plant: async ({ auth0, asTenant, stream }) => {
      asTenant('POST', `/${stream}/test`, { event_type: 'user.created' });
      await auth0.settled();
    },
    found: [/^auth0 Deliveries of Auth0 that failed in the last hour: 1\./],
  },
];

test.each(byName(FAULTS))('%s is found, with its mend, and nothing else', (_name, fault) =>
  expectFound(fault),
);
