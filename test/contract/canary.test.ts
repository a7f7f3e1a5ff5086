import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { hashed } from '../../lib/observability.ts';
import { CANARY } from '../support/canary.ts';
import { partnerEvent } from '../support/factories.ts';
import { makePrinting, SALT } from '../support/printed.ts';
import type { Way } from './contract.ts';
import { contracts, deliveryTo, eventTo, makeWebhook, ways } from './deployed.ts';

const ADDRESS = `${CANARY}.1@example.com`;
/** A name, an address and a marker in one text. */
const TEXT = `${CANARY} Example <${ADDRESS}>`;
const TOKEN = `${CANARY}:t0ken`;
const EVENT = { [ADDRESS]: CANARY, type: TEXT, eventType: TEXT, id: TEXT, uuid: TEXT, time: ADDRESS };

/** A text wherever a delivery has one, but for where somebody's name stands. */
const asType = (way: Way) => way.delivery(CANARY).replaceAll(/"(eventType|type)":"[^"]+"/g, `"$1":"${TEXT}"`);

type World = ReturnType<typeof makeWebhook>['world'];

const CASES: [what: string, status: number, call: (way: Way) => object, prepare?: (world: World) => void][] =
  [
    ['a delivery that is taken', 200, () => ({})],
    ['one of events of no known type', 200, (way) => ({ body: asType(way) })],
    ['one that is no JSON', 200, () => ({ body: `{"${ADDRESS}": "${TEXT}` })],
    [
      'one that cannot be read',
      200,
      () => ({ body: JSON.stringify({ data: { events: [EVENT] }, ...EVENT }) }),
    ],
    ['a list of what cannot be read', 200, () => ({ body: JSON.stringify([EVENT, TEXT]) })],
    ['a wrong credential', 401, () => ({ credential: TOKEN })],
    [
      'a credential in another form',
      401,
      (way) => ({ headers: { [way.header]: `Digest ${TOKEN}` }, credential: undefined }),
    ],
    ['a body that is too large', 413, () => ({ body: Buffer.alloc(4 * 1024 * 1024 + 1, CANARY) })],
    [
      'one that is too large to be parked',
      413,
      () => ({ body: Buffer.concat([Buffer.from(TEXT), randomBytes(1024 * 1024)]) }),
    ],
    [
      'a queue that refuses',
      503,
      () => ({}),
      (world) => {
        world.refusing = 'changes';
      },
    ],
    [
      'a queue that refuses what is to be parked',
      503,
      () => ({ body: TEXT }),
      (world) => {
        world.refusing = 'parked';
      },
    ],
    [
      'a secret that is out of reach',
      503,
      () => ({}),
      (world) => {
        world.secret = undefined;
      },
    ],
    [
      'a secret of another shape',
      503,
      () => ({}),
      (world) => {
        world.secret = { okta: { current: 7, previous: TOKEN, [TOKEN]: TOKEN } };
      },
    ],
  ];

describe.each(ways)('a webhook of $name', (way) => {
  test.each(CASES)(
    'prints and answers nothing of what it was sent, or AWS said: %s',
    async (_what, status, callOf, prepare) => {
      const printing = makePrinting();
      const { send, world } = makeWebhook(printing);
      world.words = `User ${ADDRESS} is not authorized`;
      prepare?.(world);

      const answer = await send(deliveryTo(way, callOf(way), TEXT));

      expect(answer.status).toBe(status);
      expect(JSON.stringify([answer, printing.printed])).not.toMatch(/canary/i);
    },
  );

  test('tells by what request what came, of whom, and which events these were', async () => {
    const printing = makePrinting();
    const { send, changes } = makeWebhook(printing);

    await send(deliveryTo(way, { requestId: 'request-7' }, TEXT));

    const [change] = changes();
    const personId =
      change?.kind === 'recheck' ? change.of.id : change && 'personId' in change ? change.personId : '';
    const eventId = change && 'id' in change && change.id !== 'action' ? change.id : undefined;
    expect(printing.lines('Took a delivery')).toMatchObject([
      {
        ...{ requestId: 'request-7', source: way.name, changes: 1, people: 1, events: 1 + way.besides },
        personIds: [hashed(personId, SALT)],
        eventIds: expect.arrayContaining(eventId === undefined ? [] : [hashed(eventId, SALT)]),
        types: expect.arrayContaining([expect.stringMatching(/^[a-z_.]+$/)]),
      },
    ]);
  });

  test.each([
    ['Parked a delivery', { body: TEXT }, undefined],
    ['Refused a wrong credential', { credential: TOKEN }, undefined],
    ['Refused a delivery that is too large', { body: Buffer.alloc(4 * 1024 * 1024 + 1) }, undefined],
    ['Could not take a delivery', {}, 'changes'],
  ] as const)('names the request where something is wrong: %s', async (message, call, refusing) => {
    const printing = makePrinting();
    const { send, world } = makeWebhook(printing);
    world.refusing = refusing;

    await send(deliveryTo(way, { ...call, requestId: 'request-7' }));

    expect(printing.lines(message)).toMatchObject([{ requestId: 'request-7' }]);
  });

  test('tells why the queue refused, by the name of the error', async () => {
    const printing = makePrinting();
    const { send, world } = makeWebhook(printing);
    world.refusing = 'changes';

    await send(deliveryTo(way));

    expect(printing.lines('Could not take a delivery')).toMatchObject([
      { code: 'queue', causes: ['AccessDeniedException'], place: expect.stringMatching(/^\S+:\d+:\d+$/) },
    ]);
  });
});

describe.each(contracts.flatMap(({ partners }) => partners))(
  'an event of $partner',
  ({ partner, detail }) => {
    test.each([
      ['that is taken', detail(TEXT), undefined],
      ['that cannot be read', EVENT, undefined],
      ['that a queue refuses', detail(TEXT), 'changes'],
      ['that cannot be read, nor be parked', EVENT, 'parked'],
    ] as const)('prints and throws nothing of what it brought: one %s', async (_what, content, refusing) => {
      const printing = makePrinting();
      const { put, world } = makeWebhook(printing);
      Object.assign(world, { refusing, words: `User ${ADDRESS} is not authorized` });

      const came = await Promise.resolve(put(partnerEvent(content, { source: partner }))).catch(
        ({ name, message, stack, ...more }: Error) => ({ name, message, stack, ...more }),
      );

      expect(JSON.stringify([came, printing.printed])).not.toMatch(/canary(?!\.test)/i);
    });
  },
);

test('a source that is not configured prints and answers nothing of its path', async () => {
  const printing = makePrinting();
  const { send } = makeWebhook(printing);

  const answer = await send(eventTo(ways[0] as Way, { path: ADDRESS, body: TEXT, credential: TOKEN }));

  expect(answer.status).toBe(404);
  expect(JSON.stringify([answer, printing.printed])).not.toMatch(/canary/i);
});
