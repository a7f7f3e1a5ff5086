import type { OktaGroup, OktaUser } from '../doubles/okta/okta.ts';

const [ENGINEERING, RESEARCH, SUPPORT] = [
  '00gb7engi0EXAMPLE1d7',
  '00gb7rese0EXAMPLE4d7',
  '00gb7supp0EXAMPLE5d7',
] as const;

/**
 * The people in the Okta double of the demo and of `npm start`: twelve in three groups, who were there before the hooks were
 * connected. None of them is in events/okta.
 */
const people = {
  edsger: demoUser('00ub7edsg0EXAMPLE9d7', 'Edsger', 'Exämple'),
  hedy: demoUser('00ub7hedy0EXAMPLE9d7', 'Hedy', 'Example'),
  barbara: demoUser('00ub7barb0EXAMPLE9d7', 'Barbara', 'Example'),
  dennis: demoUser('00ub7denn0EXAMPLE9d7', 'Dennis', 'Example'),
  frances: demoUser('00ub7fran0EXAMPLE9d7', 'Frances', 'Exämple'),
  katherine: demoUser('00ub7kath0EXAMPLE9d7', 'Katherine', "O'Example"),
  lukasz: demoUser('00ub7luka0EXAMPLE9d7', 'Łukasz', 'Przykład', 'lukasz'),
  margaret: demoUser('00ub7marg0EXAMPLE9d7', 'Margaret', 'Example'),
  niklaus: demoUser('00ub7nikl0EXAMPLE9d7', 'Niklaus', 'Beispiel'),
  radia: demoUser('00ub7radi0EXAMPLE9d7', 'Radia', 'Example'),
  sophie: demoUser('00ub7soph0EXAMPLE9d7', 'Sophie', 'Éxemple'),
  misaki: demoUser('00ub7misa0EXAMPLE9d7', '美咲', '例', 'misaki'),
};

const { edsger, barbara, dennis, frances, katherine, lukasz, margaret, niklaus, radia, sophie, misaki } =
  people;

export const demoDirectory: {
  users: OktaUser[];
  groups: OktaGroup[];
  members: (readonly [groupId: string, userId: string])[];
} = {
  users: Object.values(people),
  groups: [
    demoGroup(ENGINEERING, 'Engineering'),
    demoGroup(RESEARCH, 'Research'),
    demoGroup(SUPPORT, 'Støtte'),
  ],
  members: [
    ...[edsger, barbara, dennis, frances, lukasz, margaret, misaki].map(
      ({ id }) => [ENGINEERING, id] as const,
    ),
    ...[edsger, barbara, katherine, niklaus].map(({ id }) => [RESEARCH, id] as const),
    ...[frances, margaret, radia, sophie, misaki].map(({ id }) => [SUPPORT, id] as const),
  ],
};

/** What happens in the demo's Okta, with people and groups of `demoDirectory`, while its webhooks are lost. */
export const demoMissed = {
  deactivated: dennis.id,
  deleted: radia.id,
  renamed: katherine.id,
  joiner: demoUser('00ub7tony0EXAMPLE9d7', 'Tony', 'Example'),
  joins: RESEARCH,
  leaves: [ENGINEERING, edsger.id],
  group: SUPPORT,
} as const;

function demoUser(
  id: string,
  firstName: string,
  lastName: string,
  login = firstName.toLowerCase(),
): OktaUser {
  const email = `${login}@example.com`;
  return {
    id,
    status: 'ACTIVE',
    created: '2024-02-01T08:00:00.000Z',
    lastUpdated: '2026-03-04T09:30:00.000Z',
    profile: { firstName, lastName, login: email, email },
  };
}

function demoGroup(id: string, name: string): OktaGroup {
  const time = '2024-02-01T08:00:00.000Z';
  return { id, created: time, lastUpdated: time, profile: { name } };
}

/**
 * The partner event sources of the demo's Okta log stream and Auth0 event stream, as in its
 * configuration and events/eventbridge/.
 */
export const demoParameters = {
  OktaEventSource: 'aws.partner/okta.com/example-org/velt',
  Auth0EventSource: 'aws.partner/auth0.com/example-tenant-635d694a-8a5a-4f1a-b223-1e0424edd19a/auth0.events',
};
