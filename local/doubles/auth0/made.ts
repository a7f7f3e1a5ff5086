import type { Auth0GroupMember, NewAuth0User } from './tenant/objects.ts';
import type { Auth0Directory } from './tenant/tenant.ts';

const FIRST_NAMES = ['Ada', 'Zoë', 'Łukasz', 'José', 'Nguyễn', '美咲', 'Søren', 'Grace', 'Олена', 'Siobhán'];
const LAST_NAMES = ['Example', 'Müller', "O'Neill", 'Kowalska', '山田', 'García López', 'Øst'];
const CONNECTION = { id: 'con_acmeSaml00000000', name: 'acme-saml', strategy: 'samlp' };
const ROLES = ['admin', 'editor', 'viewer'].map((name, nth) => ({ id: `rol_${pad(nth, 16)}`, name }));

/**
 * A tenant that looks like a company's: users of a database, a social, an enterprise and a telephone connection, some of
 * them blocked, created over a year. The users get the `memberships` in turn, in organizations and groups alike; one in five
 * in an organization has a role. The same seed gives the same tenant. Users and memberships are made while they are iterated.
 */
export function makeTenant(size: {
  users: number;
  organizations: number;
  groups: number;
  memberships: number;
  seed: number;
}): Auth0Directory {
  const organizations = Array.from({ length: size.organizations }, (_, nth) => ({
    id: `org_${pad(nth, 16)}`,
    name: `company-${nth}`,
    display_name: `Company ${nth}`,
  }));
  const groups = Array.from({ length: size.groups }, (_, nth) => ({
    id: `grp_${pad(nth, 16)}`,
    name: `Team ${nth}`,
    external_id: `team-${nth}`,
    type: 'connection' as const,
    connection_id: CONNECTION.id,
  }));
  const containers = organizations.length + groups.length;
  const count = Math.min(size.memberships, size.users * containers);

  function* memberships() {
    for (let nth = 0; nth < count; nth += 1) {
      const index = nth % size.users;
      const first = Math.floor(makeRandom(size.seed + 1, index)() * containers);
      const container = (first + Math.floor(nth / size.users)) % containers;
      yield { userId: userId(index), organization: organizations[container], container, nth };
    }
  }

  return {
    organizations,
    groups,
    connections: [CONNECTION],
    roles: ROLES,
    users: {
      *[Symbol.iterator]() {
        for (let index = 0; index < size.users; index += 1) yield makeUser(index, size.seed);
      },
    },
    members: {
      *[Symbol.iterator](): Generator<readonly [string, string]> {
        for (const { organization, userId } of memberships()) {
          if (organization) yield [organization.id, userId];
        }
      },
    },
    memberRoles: {
      *[Symbol.iterator](): Generator<readonly [string, string, string]> {
        for (const { organization, userId, nth } of memberships()) {
          const role = ROLES[nth % ROLES.length];
          if (organization && role && nth % 5 === 0) yield [organization.id, userId, role.id];
        }
      },
    },
    groupMembers: {
      *[Symbol.iterator](): Generator<readonly [string, Auth0GroupMember]> {
        for (const { organization, userId, container } of memberships()) {
          const group = groups[container - organizations.length];
          if (!organization && group) yield [group.id, { member_type: 'user', id: userId }];
        }
      },
    },
  };
}

/** Of ten users six are of the database, two of the enterprise connection, one of Google and one of the telephone connection. */
function userId(index: number): string {
  const number = pad(index, 9);
  if (index % 10 < 6) return `auth0|65f1c0ffee00000${number}`;
  if (index % 10 < 8) return `samlp|${CONNECTION.name}|user.${number}@example.com`;
  return index % 10 === 8 ? `google-oauth2|103547991597${number}` : `sms|560ebaeef609ee1${number}`;
}

function makeUser(index: number, seed: number): NewAuth0User {
  const random = makeRandom(seed, index);
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
  const user_id = userId(index);
  const [given_name, family_name] = [pick(FIRST_NAMES), pick(LAST_NAMES)];
  const created = Date.UTC(2025, 0, 1) + Math.floor(random() * 31_536_000_000);
  const updated = Date.UTC(2026, 0, 1) + Math.floor(random() * 15_638_400_000);
  const name = `${given_name} ${family_name}`;
  return {
    user_id,
    created_at: new Date(created).toISOString(),
    updated_at: new Date(updated).toISOString(),
    ...(user_id.startsWith('sms|')
      ? { phone_number: `+1555${pad(index, 7)}`, phone_verified: true }
      : {
          email: `user.${index}@example.com`,
          email_verified: random() < 0.9,
          name,
          given_name,
          family_name,
        }),
    ...(random() < 0.03 && { blocked: true }),
  };
}

function pad(number: number, length: number): string {
  return String(number).padStart(length, '0');
}

/** Numbers from 0 to 1 that depend on the seed and the index in the tenant only (xorshift32). */
function makeRandom(seed: number, index: number) {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) | 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4_294_967_296;
  };
  for (let warm = 0; warm < 4; warm += 1) next();
  return next;
}
