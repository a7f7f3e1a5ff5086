import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../lib/http/edge.ts';
import committed from '../../local/demo/config.json' with { type: 'json' };
import type { Way } from './contract.ts';
import { CURRENT, deliveryTo, eventTo, makeWebhook, readAnswer, ways, webhook } from './deployed.ts';

describe.each(ways)('a webhook of $name, when the world fails,', (source) => {
  test.each([
    ['is out of reach', undefined],
    ['has no entry for the source', {}],
    ['has entries of another shape', { [source.name]: CURRENT }],
  ])('answers 5xx and never 401 when the secret %s', async (_what, secret) => {
    const { send, world, changes } = makeWebhook();
    world.secret = secret;

    const answers = [await send(deliveryTo(source)), await send(deliveryTo(source, { credential: 'wrong' }))];

    for (const { status } of answers) expect([500, 503]).toContain(status);
    expect(changes()).toEqual([]);
  });

  test('answers 503 while the secret cannot be had, and takes the delivery when it can', async () => {
    const { send, world } = makeWebhook();
    const secret = world.secret;
    world.secret = undefined;

    const before = await send(deliveryTo(source));
    world.secret = secret;
    const after = await send(deliveryTo(source));

    expect(before).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) } });
    expect(after.status).toBe(200);
  });

  test('finds a source that was added to the secret after it was cached', async () => {
    const { send, world, time } = makeWebhook();
    const secret = world.secret;
    world.secret = {};
    const before = await send(deliveryTo(source));
    world.secret = secret;
    time.now += 2_000;

    const after = await send(deliveryTo(source));

    expect([before.status, after.status]).toEqual([503, 200]);
  });

  test.each(['changes', 'parked'] as const)('answers 503 when the queue refuses: %s', async (queue) => {
    const { send, world, meter } = makeWebhook();
    world.refusing = queue;
    const body = queue === 'changes' ? source.delivery('Ada') : source.unreadable.body;

    const answer = await send(eventTo(source, { body }));

    expect([answer.status, meter.counted]).toEqual([503, {}]);
  });
});

/** One that the committed configuration has too. */
const any = ways.find(({ name }) => Object.hasOwn(committed.sources, name)) as Way;

describe('the handler that Lambda calls', () => {
  const call = async (event: APIGatewayProxyEventV2) =>
    readAnswer((await webhook.handler(event, {} as Context)) as Exclude<Answer, string>);

  test('turns what is thrown into answers, also where AWS is out of reach', async () => {
    const answers = [
      await call(deliveryTo(any, { path: 'ldap' })),
      await call(deliveryTo(any, { credential: undefined })),
      await call(deliveryTo(any)),
    ];

    expect(answers.map(({ status }) => status)).toEqual([404, 401, 503]);
  });
});
