import { test } from 'vitest';
import { byName, edited, expectFound, type Fault, hookOf } from '../../../support/doctor.ts';

const FAULTS: Fault[] = [
  {
    fault: 'a token that was revoked',
    plant: edited('directory', ({ auth0 }) => ({
      okta: { url: 'https://acme.okta.com', ssws: 'old-canary' },
      auth0,
    })),
    found: [
      /^okta Okta refused the credentials \(401\)\. Are they revoked, .* They are in the secret directory\.$/,
    ],
  },
  {
    fault: 'a token that may not read groups',
    plant: ({ okta }) => okta.faults.add({ path: '/api/v1/groups', answer: { kind: 'status', status: 403 } }),
    found: [
      /^okta Reading groups: Okta refused the credentials \(403\).* Grant the scope okta\.groups\.read/,
    ],
  },
  {
    fault: 'no hook for the address',
    plant: ({ asAdmin, oktaHook, hook }) =>
      asAdmin('PUT', `/${hook}`, hookOf({ ...oktaHook, url: 'https://elsewhere.example.com/webhooks/okta' })),
    found: [
      /^okta The event hook of Okta is not there: .* Mend it: npm run sync -- setup okta --source okta --domain acme\.okta\.com --url https:\/\/hooks\.example\.com\/webhooks\/okta --stage prod --apply$/,
    ],
  },
  {
    fault: 'a hook that is switched off',
    plant: ({ asAdmin, hook }) => asAdmin('POST', `/${hook}/lifecycle/deactivate`),
    found: [/^okta The event hook of Okta: it is INACTIVE, not ACTIVE\. Mend it: npm run sync -- setup okta/],
  },
  {
    fault: 'a hook that is not verified',
    plant: ({ asAdmin, oktaHook, hook }) =>
      asAdmin('PUT', `/${hook}`, { ...hookOf(oktaHook, 'changed-canary') }),
    found: [/^okta The event hook of Okta: it is UNVERIFIED: Okta sends nothing to it\./],
  },
  {
    fault: 'a hook that is not subscribed to everything',
    plant: ({ asAdmin, oktaHook, hook }) =>
      asAdmin('PUT', `/${hook}`, hookOf({ ...oktaHook, eventTypes: oktaHook.eventTypes.slice(1) })),
    found: [/^okta The event hook of Okta: event types are missing: user\.lifecycle\.create\./],
  },
  {
    fault: 'two hooks of one address',
    plant: ({ asAdmin, oktaHook }) => asAdmin('POST', '', hookOf(oktaHook)),
    found: [/^okta The event hook of Okta is there 2 times\. Delete all but one/],
  },
];

test.each(byName(FAULTS))('%s is found, with its mend, and nothing else', (_name, fault) =>
  expectFound(fault),
);
