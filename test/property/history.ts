import fc from 'fast-check';
import type { Change, ContainerRef, NestingChange } from '../../lib/directory/change.ts';
import type { FaultRule, VeltOptions } from '../../local/doubles/velt/velt.ts';

/**
 * One thing that reaches the changes queue from outside, some time (ms) after the one before: the next events that
 * happened, or any others, early, late or again (by number, modulo how many there are), or what the sweep finds.
 */
export type Post = { after: number } & ({ next: number } | { any: number[] } | { sweep: true });

/** What goes wrong with the n-th step of the world (a call of the table, the queue or Velt; before and after are two). */
export interface StepFault {
  step: number;
  /** `lost`: it was done, but the caller hears of a fault; `conflict`: it was done, and repeated by the SDK. */
  kind: 'crash' | 'fault' | 'lost' | 'conflict';
}

/** How the system under test is set up. */
export interface Setup {
  /** `shared`: by e-mail addresses that are not anybody's own. */
  userId: 'id' | 'email' | 'shared';
  /** Who is mirrored: everyone, or of Okta those assigned to its application and of Auth0 members of some groups. */
  users: 'all' | 'some';
  /** Whether Auth0's organizations are each one of Velt, or all of its users are in one. */
  organizations: 'each' | 'one';
  /** What becomes of those who are blocked. */
  suspended: 'remove' | 'keep';
  groups: '*' | 'named';
  batchSize: number;
  usersAdd: 'v1' | 'v2';
  velt: Pick<VeltOptions, 'repeatAdd' | 'partialFailure' | 'deleteKeepsGroups'>;
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
  /** Invocations (by number) whose messages are handed to a second worker while the first still runs. */
  overlaps: number[];
  /** Each from a post on, by the post's number. */
  velt: { from: number; rule: FaultRule }[];
  /** Users (by person id) and groups that Velt never accepts. */
  refused: Pick<FaultRule, 'answer'> & { people: string[]; groups: string[] };
  /** Of latencies and of everything that deliver draws. */
  seed: number;
}

interface Place {
  ref: ContainerRef;
  names: string[];
}

/** What everyone in `child` can be a member of too. */
interface Nest {
  child: NestingChange['child'];
  place: Place;
}

/** A part of the world: some people of a source, where they can come from, and what they can be members of. */
interface Part {
  source: string;
  people: string[];
  places: Place[];
  connections?: string[];
  nests?: Nest[];
}

const g1: Place = { ref: { kind: 'group', id: 'g1' }, names: ['Engineering', 'Engine Room', 'Design'] };
const g2: Place = { ref: { kind: 'group', id: 'g2' }, names: ['Operations', 'Eng Ops'] };
const app: Place = { ref: { kind: 'application', id: 'app' }, names: ['Product'] };
const g3: Place = { ref: { kind: 'group', id: 'g3' }, names: ['VIP', 'Guests'] };
const orgA: Place = { ref: { kind: 'organization', id: 'org_a' }, names: ['Alpha', 'Anonymous'] };
const orgB: Place = { ref: { kind: 'organization', id: 'org_b' }, names: ['Beta', 'Gamma'] };

const g4: Place = { ref: { kind: 'group', id: 'g4', organization: 'org_a' }, names: ['Vip', 'Locals'] };
const roleIn = (organization: string, id: string, names: string[]): Place => ({
  ref: { kind: 'role', id, organization },
  names,
});
const r1InA = roleIn('org_a', 'r1', ['Editor', 'Reader']);
const r1InB = roleIn('org_b', 'r1', ['Editor', 'Reader']);
const r2InA = roleIn('org_a', 'r2', ['VIP', 'Ed']);

const corp: Nest['child'] = { kind: 'connection', id: 'corp' };
const web: Nest['child'] = { kind: 'connection', id: 'web' };
const all3: Nest['child'] = { kind: 'group', id: 'g3' };
const all4: Nest['child'] = { kind: 'group', id: 'g4' };

// Ids that are numbers come back in another order than they were sent in: JSON objects sort them.
const okta: Part = { source: 'okta', people: ['ann', '20', '3'], places: [g1, g2, app] };
const auth0: Part = {
  source: 'auth0',
  people: ['dan', 'eve', '1'],
  places: [g3, g4, orgA, orgA, orgB, orgB, r1InA, r1InB, r2InA],
  connections: ['corp', 'web'],
  // A group of an organization has roles there only.
  nests: [
    { child: corp, place: g3 },
    { child: corp, place: g4 },
    { child: web, place: g3 },
    { child: all3, place: r1InA },
    { child: all3, place: r1InB },
    { child: all4, place: r2InA },
  ],
};
const PEOPLE = [...okta.people, ...auth0.people];
const GROUPS = ['g1', 'g2', 'g3', 'g4', 'r1'];

/** The configuration as a file would hold it. What it means is told once more in the oracle. */
export function configurationOf(setup: Setup) {
  const { userId, users, organizations, suspended, groups, batchSize, usersAdd } = setup;
  const common = { userId: userId === 'id' ? 'id' : 'email', deprovision: { suspended } };
  const named = groups === 'named' && { groups: { include: ['Eng*', 'VIP'], exclude: ['*room'] } };
  return {
    sources: {
      okta: {
        kind: 'okta',
        organization: 'staff',
        ...common,
        users: users === 'all' ? 'all' : { application: 'app' },
        ...named,
        grants: [{ group: 'Eng*', folderId: 'specs' }, { documentId: 'handbook' }],
      },
      auth0: {
        kind: 'auth0',
        organization: organizations === 'one' ? 'north' : { org_a: 'north', Beta: 'south' },
        ...common,
        users: users === 'all' ? 'all' : { groups: ['VIP', 'ed*'] },
        ...named,
        ...(groups === 'named' && { roles: { include: ['Ed*'], exclude: ['editor'] } }),
        grants: [{ group: 'VIP', organizationId: 'north', folderId: 'lounge' }, { documentId: 'welcome' }],
      },
    },
    velt: { batchSize, usersAdd },
  };
}

/** The n-th second of the morning on which everything happens. */
export const second = (n: number) => new Date(MORNING + n * 1000).toISOString();
const MORNING = Date.parse('2026-09-01T09:00:00.000Z');

/** A person's addresses; only where the setup says so are they those of others too. */
const emailsOf = (personId: string) => [`${personId}@example.com`, `${personId}.new@example.com`];

function withSharedEmails(events: Change[]): Change[] {
  return events.map((event) => {
    if (event.kind !== 'person' || !event.profile?.email) return event;
    const email = event.profile.email.includes('.new@') ? 'two@example.com' : 'one@example.com';
    return { ...event, profile: { ...event.profile, email } };
  });
}

/** The Velt user id of a person that has the first of their addresses. */
export function userIdOf(personId: string, { userId }: Setup): string {
  if (userId === 'id') return personId;
  return userId === 'email' ? `${personId}@example.com` : 'one@example.com';
}

const { constant, constantFrom, integer, nat, oneof, record, option, array, subarray, uniqueArray, noBias } =
  fc;

function personFacts({ source, connections = [] }: Part, personId: string) {
  const names = constantFrom(`Name ${personId}`, `Other ${personId}`);
  const facts = fc.record(
    {
      name: oneof(names, constant(null)),
      email: constantFrom(...emailsOf(personId), null),
      photoUrl: constantFrom('https://images.example.com/1.png', null),
    },
    { requiredKeys: [] },
  );
  const full = record({
    name: names,
    email: constantFrom(...emailsOf(personId)),
  });
  const who = { kind: 'person' as const, source, personId };
  const comesFrom = oneof({ weight: 2, arbitrary: constant(connections) }, subarray(connections));
  return oneof(
    ...(connections.length > 0
      ? [
          { weight: 2, arbitrary: comesFrom.map((connections) => ({ ...who, connections })) },
          {
            weight: 6,
            arbitrary: record({ profile: full, connections: comesFrom }).map((facts) => ({
              ...who,
              exists: true,
              ...facts,
            })),
          },
        ]
      : []),
    { weight: 6, arbitrary: full.map((profile) => ({ ...who, exists: true, profile })) },
    { weight: 4, arbitrary: full.map((profile) => ({ ...who, exists: true, blocked: false, profile })) },
    { weight: 3, arbitrary: facts.map((profile) => ({ ...who, profile })) },
    { weight: 3, arbitrary: names.map((name) => ({ ...who, profile: { name } })) },
    { weight: 2, arbitrary: constantFrom(true, false).map((blocked) => ({ ...who, blocked })) },
    { weight: 1, arbitrary: full.map((profile) => ({ ...who, exists: true, active: true, profile })) },
    { weight: 1, arbitrary: constant({ ...who, active: false }) },
    { weight: 3, arbitrary: constant({ ...who, exists: false }) },
    { weight: 1, arbitrary: constant(who) },
  );
}

function membershipFacts({ source, places }: Part, personId: string) {
  return record({
    place: constantFrom(...places),
    name: option(nat(2), { nil: undefined }),
    member: oneof({ weight: 2, arbitrary: constant(true) }, constant(false)),
  }).map(({ place, name, member }) => {
    return { kind: 'membership' as const, source, personId, container: called(place, name), member };
  });
}

function called({ ref, names }: Place, name: number | undefined): ContainerRef {
  const known = name === undefined ? undefined : names[name % names.length];
  return { ...ref, ...(known !== undefined && { name: known }) };
}

function nestingFacts({ source }: Part, nests: Nest[]) {
  return record({
    nest: constantFrom(...nests),
    name: option(nat(2), { nil: undefined }),
    member: oneof({ weight: 3, arbitrary: constant(true) }, constant(false)),
  }).map(({ nest: { child, place }, name, member }) => {
    return { kind: 'nesting' as const, source, child, container: called(place, name), member };
  });
}

function containerFacts({ source, places, connections = [] }: Part) {
  const ends = connections.map((containerId) => ({
    ...{ kind: 'connection' as const, source, containerId, exists: false },
  }));
  const ofPlaces = constantFrom(...places).chain(({ ref, names }) => {
    const what = { kind: ref.kind, source, containerId: ref.id };
    const within = ref.kind === 'group' && ref.organization !== undefined;
    const told = { ...what, ...(within && { organization: ref.organization }) };
    return oneof(
      ...(names.length > 0
        ? [
            constantFrom(...names).map((name) => ({ ...told, exists: true, name })),
            constantFrom(...names).map((name) => ({ ...told, name })),
          ]
        : []),
      constant({ ...told, exists: true }),
      constant({ ...what, exists: false }),
    );
  });
  return ends.length > 0
    ? oneof({ weight: 8, arbitrary: ofPlaces }, { weight: 1, arbitrary: constantFrom(...ends) })
    : ofPlaces;
}

function factsOf(parts: Part[]) {
  return constantFrom(...parts).chain((part) =>
    constantFrom(...part.people).chain((personId) =>
      oneof(
        { weight: 4, arbitrary: personFacts(part, personId) },
        ...(part.places.length > 0
          ? [
              { weight: 5, arbitrary: membershipFacts(part, personId) },
              { weight: 2, arbitrary: containerFacts(part) },
            ]
          : []),
        ...(part.nests ? [{ weight: 5, arbitrary: nestingFacts(part, part.nests) }] : []),
      ),
    ),
  );
}

/** Distinct events in the vendor's order; several of one second are ordered by their ids. */
export function anyEvents(parts: Part[], maxLength: number): fc.Arbitrary<Change[]> {
  const event = record({ facts: factsOf(parts), at: nat(30), mark: nat(999) });
  return uniqueArray(event, { minLength: 1, maxLength, size: 'max', selector: ({ mark }) => mark }).map(
    (events) =>
      events
        .map(({ facts, at, mark }) => ({ at: second(at), id: `e${mark}`, ...facts }) as Change)
        .sort((a, b) => (`${a.at} ${a.id}` < `${b.at} ${b.id}` ? -1 : 1)),
  );
}

/** Of everyone, or of so few that most events are about the same. */
export const everyone = [okta, auth0];
const few: Part[][] = [
  [{ source: 'okta', people: ['ann', '3'], places: [g1, app] }],
  [{ source: 'auth0', people: ['dan', '1'], places: [g3, orgA] }],
  [{ source: 'auth0', people: ['dan'], places: [orgA, orgB] }],
  [{ source: 'auth0', people: ['dan'], places: [orgA, r1InA] }],
  [{ source: 'okta', people: ['20'], places: [g2] }],
  [{ source: 'okta', people: ['3'], places: [] }],
];

/** A new name has the sweep look at all members: it would hide that somebody else's word did not. */
const unnamed = ({ ref }: Place): Place => ({ ref, names: [] });

/** Where somebody has things by what they are in only, and the last word is often not about them. */
const linked: Part[] = [
  {
    ...{ source: 'auth0', people: ['eve'], places: [unnamed(orgA)], connections: ['corp'] },
    nests: [
      { child: corp, place: g3 },
      { child: all3, place: r1InA },
    ],
  },
  {
    ...{ source: 'auth0', people: ['dan'], places: [unnamed(orgA), g3], connections: ['web'] },
    nests: [{ child: web, place: g3 }],
  },
  {
    ...{ source: 'auth0', people: ['1'], places: [unnamed(orgA), g4, r2InA] },
    nests: [{ child: all4, place: r2InA }],
  },
];

const someone = constantFrom(...PEOPLE);
const veltRule: fc.Arbitrary<FaultRule> = oneof(
  record({
    match: record(
      { path: constantFrom('/v1/users/add', '/v2/users', '/v2/organizations/usergroups') },
      { requiredKeys: [] },
    ) as fc.Arbitrary<FaultRule['match']>,
    // The client tries three times by itself.
    times: constantFrom(1, 3, 3, 12),
    applied: constantFrom(true, false),
    answer: constantFrom<FaultRule['answer'][]>(
      { kind: 'hang' },
      { kind: 'reset' },
      { kind: 'garbage', body: '<html>' },
      { kind: 'status', status: 429 },
      { kind: 'status', status: 429, retryAfterSeconds: 30 },
      { kind: 'status', status: 500 },
      { kind: 'status', status: 503 },
    ),
  }),
  record({
    match: oneof(
      someone.map((userId) => ({ userId })),
      constantFrom(...GROUPS).map((groupId) => ({ groupId })),
    ),
    times: integer({ min: 1, max: 3 }),
    applied: constantFrom(true, false),
    answer: constantFrom<FaultRule['answer'][]>(
      { kind: 'refuse-item', reason: 'Not now.' },
      { kind: 'omit-item' },
      { kind: 'refuse-call', status: 400, errorStatus: 'INVALID_ARGUMENT', message: 'Something is wrong.' },
    ),
  }),
) as fc.Arbitrary<FaultRule>;

export const anySetup: fc.Arbitrary<Setup> = record({
  userId: constantFrom('id', 'email', 'shared'),
  users: constantFrom('all', 'all', 'some'),
  organizations: constantFrom('each', 'each', 'one'),
  suspended: constantFrom('remove', 'remove', 'keep'),
  groups: constantFrom('*', 'named'),
  batchSize: constantFrom(50, 1, 2),
  usersAdd: constantFrom('v1', 'v2'),
  velt: record({
    repeatAdd: constantFrom('added', 'already-exists'),
    partialFailure: constantFrom('result', 'error-500', 'error-data'),
    deleteKeepsGroups: constantFrom(true, false),
  }),
  shards: constantFrom(1, 4, 16),
  workers: constantFrom(1, 2, 4),
  batch: constantFrom(10, 3, 1),
});

const after = constantFrom(0, 50, 1_000, 20_000, 600_000);
const post: fc.Arbitrary<Post> = oneof(
  { weight: 6, arbitrary: record({ after, next: integer({ min: 1, max: 4 }) }) },
  {
    weight: 4,
    arbitrary: record({ after, any: array(nat(99), { minLength: 1, maxLength: 6, size: 'max' }) }),
  },
  { weight: 1, arbitrary: record({ after, sweep: constant<true>(true) }) },
);

const STEPS = 200;
const POSTS = 24;
/** Told again and again, or each event once: what is told again has everyone in it looked at again too. */
const posts: fc.Arbitrary<Post[]> = oneof(
  { weight: 3, arbitrary: array(post, { maxLength: POSTS, size: 'max' }) },
  {
    weight: 2,
    arbitrary: array(record({ after, next: integer({ min: 1, max: 2 }) }), { maxLength: POSTS, size: 'max' }),
  },
);
const refusal = constantFrom<FaultRule['answer'][]>(
  { kind: 'refuse-item', reason: 'Never.' },
  { kind: 'omit-item' },
  { kind: 'refuse-call', status: 400, errorStatus: 'INVALID_ARGUMENT', message: 'A user is wrong.' },
);
const nothingWrong = {
  steps: constant<StepFault[]>([]),
  overlaps: constant<number[]>([]),
  velt: constant<History['velt']>([]),
  refused: record({
    answer: refusal,
    people: constant<string[]>([]),
    groups: constant<string[]>([]),
  }),
};

/** Either a world in which anything can fail, or one in which two workers get the same messages at once. */
export function anyHistory(maxEvents = 60): fc.Arbitrary<History> {
  const stepFault = record({
    step: integer({ min: 1, max: STEPS }),
    kind: constantFrom<StepFault['kind'][]>('crash', 'crash', 'fault', 'lost', 'conflict'),
  });
  const wrong = oneof(
    {
      weight: 3,
      arbitrary: record({
        ...nothingWrong,
        steps: array(stepFault, { maxLength: 8, size: 'max' }),
        velt: array(record({ from: nat(POSTS), rule: veltRule }), { maxLength: 6, size: 'max' }),
        refused: record({
          answer: refusal,
          people: oneof({ weight: 3, arbitrary: constant<string[]>([]) }, array(someone, { maxLength: 2 })),
          groups: oneof(
            { weight: 3, arbitrary: constant<string[]>([]) },
            constantFrom(...GROUPS).map((id) => [id]),
          ),
        }),
      }),
    },
    {
      weight: 1,
      arbitrary: record({
        ...nothingWrong,
        overlaps: array(integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 }),
      }),
    },
  );
  // Without bias: small values first would mean small histories, in which little can go wrong.
  return noBias(
    record({
      setup: anySetup,
      events: oneof(
        { weight: 3, arbitrary: anyEvents(everyone, maxEvents) },
        ...few.map((parts) => anyEvents(parts, maxEvents / 2)),
        ...linked.map((part) => ({ weight: 2, arbitrary: anyEvents([part], maxEvents / 4) })),
      ),
      posts,
      wrong,
      seed: nat(),
    }).map(({ wrong, events, ...rest }) => ({
      ...rest,
      ...wrong,
      events: rest.setup.userId === 'shared' ? withSharedEmails(events) : events,
    })),
  );
}

/** The posts with the events that each brings; what none of them brought comes last, in no order. */
export function deliveriesOf({ posts, events }: Pick<History, 'posts' | 'events'>) {
  let happened = 0;
  const deliveries: { after: number; events?: Change[] }[] = posts.map((post) => {
    if ('sweep' in post) return { after: post.after };
    if ('any' in post)
      return { after: post.after, events: post.any.map((n) => events[n % events.length] as Change) };
    happened += post.next;
    return { after: post.after, events: events.slice(happened - post.next, happened) };
  });
  const brought = new Set(deliveries.flatMap(({ events = [] }) => events));
  const rest = inNoOrder(events.filter((event) => !brought.has(event)));
  return rest.length > 0 ? [...deliveries, { after: 0, events: rest }] : deliveries;
}

/** By their ids, which have nothing to do with their times. */
export function inNoOrder(events: Change[]): Change[] {
  return events.toSorted((a, b) => ((a.id ?? '') < (b.id ?? '') ? -1 : 1));
}

/** The history as one reads it: what happened in the vendor's order, how it arrived, what went wrong. */
export function describeHistory(history: History): string {
  const { setup, events, steps, overlaps, velt, refused, seed } = history;
  const told = events.map(({ at, id = '', source, ...rest }, index) => {
    return `  [${index}] ${at.slice(17, 19)}s ${id.padEnd(4)} ${source} ${JSON.stringify(rest)}`;
  });
  const arrived = deliveriesOf(history).map(({ after, events: some }, index) => {
    const what = some ? some.map((event) => `[${events.indexOf(event)}]`).join(' ') : 'sweep';
    return `  ${index}: after ${after} ms ${what}`;
  });
  const wrong = [
    ...steps.map(({ step, kind }) => `  step ${step}: ${kind}`),
    ...overlaps.map((number) => `  invocation ${number} is given twice`),
    ...velt.map(({ from, rule }) => `  from ${from} (modulo the deliveries) on Velt ${JSON.stringify(rule)}`),
    `  Velt never accepts ${JSON.stringify(refused)}`,
  ];
  return [
    `setup ${JSON.stringify(setup)} seed ${seed}`,
    ...['events, in the order of the vendor:', ...told],
    ...['deliveries:', ...arrived],
    ...['faults:', ...wrong],
  ].join('\n');
}
