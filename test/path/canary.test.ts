import middy from '@middy/core';
import type { Context, SQSEvent } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { createMirror } from '../../lib/aws/mirror.ts';
import { createBury } from '../../lib/aws/queue.ts';
import { hideWords } from '../../lib/cause.ts';
import { deliverBatch } from '../../lib/delivery/batch.ts';
import { hashed } from '../../lib/observability.ts';
import { createOktaApi } from '../../lib/sources/okta/api.ts';
import { createOktaDirectory } from '../../lib/sources/okta/directory.ts';
import type { FaultRule } from '../../local/doubles/velt/fault-rules.ts';
import { CANARY } from '../support/canary.ts';
import { makeDelivery } from '../support/delivery.ts';
import { membershipChange, NOW, personChange, recheck } from '../support/factories.ts';
import { makePrinting, SALT } from '../support/printed.ts';

const ADDRESS = `${CANARY}.1@example.com`;
const NAME = `${CANARY} Example`;
const WORDS = `${NAME} <${ADDRESS}> ${CANARY}-t0ken`;
/** A vendor's id may hold an address too, as SAML's do. */
const ID = `samlp|acme|${ADDRESS}`;
const EVENT = `event-${CANARY}`;
const url = 'https://example-org.okta.com';

const facts = { personId: ID, id: EVENT, source: 'okta' };
const ADA = [
  personChange({ ...facts, exists: true, active: true, profile: { name: NAME, email: ADDRESS } }),
  membershipChange({ ...facts, container: { kind: 'group', id: `${CANARY}-group`, name: NAME } }),
];
const ASKED = recheck({
  of: { kind: 'person', id: ID },
  id: EVENT,
  at: new Date(NOW).toISOString(),
  read: 'memberships',
});

/** An API that answers all that it is asked with the same. */
const answering = (status: number) => ({
  status,
  headers: {},
  body: JSON.stringify({ error: WORDS, id: WORDS }),
});
const failed = () =>
  Object.assign(new Error(WORDS), { name: 'AccessDeniedException', $metadata: { who: WORDS } });

/** Deliver as its function has it, with the log and the meter that print. */
function makeDeliver({ okta = 200 } = {}) {
  const printing = makePrinting();
  const source = { kind: 'okta', organization: 'acme', api: { headroom: 0 }, userId: 'email' };
  const connect: Parameters<typeof makeDelivery>[1] = ({ config, time }) => {
    const api = createOktaApi({
      http: async () => answering(okta),
      credentials: async () => ({ url, ssws: `${CANARY}-token` }),
      ...{ clock: time.clock, random: () => 0, headroom: 0 },
    });
    return new Map([['okta', createOktaDirectory('okta', config.sources.okta as never, api)]]);
  };
  // Without them no list settles what Velt says nothing of.
  const world = makeDelivery({ okta: source }, connect, { advancedQueries: 'empty' });
  const buried: Record<string, unknown>[] = [];
  const sqs = { send: async ({ input }: { input: Record<string, unknown> }) => void buried.push(input) };
  const deps = {
    ...world.deps,
    ...{ log: printing.log, meter: printing.meter, random: () => 0, delay: async () => undefined },
    bury: createBury({ client: sqs as never, queueUrl: 'https://sqs.example.com/dead.fifo' }),
  };
  const handler = middy<SQSEvent, object>()
    .use(hideWords(deps.log))
    .handler((event) => deliverBatch(event, world.time.now + 60_000, deps));
  const deliver = async (body: unknown) => {
    const attributes = { ApproximateReceiveCount: '1', MessageGroupId: 'shard-1' };
    const record = { messageId: 'm', receiptHandle: 'r', body: JSON.stringify(body), attributes };
    const event = { Records: [record] } as unknown as SQSEvent;
    return handler(event, { awsRequestId: 'lambda-1' } as Context).catch((thrown: Error) => ({
      ...{ thrown: { ...thrown, name: thrown.name, message: thrown.message, stack: thrown.stack } },
    }));
  };
  return { ...world, deps, deliver, buried, printing };
}

type World = ReturnType<typeof makeDeliver>;

const fault = (answer: FaultRule['answer']) => (world: World) => void world.faults.add({ answer });
const refusal = { status: 400, errorStatus: 'INVALID_ARGUMENT', message: WORDS };

const CASES: [what: string, outcome: string | undefined, prepare: (world: World) => void, body?: object][] = [
  ['Velt confirms', 'confirmed', () => undefined],
  ['Velt refuses an item and echoes it', 'refused', fault({ kind: 'refuse-item', reason: WORDS })],
  ['Velt refuses a call and echoes it', 'refused', fault({ kind: 'refuse-call', ...refusal })],
  [
    'Velt says nothing of an item',
    'unproven',
    ({ faults }) => {
      faults.add({
        match: { path: '/v2/organizations/usergroups/users/add' },
        answer: { kind: 'omit-item' },
      });
    },
  ],
  ['Velt answers 500 and echoes', 'waits', fault({ kind: 'status', status: 500, message: WORDS })],
  [
    'Velt answers 500 with an odd status',
    'waits',
    fault({ kind: 'status', status: 500, errorStatus: WORDS, message: WORDS }),
  ],
  ['Velt refuses the token and echoes it', 'waits', fault({ kind: 'status', status: 401, message: WORDS })],
  ['Velt answers what is no JSON', 'waits', fault({ kind: 'garbage', body: WORDS })],
  ['Velt does not answer', 'waits', fault({ kind: 'hang' })],
  [
    'the table refuses',
    'waits',
    ({ deps }) => {
      const client = { send: async () => Promise.reject(failed()) };
      deps.mirror = createMirror({
        client: client as never,
        table: 'mirror',
        random: () => 0,
        sleep: async () => undefined,
      });
    },
  ],
  [
    'there is a bug',
    undefined,
    ({ deps }) => {
      deps.velt = {
        ...deps.velt,
        apply: async () => Promise.reject(new TypeError(WORDS, { cause: failed() })),
      };
    },
  ],
  ['nobody can read the message', undefined, () => undefined, { v: 9, [ADDRESS]: WORDS }],
  [
    'nobody can read a part of it',
    'confirmed',
    () => undefined,
    { v: 2, changes: [...ADA, { kind: WORDS, source: 'okta', personId: ID }] },
  ],
];

describe('delivering prints nothing of anybody where', () => {
  test.each(CASES)('%s', async (_what, outcome, prepare, body = { v: 2, changes: ADA }) => {
    const world = makeDeliver();
    prepare(world);

    const came = await world.deliver(body);

    const { printing, buried } = world;
    expect(printing.lines('Delivered a person').map((line) => line.outcome)).toEqual([outcome ?? []].flat());
    const attributes = buried.map(({ MessageBody: _, ...attributes }) => attributes);
    expect(JSON.stringify([came, printing.printed, attributes])).not.toMatch(/canary(?!\.test)/i);
    expect(printing.printed.length).toBeGreaterThan(0);
  });

  test.each([400, 401, 403, 404, 429, 500])(
    'the directory answers %i and echoes what it was asked',
    async (okta) => {
      const world = makeDeliver({ okta });

      const came = await world.deliver({ v: 2, changes: [ASKED] });

      expect(world.printing.lines('Delivered a person')).toHaveLength(1);
      expect(JSON.stringify([came, world.printing.printed])).not.toMatch(/canary(?!\.test)/i);
    },
  );
});

test('what a bug threw is told by its name and place', async () => {
  const world = makeDeliver();
  world.deps.velt = { ...world.deps.velt, apply: async () => Promise.reject(new TypeError(WORDS)) };

  await world.deliver({ v: 2, changes: ADA });

  expect(world.printing.lines('The invocation failed')).toMatchObject([
    { error: 'TypeError', requestId: 'lambda-1', place: expect.stringMatching(/^canary\.test\.ts:\d+:\d+$/) },
  ]);
});

test('whoever is delivered can be followed from their event by its hash and theirs', async () => {
  const world = makeDeliver();

  await world.deliver({ v: 2, changes: ADA });

  expect(world.printing.lines('Delivered a person')).toMatchObject([
    { source: 'okta', person: hashed(ID, SALT), events: 1, eventIds: [hashed(EVENT, SALT)] },
  ]);
});
