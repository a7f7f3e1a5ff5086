import type { Auth0RunCase } from './auth0-run.ts';
import type { OktaRunCase } from './okta-run.ts';

// Runs that searches once found, each as short as it could be made. They are data and not draws.

interface KeptRun<Case> {
  title: string;
  /** Through how many steps its first meeting, or else its first kill, is moved: what a delivery's steps are may change. */
  steps: number;
  given: Case;
}

/** The runs that a kept one stands for. */
export function runsOf<Case extends OktaRunCase | Auth0RunCase>({ steps, given }: KeptRun<Case>): Case[] {
  const places = Array.from({ length: steps }, (_, n) => n + 1).flatMap((at) =>
    (['before', 'after'] as const).map((when) => ({ at, when })),
  );
  const moved = <T>([first, ...others]: T[], place: (typeof places)[number]) => [
    { ...first, ...place },
    ...others,
  ];
  return places.map((place) =>
    given.meetings.length > 0
      ? { ...given, meetings: moved(given.meetings as unknown[], place) }
      : { ...given, kills: moved(given.kills, place) },
  );
}

/** Who is which user of Velt by an attribute. */
const renumber = (id: string, number: number | string, isHeard: boolean) => ({
  ...{ does: { on: 'renumberUser' as const, id, number }, isHeard, afterMs: 1 },
});

/** Of runs of Okta. */
export const keptOktaRuns: KeptRun<OktaRunCase>[] = [
  {
    title: 'somebody has the name that they got while the first run brought them to Velt',
    steps: 20,
    given: {
      ...{ scoped: false, api: false, fast: false, first: [], second: [], kills: [] },
      meetings: [
        {
          ...{ run: 1, at: 11, when: 'before' },
          action: { does: { on: 'renameUser', id: '00u00002', name: 'Ada' }, isHeard: true, afterMs: 1 },
        },
      ],
    },
  },
  {
    // Seed 77, case 37582.
    title:
      'of two people who are one user of Velt one becomes another, before the other has anything on record',
    steps: 20,
    given: {
      ...{ scoped: false, api: false, fast: false, strict: false, access: false, kills: [] },
      ...{ made: 'own', was: 'own', wasPlaced: 'division' },
      first: [renumber('00u00003', 7, false), renumber('00u00008', 7, false)],
      second: [renumber('00u00008', 'E-1', true)],
      meetings: [
        {
          ...{ run: 1, at: 1, when: 'before' },
          action: { does: { on: 'moveUser', id: '00u00002', division: 'North' }, isHeard: false, afterMs: 1 },
        },
      ],
    },
  },
];

const plainTenant: Auth0RunCase = {
  config: { mapped: false, scoped: false, api: false, grants: false, groups: 'all', roles: 'all' },
  ...{ cascades: false, groupsTellOrganization: false, fast: false },
  ...{ first: [], second: [], kills: [], meanwhile: [], meetings: [] },
};

/** Of runs of Auth0. */
export const keptAuth0Runs: KeptRun<Auth0RunCase>[] = [
  {
    title: 'nobody is in a group of an organization that ended while the first run brought them to Velt',
    steps: 60,
    given: {
      ...{ ...plainTenant, cascades: true },
      meetings: [
        {
          ...{ run: 1, at: 42, when: 'before' },
          action: {
            ...{ does: { on: 'deleteOrganization', organization: 'org_1' }, heard: 'in time', afterMs: 1 },
          },
        },
        {
          ...{ run: 1, at: 1, when: 'before' },
          action: {
            ...{ does: { on: 'renameUser', id: 'auth0|00002', name: 'Ada' }, heard: 'in time', afterMs: 1 },
          },
        },
      ],
    },
  },
  {
    // Seed 600975095, case 6049.
    title: 'nobody is in a group that got a name that does not count while a run was cut short',
    steps: 40,
    given: {
      ...plainTenant,
      config: { ...plainTenant.config, groups: 'some', roles: 'none' },
      first: [
        {
          does: { on: 'addConnection', group: 'grp_3', connection: 'con_Saml000000000000' },
          ...{ heard: 'in time', afterMs: 1 },
        },
      ],
      kills: [{ at: 19, when: 'before', settles: false }],
      meanwhile: [
        { does: { on: 'renameGroup', group: 'grp_3', name: 'Group' }, heard: 'in time', afterMs: 1 },
      ],
    },
  },
  {
    // Seed 1, case 4048.
    title: 'a role has its name though everybody gets another user id, more than may lose something at once',
    steps: 20,
    given: {
      config: {
        mapped: false,
        byEmail: false,
        scoped: false,
        api: false,
        grants: false,
        groups: 'all',
        roles: 'all',
        byNumber: false,
        onlyIds: false,
        access: true,
      },
      was: { byEmail: true },
      cascades: false,
      groupsTellOrganization: false,
      fast: false,
      strict: true,
      first: [{ does: { on: 'deleteOrganization', organization: 'org_2' }, heard: 'in time', afterMs: 1 }],
      second: [
        {
          does: { on: 'assignRole', organization: 'org_3', id: 'auth0|00005', role: 'rol_b' },
          heard: 'in time',
          afterMs: 1,
        },
      ],
      kills: [],
      meanwhile: [],
      meetings: [
        {
          run: 1,
          at: 1,
          when: 'before',
          action: {
            does: { on: 'verifyEmail', id: 'auth0|00002', verified: false },
            heard: 'in time',
            afterMs: 1,
          },
        },
      ],
    },
  },
  {
    // Seed 77, case 5132.
    title:
      'a group has the name that no event told, given a moment after one of which the event is dated later',
    steps: 1,
    given: {
      ...plainTenant,
      second: [
        { does: { on: 'renameGroup', group: 'grp_2', name: 'Team Eve' }, heard: 'in time', afterMs: 1 },
        { does: { on: 'renameGroup', group: 'grp_2', name: 'Group' }, heard: 'never', afterMs: 1 },
      ],
    },
  },
];
