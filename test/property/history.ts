import type { Change } from '../../lib/directory/change.ts';
import type { FaultRule, VeltOptions } from '../../local/doubles/velt/velt.ts';

/**
 * One thing that reaches the changes queue from outside, some time (ms) after the one before: the next events that
 * happened, or any others, early, late or again (by number, modulo how many there are), or what the sweep finds. Events
 * with `lane` go through a message group of their own, as a run's do, and not through their shards.
 */
export type Post = { after: number; lane?: boolean | undefined } & (
  | { next: number }
  | { any: number[] }
  | { sweep: true }
);

/** What goes wrong with the n-th step of the world (a call of the table, the queue or Velt; before and after are two). */
export interface StepFault {
  step: number;
  /** `lost`: it was done, but the caller hears of a fault; `conflict`: it was done, and repeated by the SDK. */
  kind: 'crash' | 'fault' | 'lost' | 'conflict';
}

/** The n-th call of Velt is on its way for longer than anybody waits for it, and takes effect all the same. */
export interface LateCall {
  call: number;
  /** How long after it was given up it reaches Velt (ms): LATE_MS at most. */
  landsAfter: number;
  /** Whether its worker waits for the time-out, dies with the call on its way, or does one after the other. */
  worker: 'waits' | 'dies' | 'waits and dies';
  /** The step of the next worker that starts at which that one dies too. */
  heirDiesAt?: number | undefined;
}

/** How the system under test is set up. */
export interface Setup {
  /** `own`: by an attribute; `shared`, `own-shared`: by e-mail addresses or attributes that are not anybody's own. */
  userId: 'id' | 'email' | 'shared' | 'own' | 'own-shared';
  /** Whether Velt is told nothing but ids; only where these are not addresses. */
  onlyIds?: boolean;
  /** Who is mirrored: everyone, or of Okta those assigned to its application and of Auth0 members of some groups. */
  users: 'all' | 'some';
  /** Whether Auth0's organizations are each one of Velt, or all of its users are in one. */
  organizations: 'each' | 'one';
  /** What becomes of those who are blocked. */
  suspended: 'remove' | 'keep';
  groups: '*' | 'named';
  /** Whether groups decide on roles, in the organizations and in what is granted there. */
  roles?: boolean | undefined;
  /** So many seconds after the first of it arrives, the access of some expires, by an attribute. */
  expires?: number | undefined;
  batchSize: number;
  usersAdd: 'v1' | 'v2';
  velt: Omit<VeltOptions, 'apiKey' | 'authToken' | 'random' | 'clock'>;
  shards: number;
  workers: number;
  /** How many messages a worker takes at most. */
  batch: number;
}

/** A directory's life, how its events arrive, and what goes wrong meanwhile. Everything follows from it. */
export interface History {
  setup: Setup;
  events: Change[];
  posts: Post[];
  steps: StepFault[];
  /** How long a call of Velt takes at most to get there, and its answer to come back (ms), beside what every step takes. */
  veltMs: number;
  late: LateCall[];
  /** Invocations (by number) whose messages are handed to a second worker while the first still runs. */
  overlaps: number[];
  /** Each from a post on, by the post's number. */
  velt: { from: number; rule: FaultRule }[];
  /** Users (by person id) and groups that Velt never accepts. */
  refused: Pick<FaultRule, 'answer'> & { people: string[]; groups: string[] };
  /** Of latencies and of everything that deliver draws. */
  seed: number;
}

/** The configuration as a file would hold it. What it means is told once more in the oracle. */
export function configurationOf(setup: Setup) {
  const { users, organizations, suspended, groups, batchSize, usersAdd } = setup;
  const common = {
    deprovision: { suspended },
    ...(isOnlyIds(setup) && { profile: 'ids' }),
    // Whatever the rule says: these events are as a mapping left them.
    ...(setup.expires !== undefined && { expiresAt: { constant: '2026-09-01' } }),
  };
  const userId = isOwn(setup) ? undefined : setup.userId === 'id' ? 'id' : 'email';
  const { roles = false } = setup;
  const named = groups === 'named' && { groups: { include: ['Eng*', 'VIP'], exclude: ['*room'] } };
  return {
    sources: {
      okta: {
        kind: 'okta',
        organization: 'staff',
        // So it is here.
        userId: userId ?? { path: 'id' },
        ...common,
        users: users === 'all' ? 'all' : { application: 'app' },
        ...named,
        grants: [{ group: 'Eng*', folderId: 'specs' }, { documentId: 'handbook' }],
        ...(roles && {
          access: [
            { group: 'g1', role: 'viewer' },
            { group: 'Operations', role: 'editor' },
          ],
          grants: [
            { group: 'Eng*', folderId: 'specs', role: 'viewer' },
            { documentId: 'handbook', role: 'viewer' },
            { group: 'g2', documentId: 'handbook' },
          ],
        }),
      },
      auth0: {
        kind: 'auth0',
        organization: organizations === 'one' ? 'north' : { org_a: 'north', Beta: 'south' },
        userId: userId ?? 'app_metadata.no',
        ...common,
        users: users === 'all' ? 'all' : { groups: ['VIP', 'ed*'] },
        ...named,
        ...(groups === 'named' && { roles: { include: ['Ed*'], exclude: ['editor'] } }),
        grants: [{ group: 'VIP', organizationId: 'north', folderId: 'lounge' }, { documentId: 'welcome' }],
        ...(roles && {
          access: [
            { role: 'viewer' },
            { group: 'g3', role: 'editor' },
            { group: 'ed*', organizationId: 'north', role: 'editor' },
          ],
          grants: [
            { group: 'VIP', organizationId: 'north', folderId: 'lounge', role: 'viewer' },
            { documentId: 'welcome' },
            { group: 'ed*', organizationId: 'south', documentId: 'welcome', role: 'viewer' },
          ],
        }),
      },
    },
    velt: { batchSize, ...(!roles && { usersAdd }) },
  };
}

/** What an event tells, and the second and the number that give it its place among the others. */
export interface Told {
  at: number;
  mark: number;
  facts: object;
}

/** The event that tells so: the one place that knows how a change is written. */
export function eventOf({ at, mark, facts }: Told): Change {
  return { at: second(at), id: `e${mark}`, ...facts } as Change;
}

/** What `eventOf` made the event from. */
export function toldBy(event: Change): Told {
  const { at, id = '', ...facts } = event;
  return { at: (Date.parse(at) - MORNING) / 1000, mark: Number(id.slice(1)), facts };
}

/** The n-th second of the morning on which everything happens. */
export const second = (n: number) => new Date(MORNING + n * 1000).toISOString();
/** The second at which the first of it arrives: everything happened before. */
export const START = 3600;
const MORNING = Date.parse('2026-09-01T09:00:00.000Z');

/** The Velt user id of a person that has the first of their addresses. */
export function userIdOf(personId: string, { userId }: Setup): string {
  const ids = { id: personId, email: `${personId}@example.com`, shared: 'one@example.com' };
  return userId === 'own' || userId === 'own-shared'
    ? ownIdOf(userId === 'own' ? ids.email : ids.shared)
    : ids[userId];
}

/** The attribute of somebody with this address: another one where that is another. */
export function ownIdOf(email: string): string {
  return `E-${email.split('@')[0]}`;
}

export function isOwn({ userId }: Pick<Setup, 'userId'>): boolean {
  return userId === 'own' || userId === 'own-shared';
}

export function isOnlyIds({ userId, onlyIds }: Pick<Setup, 'userId' | 'onlyIds'>): boolean {
  return onlyIds === true && userId !== 'email' && userId !== 'shared';
}

/** What arrives at once: events, or without any a sweep. */
export interface Arrival {
  after: number;
  events?: Change[];
  lane?: boolean | undefined;
}

/** The posts with the events that each brings; what none of them brought comes last, in no order. */
export function deliveriesOf({ posts, events }: Pick<History, 'posts' | 'events'>): Arrival[] {
  let happened = 0;
  const deliveries = posts.map((post): Arrival => {
    const { after, lane } = post;
    if ('sweep' in post) return { after };
    if ('any' in post)
      return { after, lane, events: post.any.map((n) => events[n % events.length] as Change) };
    happened += post.next;
    return { after, lane, events: events.slice(happened - post.next, happened) };
  });
  const brought = new Set(deliveries.flatMap(({ events = [] }) => events));
  const rest = inNoOrder(events.filter((event) => !brought.has(event)));
  return rest.length > 0 ? [...deliveries, { after: 0, events: rest }] : deliveries;
}

/** By their ids, which have nothing to do with their times. */
export function inNoOrder(events: Change[]): Change[] {
  const idOf = ({ id = '' }: Change) => id;
  return events.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
}
