import { auth0Id, makeAuth0Runs } from './auth0-runs.ts';
import { makeOktaRuns, person } from './okta-runs.ts';

/** Stands in everything personal of everybody; nothing else has it. */
export const CANARY = 'canary';
const address = (n: number) => `${CANARY}.${n}@example.com`;
const picture = (n: number) => `https://images.example.com/${CANARY}/${n}.png`;

/** What a vendor with the whole path behind it can be asked to do to the n-th person. */
export interface CanaryWorld {
  world: Pick<
    ReturnType<typeof makeOktaRuns>,
    | 'calls'
    | 'deps'
    | 'depsOf'
    | 'faults'
    | 'log'
    | 'memory'
    | 'queued'
    | 'read'
    | 'settle'
    | 'state'
    | 'time'
    | 'users'
  >;
  /** The Velt user id of the n-th person where that is the vendor's. */
  idOf: (n: number) => string;
  create: (n: number) => Promise<void>;
  /** Another name, address and picture. */
  change: (n: number) => Promise<void>;
  joinsGroup: (n: number) => Promise<void>;
  leaves: (n: number) => Promise<void>;
}

/** Four people of Okta, each with the canary in every attribute but their number. */
export function makeOktaCanary(source: object = {}): CanaryWorld {
  const world = makeOktaRuns({ people: 0, groups: { '00gEng': [] }, source: { ...source } });
  const { okta, webhook, time } = world;
  const profile = (n: number) => ({
    ...{ login: address(n), email: address(n), secondEmail: address(n), employeeNumber: `E-${n}` },
    ...{ firstName: `${CANARY} ${n}`, lastName: CANARY, displayName: `${CANARY} ${n}`, nickName: CANARY },
    ...{ mobilePhone: `${CANARY} ${n}`, profileUrl: picture(n), custom: `${CANARY} ${n}` },
  });
  const hear = async (happens: () => Parameters<typeof webhook>) => {
    time.now += 60_000;
    await webhook(...happens());
  };
  for (const n of [1, 2, 3, 4]) okta.createUser({ id: person(n).id, profile: profile(n) });
  return {
    world,
    idOf: (n) => person(n).id,
    create: (n) => hear(() => okta.createUser({ id: person(n).id, profile: profile(n) })),
    change: (n) =>
      hear(() => okta.updateProfile(person(n).id, { ...profile(n + 100), employeeNumber: `E-${n}` })),
    joinsGroup: (n) => hear(() => okta.addMember('00gEng', person(n).id)),
    leaves: (n) => hear(() => okta.deactivate(person(n).id)),
  };
}

/** Four people of Auth0, in the same way. */
export function makeAuth0Canary(source: object = {}): CanaryWorld {
  const group = { id: 'grp_1', type: 'tenant' as const, name: 'Engineers' };
  const world = makeAuth0Runs({ people: 0, source: { ...source }, tenant: { groups: [group] } });
  const { auth0, webhook, time } = world;
  const profile = (n: number) => ({
    ...{
      email: address(n),
      email_verified: true,
      name: `${CANARY} ${n}`,
      nickname: CANARY,
      picture: picture(n),
    },
    ...{ given_name: CANARY, family_name: CANARY, user_metadata: { about: `${CANARY} ${n}` } },
  });
  const user = (n: number) => ({
    ...{ user_id: auth0Id(n), ...profile(n) },
    app_metadata: { employeeNumber: `E-${n}`, about: `${CANARY} ${n}` },
  });
  const hear = async (happens: () => Parameters<typeof webhook>) => {
    time.now += 60_000;
    await webhook(...happens());
  };
  for (const n of [1, 2, 3, 4]) auth0.createUser(user(n));
  return {
    world: world as unknown as CanaryWorld['world'],
    idOf: auth0Id,
    create: (n) => hear(() => auth0.createUser(user(n))),
    change: (n) => hear(() => auth0.updateUser(auth0Id(n), profile(n + 100))),
    joinsGroup: (n) => hear(() => auth0.addGroupMember('grp_1', { member_type: 'user', id: auth0Id(n) })),
    leaves: (n) => hear(() => auth0.blockUser(auth0Id(n))),
  };
}
