import type { OktaGroup, OktaStatus, OktaUser } from './org.ts';

/**
 * A directory that looks like a company's: names beyond ASCII, one login in ten that is not the e-mail address,
 * all statuses, `lastUpdated` spread over the first half of 2026. The same seed gives the same directory. Users and
 * memberships are made while they are iterated, so that a large directory costs memory only where it is stored.
 */
export function makeDirectory(size: {
  users: number;
  groups: number;
  membershipsPerUser: number;
  seed: number;
}) {
  const groups = Array.from({ length: size.groups }, (_, index): OktaGroup => {
    const name = GROUP_NAMES[index % GROUP_NAMES.length] ?? '';
    const round = Math.floor(index / GROUP_NAMES.length);
    return { id: oktaId('00g', index), profile: { name: round === 0 ? name : `${name} ${round + 1}` } };
  });
  const perUser = Math.min(size.membershipsPerUser, groups.length);
  return {
    groups,
    users: {
      *[Symbol.iterator]() {
        for (let index = 0; index < size.users; index += 1) yield makeUser(index, size.seed);
      },
    },
    members: {
      *[Symbol.iterator](): Generator<readonly [groupId: string, userId: string]> {
        for (let index = 0; index < size.users; index += 1) {
          const random = makeRandom(size.seed + 1, index);
          const chosen = new Set<number>();
          while (chosen.size < perUser) chosen.add(Math.floor(random() * groups.length));
          for (const group of chosen) yield [oktaId('00g', group), oktaId('00u', index)];
        }
      },
    },
  };
}

const FIRST_NAMES = ['Ada', 'Zoë', 'Łukasz', 'José', 'Nguyễn', '美咲', 'Søren', 'Grace', 'Олена', 'Siobhán'];
const LAST_NAMES = [
  'Example',
  'Müller',
  "O'Neill",
  'Kowalska',
  '山田',
  'García López',
  'van den Berg',
  'Øst',
];
const GROUP_NAMES = [
  'Engineering',
  'Design',
  'Sales',
  'Finance',
  'Støtte',
  'Legal & Privacy',
  'Field / EMEA',
];
const STATUSES: readonly OktaStatus[] = [
  'PROVISIONED',
  'STAGED',
  'SUSPENDED',
  'LOCKED_OUT',
  'PASSWORD_EXPIRED',
  'RECOVERY',
  'DEPROVISIONED',
];

function makeUser(index: number, seed: number): OktaUser {
  const random = makeRandom(seed, index);
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
  const email = `user.${index}@example.com`;
  const created = new Date(Date.UTC(2025, 0, 1) + Math.floor(random() * 31_536_000_000));
  const lastUpdated = new Date(Date.UTC(2026, 0, 1) + Math.floor(random() * 15_638_400_000));
  return {
    id: oktaId('00u', index),
    status: random() < 0.9 ? 'ACTIVE' : pick(STATUSES),
    created: created.toISOString(),
    lastUpdated: lastUpdated.toISOString(),
    profile: {
      firstName: pick(FIRST_NAMES),
      lastName: pick(LAST_NAMES),
      login: random() < 0.1 ? `user.${index}@corp.example.com` : email,
      email,
    },
  };
}

/** Twenty characters, as Okta's ids are, ascending with the index. */
const oktaId = (prefix: '00u' | '00g', index: number) => `${prefix}b7gen${String(index).padStart(9, '0')}5d7`;

/** Mulberry32, started from the seed and the index in the directory. */
function makeRandom(seed: number, index: number) {
  let state = Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
