import type { Auth0OddCase } from './auth0-odd.ts';
import type { OktaOddCase } from './okta-odd.ts';

// What odd answers once did, each as short as it could be made. They are data and not draws.

const inOkta: Omit<OktaOddCase, 'odd'> = {
  ...{ scoped: false, api: false, short: false, actions: [] },
  leaver: '00u00001',
};

/** Of Okta. */
export const keptOktaOdd: { title: string; given: OktaOddCase }[] = [
  ...[false, true].map((scoped) => ({
    title: `a group without an id ${scoped ? 'that decides ' : ''}stops no run`,
    given: {
      ...{ ...inOkta, scoped, breaker: true },
      odd: [{ of: '00gA', where: 'everywhere' as const, field: 'id', becomes: 'missing' as const }],
    },
  })),
  {
    title: 'a group whose id is half a surrogate pair keeps nobody else from leaving',
    given: {
      ...inOkta,
      odd: [{ of: '00gA', where: 'everywhere', field: 'id', becomes: { with: '\uD83D' } }],
    },
  },
  {
    title: 'nobody is out of a group whose id got too long, because an event had them read',
    given: {
      ...{ ...inOkta, api: true },
      odd: [{ of: '00gA', where: 'everywhere', field: 'id', becomes: { longer: 301 } }],
      actions: [{ does: { on: 'activate', id: '00u00002' }, isHeard: true, afterMs: 1 }],
    },
  },
];

/** Of Auth0. */
export const keptAuth0Odd: { title: string; given: Auth0OddCase }[] = [
  {
    title: 'a user who was created at no time, the last of a page, keeps nobody else from leaving',
    given: {
      config: { mapped: false, scoped: true, api: false, grants: true, groups: 'none', roles: 'all' },
      short: true,
      odd: [{ of: 'auth0|00005', where: 'everywhere', field: 'created_at', becomes: 'as text' }],
      actions: [],
      leaver: 'auth0|00004',
    },
  },
  {
    title: 'a user who was created in the year 9999, the last of a page, hides nobody who came since',
    given: {
      config: { mapped: false, scoped: false, api: false, grants: false, groups: 'none', roles: 'none' },
      short: true,
      odd: [
        {
          ...{ of: 'auth0|00002', where: 'everywhere', field: 'created_at' },
          becomes: { value: '9999-12-31T23:59:59.999Z' },
        },
      ],
      actions: [{ does: { on: 'createUser', id: 'auth0|00007' }, heard: 'never', afterMs: 1 }],
      leaver: 'auth0|00004',
    },
  },
  {
    title: 'nobody is out of a group that they are in by a connection whose name got blank',
    given: {
      config: { mapped: false, scoped: false, api: false, grants: false, groups: 'all', roles: 'all' },
      short: false,
      odd: [{ of: 'con_Saml000000000000', where: 'everywhere', field: 'name', becomes: { value: ' ' } }],
      actions: [],
      leaver: 'auth0|00002',
    },
  },
];
