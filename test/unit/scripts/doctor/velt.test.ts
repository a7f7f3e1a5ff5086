import { test } from 'vitest';
import { byName, expectFound, type Fault, SAFE } from '../../../support/doctor.ts';

const FAULTS: Fault[] = [
  {
    fault: 'a wrong token',
    plant: ({ velt }) => velt.setCredentials({ apiKey: 'api-key-canary', authToken: 'another-canary' }),
    found: [/^velt Velt refused the credentials \(403 PERMISSION_DENIED\)\. Compare apiKey and authToken/],
  },
  {
    fault: 'a wrong key',
    plant: ({ velt }) => velt.setCredentials({ apiKey: 'another-canary', authToken: 'auth-token-canary' }),
    found: [/^velt Velt refused the credentials \(404 NOT_FOUND\)\./],
  },
  {
    fault: 'automatic users',
    made: { velt: { settings: { ...SAFE, requireAutoOrgUser: true } } },
    found: [/^velt Velt creates users by itself: .* Switch off "Auto-create Organization Users"/],
  },
  {
    fault: 'public documents',
    made: { velt: { settings: { ...SAFE, defaultDocumentAccessType: 'public' } } },
    found: [/^velt Velt makes documents public: .* Set the default access type/],
  },
  {
    fault: 'no token required',
    made: { velt: { settings: { ...SAFE, requireJwtToken: false } } },
    found: [/^velt Velt asks for no token: .* Switch on the JWT/],
  },
];

test.each(byName(FAULTS))('%s is found, with its mend, and nothing else', (_name, fault) =>
  expectFound(fault),
);
