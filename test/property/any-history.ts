import fc from 'fast-check';
import { LATE_MS } from '../../lib/velt/request.ts';
import type { FaultRule } from '../../local/doubles/velt/velt.ts';
import {
  anyEvents,
  everyone,
  few,
  GROUPS,
  linked,
  PEOPLE,
  withExpiry,
  withOwnIds,
  withSharedEmails,
} from './any-event.ts';
import {
  type History,
  isOwn,
  type LateCall,
  type Post,
  type Setup,
  START,
  type StepFault,
  second,
} from './history.ts';

const { array, boolean, constant, constantFrom, integer, nat, noBias, oneof, option, record } = fc;

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
      { kind: 'refuse-call', status: 400, errorStatus: 'INVALID_ARGUMENT', message: 'Something is wrong.' },
    ),
  }),
  // Success that is never true and never says of whom is believed in the end: what is left out here was done.
  record({
    match: someone.map((userId) => ({ userId })),
    times: integer({ min: 1, max: 3 }),
    applied: constant(true),
    answer: constant<FaultRule['answer']>({ kind: 'omit-item' }),
  }),
) as fc.Arbitrary<FaultRule>;

/** Velt as it may be: also one that names nobody whom it did right by, or that takes only the first few of a call. */
const anyVelt: fc.Arbitrary<Setup['velt']> = fc
  .tuple(
    record({
      repeatAdd: constantFrom('added', 'already-exists'),
      partialFailure: constantFrom('result', 'error-500', 'error-data'),
      deleteKeepsGroups: constantFrom(true, false),
      deleteUnknown: constantFrom('item', 'call'),
      advancedQueries: constantFrom('on', 'empty', 'refused'),
      listsRoles: boolean(),
    }),
    constantFrom<Setup['velt'][]>(
      ...[{}, {}, { success: 'empty' } as const, { success: 'none' } as const],
      ...[{ truncateAt: 2 }, { truncateAt: 1 }],
    ),
  )
  .map(([sides, answers]) => ({ ...sides, ...answers }));

const anySetupOf = (...moreWorkers: number[]): fc.Arbitrary<Setup> =>
  record({
    userId: constantFrom('id', 'email', 'shared', 'own', 'own-shared'),
    onlyIds: boolean(),
    users: constantFrom('all', 'all', 'some'),
    organizations: constantFrom('each', 'each', 'one'),
    suspended: constantFrom('remove', 'remove', 'keep'),
    groups: constantFrom('*', 'named'),
    roles: boolean(),
    expires: constantFrom(...[undefined, undefined, undefined], 0, 5, 60, 1_800),
    batchSize: constantFrom(50, 1, 2),
    usersAdd: constantFrom('v1', 'v2'),
    velt: anyVelt,
    shards: constantFrom(1, 4, 16),
    workers: constantFrom(1, 2, 4, ...moreWorkers),
    batch: constantFrom(10, 3, 1),
  });
export const anySetup = anySetupOf();

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
const CALLS = 12;
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
  late: constant<LateCall[]>([]),
  overlaps: constant<number[]>([]),
  velt: constant<History['velt']>([]),
  refused: record({
    answer: refusal,
    people: constant<string[]>([]),
    groups: constant<string[]>([]),
  }),
};
const stepFault = record({
  step: integer({ min: 1, max: STEPS }),
  kind: constantFrom<StepFault['kind'][]>('crash', 'crash', 'fault', 'lost', 'conflict'),
});
const lateCall: fc.Arbitrary<LateCall> = record({
  call: integer({ min: 1, max: CALLS }),
  landsAfter: oneof(nat(LATE_MS), nat(2_000)),
  worker: constantFrom<LateCall['worker'][]>('waits', 'waits', 'dies', 'waits and dies'),
  heirDiesAt: option(integer({ min: 1, max: 40 }), { nil: undefined }),
});
const overlap = array(integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 });

/** What can happen in a world beside faults of the table, the queue and Velt. */
export interface Width {
  /** Events that come through a message group beside the shards, so that two workers meet on one person. */
  lanes: boolean;
  /** Calls of Velt that land after everybody gave them up. */
  late: boolean;
  /** Calls of Velt that take as long as they may. */
  slow: boolean;
  /** Messages that two workers have at once, also where other things go wrong. */
  overlaps: boolean;
}
export const WIDE: Width = { lanes: true, late: true, slow: true, overlaps: true };
export const NARROW: Width = { lanes: false, late: false, slow: false, overlaps: false };

/** What goes wrong: anything, or nothing but that two workers get the same messages, or that calls land late. */
function anythingWrong({ late, overlaps }: Width) {
  const none = <T>() => constant<T[]>([]);
  return oneof(
    {
      weight: 3,
      arbitrary: record({
        ...nothingWrong,
        steps: array(stepFault, { maxLength: 8, size: 'max' }),
        late: late ? oneof(none<LateCall>(), array(lateCall, { maxLength: 3 })) : none<LateCall>(),
        overlaps: overlaps ? oneof(none<number>(), overlap) : none<number>(),
        velt: array(record({ from: nat(POSTS), rule: veltRule }), { maxLength: 6, size: 'max' }),
        refused: record({
          answer: refusal,
          people: oneof({ weight: 3, arbitrary: none<string>() }, array(someone, { maxLength: 2 })),
          groups: oneof(
            { weight: 3, arbitrary: none<string>() },
            constantFrom(...GROUPS).map((id) => [id]),
          ),
        }),
      }),
    },
    { weight: 1, arbitrary: record({ ...nothingWrong, overlaps: overlap }) },
    ...(late
      ? [
          {
            weight: 2,
            arbitrary: record({
              ...nothingWrong,
              late: array(lateCall, { minLength: 1, maxLength: 3 }),
              overlaps: overlaps ? oneof(none<number>(), overlap) : none<number>(),
            }),
          },
        ]
      : []),
  );
}

/** Which of the posts go through the lane: none, or each as it comes. */
function throughLanes(posts: fc.Arbitrary<Post[]>): fc.Arbitrary<Post[]> {
  const lanes = oneof(constant<boolean[]>([]), array(boolean(), { minLength: POSTS, maxLength: POSTS }));
  return fc
    .tuple(posts, lanes)
    .map(([posts, lanes]) =>
      posts.map((post, index) => (lanes[index] && !('sweep' in post) ? { ...post, lane: true } : post)),
    );
}

/** A directory's life in a world in which anything can fail, as far as the world is as wide as that. */
export function anyHistory(width: Width = WIDE, maxEvents = 60): fc.Arbitrary<History> {
  // Without bias: small values first would mean small histories, in which little can go wrong.
  return noBias(
    record({
      setup: width.lanes ? anySetupOf(8) : anySetup,
      events: oneof(
        { weight: 3, arbitrary: anyEvents(everyone, maxEvents) },
        ...few.map((parts) => anyEvents(parts, maxEvents / 2)),
        ...linked.map((part) => ({ weight: 2, arbitrary: anyEvents([part], maxEvents / 4) })),
      ),
      posts: width.lanes ? throughLanes(posts) : posts,
      wrong: anythingWrong(width),
      veltMs: width.slow ? constantFrom(0, 0, 500, 3_000) : constant(0),
      seed: nat(),
    }).map(({ wrong, events, ...rest }) => {
      const told = /shared/.test(rest.setup.userId) ? withSharedEmails(events) : events;
      const { expires } = rest.setup;
      const ending = expires === undefined ? told : withExpiry(told, second(START + expires));
      return { ...rest, ...wrong, events: isOwn(rest.setup) ? withOwnIds(ending) : ending };
    }),
  );
}
