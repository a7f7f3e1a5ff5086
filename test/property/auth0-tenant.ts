import fc from 'fast-check';
import type { Auth0Event, Auth0Group } from '../../local/doubles/auth0/auth0.ts';
import type { makeAuth0Runs } from '../support/auth0-runs.ts';
import { STRANGE_NAMES } from '../support/strange-texts.ts';
import { number } from './okta-run.ts';

export type World = ReturnType<typeof makeAuth0Runs>;

export const PEOPLE = 6;
const SAML = { id: 'con_Saml000000000000', name: 'acme-saml', strategy: 'samlp' };
const PASSWORDS = {
  id: 'con_Passwords0000000',
  name: 'Username-Password-Authentication',
  strategy: 'auth0',
};
export const CONNECTIONS = [SAML, PASSWORDS];
export const ROLES = [
  { id: 'rol_a', name: 'admin' },
  { id: 'rol_b', name: 'editor' },
];
const ORGANIZATIONS: Record<string, string> = {
  org_1: 'alpha',
  org_2: 'beta',
  org_3: 'delta',
  org_4: 'four',
};
const GROUPS: Record<string, Auth0Group> = {
  grp_1: { id: 'grp_1', name: 'Group 1', type: 'tenant' },
  grp_2: { id: 'grp_2', name: 'Team 2', type: 'tenant' },
  grp_3: { id: 'grp_3', name: 'Team 3', type: 'organization', organization_id: 'org_1' },
  grp_4: { id: 'grp_4', name: 'Group 4', type: 'organization', organization_id: 'org_2' },
  grp_5: { id: 'grp_5', name: 'Team 5', type: 'connection', connection_id: SAML.id },
};

/** People of the second connection are every third. */
export const idOf = (n: number) =>
  n % 3 === 0 ? `samlp|${SAML.name}|${n}` : `auth0|${String(n).padStart(5, '0')}`;

const id = fc.integer({ min: 2, max: PEOPLE + 2 }).map(idOf);
const organization = fc.constantFrom(...Object.keys(ORGANIZATIONS));
const group = fc.constantFrom(...Object.keys(GROUPS));
const role = fc.constantFrom(...ROLES.map((one) => one.id));
const connection = fc.constantFrom(SAML.id, PASSWORDS.id);
const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('Ada', 'Eve', 'Zoë') },
  { weight: 1, arbitrary: fc.constantFrom(...STRANGE_NAMES) },
);

/** What an admin does, and whether its events arrive: in time, after everything else that happens, or never. */
export const action = fc.record({
  does: fc.oneof(
    fc.record({ on: fc.constantFrom('createUser', 'blockUser', 'unblockUser', 'deleteUser' as const), id }),
    fc.record({ on: fc.constantFrom('renameUser' as const), id, name }),
    fc.record({ on: fc.constantFrom('renumberUser' as const), id, number }),
    fc.record({ on: fc.constantFrom('verifyEmail' as const), id, verified: fc.boolean() }),
    fc.record({ on: fc.constantFrom('link' as const), id, primary: id }),
    fc.record({ on: fc.constantFrom('unlink' as const), id }),
    fc.record({ on: fc.constantFrom('createOrganization', 'deleteOrganization' as const), organization }),
    fc.record({
      on: fc.constantFrom('renameOrganization' as const),
      organization,
      name: fc.constantFrom('beta', 'gamma'),
    }),
    fc.record({ on: fc.constantFrom('addMember', 'removeMember' as const), organization, id }),
    fc.record({ on: fc.constantFrom('assignRole', 'unassignRole' as const), organization, id, role }),
    fc.record({ on: fc.constantFrom('createGroup', 'deleteGroup' as const), group }),
    fc.record({
      on: fc.constantFrom('renameGroup' as const),
      group,
      name: fc.constantFrom('Group', 'Team', 'Team Eve'),
    }),
    fc.record({ on: fc.constantFrom('join', 'leave' as const), group, id }),
    fc.record({ on: fc.constantFrom('addConnection', 'removeConnection' as const), group, connection }),
    fc.record({
      on: fc.constantFrom('assignGroupRole', 'removeGroupRole' as const),
      organization,
      group,
      role,
    }),
  ),
  heard: fc.constantFrom('in time', 'late', 'never' as const),
  // An event is dated some milliseconds after what it tells of: nothing else happens to the same in between.
  afterMs: fc.integer({ min: 5, max: 90_000 }),
});
export type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** Does what can be done as things are; an admin cannot do the rest either. */
export function act({ auth0 }: World, does: Action['does'], made: Set<string>): Auth0Event[] {
  // Auth0 gives out no id twice.
  const isNew = (it: string) => !made.has(it) && made.add(it);
  try {
    switch (does.on) {
      case 'createUser':
        return isNew(does.id) ? auth0.createUser(user(does.id)) : [];
      case 'renameUser':
        return auth0.updateUser(does.id, { name: `${does.name} ${does.id}` });
      case 'verifyEmail':
        return auth0.updateUser(does.id, { email_verified: does.verified });
      case 'renumberUser':
        return auth0.updateUser(does.id, { app_metadata: { no: does.number } });
      case 'link':
        return auth0.link(does.primary, does.id);
      case 'unlink':
        return auth0.unlink(primaryOf(auth0, does.id), does.id);
      case 'createOrganization': {
        const name = ORGANIZATIONS[does.organization] as string;
        const isPossible = !isNamed(auth0, name) && isNew(does.organization);
        return isPossible ? auth0.createOrganization({ id: does.organization, name }) : [];
      }
      case 'renameOrganization':
        return isNamed(auth0, does.name)
          ? []
          : auth0.updateOrganization(does.organization, { name: does.name });
      case 'deleteOrganization':
        return auth0.deleteOrganization(does.organization);
      case 'addMember':
      case 'removeMember':
        return auth0[does.on](does.organization, does.id);
      case 'assignRole':
      case 'unassignRole':
        return auth0[does.on](does.organization, does.id, does.role);
      case 'createGroup': {
        const group = GROUPS[does.group] as Auth0Group;
        const isPossible =
          (group.organization_id === undefined || auth0.state().organizations[group.organization_id]) &&
          isNew(does.group);
        return isPossible ? auth0.createGroup(group) : [];
      }
      case 'renameGroup':
        return auth0.updateGroup(does.group, { name: `${does.name} ${does.group.at(-1)}` });
      case 'deleteGroup':
        return auth0.deleteGroup(does.group);
      case 'join':
        return auth0.addGroupMember(does.group, { member_type: 'user', id: does.id });
      case 'leave':
        return auth0.removeGroupMember(does.group, { member_type: 'user', id: does.id });
      case 'addConnection':
        return auth0.addGroupMember(does.group, { member_type: 'connection', id: does.connection });
      case 'removeConnection':
        return auth0.removeGroupMember(does.group, { member_type: 'connection', id: does.connection });
      case 'assignGroupRole': {
        // A group of an organization has roles in that one only.
        const { organization_id: only = does.organization } = GROUPS[does.group] as Auth0Group;
        return auth0.assignOrganizationGroupRole(only, does.group, does.role);
      }
      case 'removeGroupRole':
        return auth0.removeOrganizationGroupRole(does.organization, does.group, does.role);
      default:
        return auth0[does.on](does.id);
    }
  } catch (error) {
    if (error instanceof Error && /^there is no |is no member of|are the same$/.test(error.message))
      return [];
    throw error;
  }
}

export const user = (id: string) => ({
  user_id: id,
  name: `First ${id}`,
  email: `${id.split('|').at(-1)}@example.com`,
  email_verified: true,
  app_metadata: { no: `E-${id}` },
});

const isNamed = (auth0: World['auth0'], name: string) =>
  Object.values(auth0.state().organizations).some((one) => one.name === name);

/** The account that another one is linked to. */
function primaryOf(auth0: World['auth0'], secondary: string): string {
  const isLinked = ({ identities }: { identities: { provider: string; user_id: string | number }[] }) =>
    identities.slice(1).some((one) => `${one.provider}|${one.user_id}` === secondary);
  return Object.values(auth0.state().users).find(isLinked)?.user_id ?? 'nobody';
}

/** Who and what is there before anything is heard. Returns the ids that were given out. */
export async function furnish(world: World): Promise<Set<string>> {
  const { auth0 } = world;
  const made = new Set<string>();
  const first = Array.from({ length: PEOPLE }, (_, n) => idOf(n + 1));
  for (const id of first) auth0.createUser(user(id));
  const [organizations, groups] = [
    ['org_1', 'org_2', 'org_3'],
    ['grp_1', 'grp_2', 'grp_3'],
  ];
  for (const id of organizations) auth0.createOrganization({ id, name: ORGANIZATIONS[id] as string });
  for (const id of groups) await world.webhook(...auth0.createGroup(GROUPS[id] as Auth0Group));
  for (const n of [2, 3, 4]) auth0.addMember('org_1', idOf(n));
  for (const n of [3, 4, 5]) auth0.addMember('org_2', idOf(n));
  for (const n of [5, 6]) auth0.addMember('org_3', idOf(n));
  auth0.assignRole('org_1', idOf(2), 'rol_a');
  auth0.assignRole('org_2', idOf(3), 'rol_b');
  for (const n of [3, 4, 5]) auth0.addGroupMember('grp_1', { member_type: 'user', id: idOf(n) });
  auth0.addGroupMember('grp_2', { member_type: 'connection', id: SAML.id });
  for (const n of [4, 5]) auth0.addGroupMember('grp_3', { member_type: 'user', id: idOf(n) });
  auth0.assignOrganizationGroupRole('org_1', 'grp_1', 'rol_a');
  auth0.assignOrganizationGroupRole('org_2', 'grp_2', 'rol_b');
  // Of a directory that lists nobody, nothing is believed; of a tenant without groups, nothing of those that were there.
  auth0.createOrganization({ id: 'org_0', name: 'always' });
  auth0.createGroup({ id: 'grp_0', name: 'Team always', type: 'tenant' });
  auth0.addMember('org_0', idOf(1));
  auth0.addGroupMember('grp_0', { member_type: 'user', id: idOf(1) });
  for (const id of [...first, ...organizations, ...groups]) made.add(id);
  return made;
}
