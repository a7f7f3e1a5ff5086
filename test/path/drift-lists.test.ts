import { describe, expect, test } from 'vitest';
import { WorldFault } from '../../lib/errors.ts';
import type { Velt } from '../../lib/velt/client.ts';
import {
  joins,
  listed,
  listing,
  listingOf,
  makeReadBack,
  oktaOf,
  type Page,
  STAFF,
  staff,
} from '../support/read-back.ts';

describe('a list that cannot be the truth', () => {
  test.each([
    ['is empty', 'empty', /lists nobody.*advanced queries/],
    ['is refused', 'refused', /refused.*advanced queries/],
  ] as const)('that %s stops everything after one call', async (_, advancedQueries, reason) => {
    const { run, look, double, queued, log } = makeReadBack({ adopt: true, options: { advancedQueries } });
    await run(...staff);
    const before = double.calls.length;

    const drift = await look();

    expect(drift).toMatchObject({ missing: 0, adopted: 0, reason: expect.stringMatching(reason) });
    expect(double.calls.slice(before)).toHaveLength(1);
    expect(queued).toEqual([]);
    expect(log.lines.at(-1)).toMatchObject({ level: 'error', fields: { error: drift.reason } });
  });

  test('that holds others only, and nobody of those who were asked for, stops everything', async () => {
    const { run, look, deps, queued } = makeReadBack({ adopt: true });
    await run(...staff);
    const { velt, tokens } = listing(deps.velt, () => listingOf([listed('zoe')]));

    const drift = await look({ velt });

    expect(drift).toMatchObject({ strangers: 0, reason: expect.stringMatching(/lists nobody/) });
    expect([queued, tokens]).toEqual([[], [undefined]]);
  });

  test('is asked for by no more people than one call takes, of whom one is enough', async () => {
    const { run, look, byHand, double } = makeReadBack();
    const many = Array.from({ length: 31 }, (_, n) => `person-${n}`);
    await run(...many.map((id) => joins(id)));
    byHand.forget('acme', 'person-0');
    const before = double.calls.length;

    const drift = await look();

    expect(drift).toMatchObject({ confirmed: 30, missing: 1 });
    expect(double.calls[before]?.body).toEqual({
      data: { organizationId: 'acme', userIds: many.slice(0, 30) },
    });
  });

  test('is looked for in the organization with the most people', async () => {
    const sources = { okta: oktaOf('acme'), partners: oktaOf('partners') };
    const { run, look, byHand } = makeReadBack({ sources });
    await run(joins('zoe', { source: 'partners' }), ...staff);
    byHand.forget('partners', 'zoe');

    const drift = await look();

    expect(drift).toEqual({ confirmed: 8, missing: 1, changed: 0, strangers: 0, adopted: 0 });
  });

  test('that misses more than half changes nothing, and adopts nobody', async () => {
    const { run, look, byHand, queued, double } = makeReadBack({ adopt: true });
    await run(...staff);
    for (const id of ['ada', 'bob', 'cleo']) byHand.forget('acme', id);
    byHand.add('acme', { userId: 'zoe', name: 'Zoe' });
    const before = double.state();

    const drift = await look();

    expect(drift).toMatchObject({
      confirmed: 2,
      missing: 6,
      adopted: 0,
      reason: expect.stringMatching(/too few/),
    });
    expect([queued, double.state()]).toEqual([[], before]);
  });

  test('that misses just half is believed', async () => {
    const { run, repair, byHand, state } = makeReadBack();
    await run(...staff);
    for (const id of ['ada', 'bob']) byHand.forget('acme', id);

    const drift = await repair();

    expect(drift).toEqual({ confirmed: 4, missing: 4, changed: 0, strangers: 0, adopted: 0 });
    expect(state()).toEqual({ users: STAFF, members: STAFF });
  });

  test.each([
    ['refused', 400, 'INVALID_ARGUMENT'],
    ['denied', 403, 'PERMISSION_DENIED'],
  ])('that is %s for one group, for ever, costs only what it would tell', async (_, status, errorStatus) => {
    const { run, look, byHand, queued, deps, double } = makeReadBack();
    await run(...staff);
    byHand.forget('acme', 'ada');
    const answer = { kind: 'refuse-call', status, errorStatus, message: 'No.' } as const;
    const readUsers: Velt['readUsers'] = async (of, token, deadline) => {
      double.faults.clear();
      if (of.groupId !== undefined) double.faults.add({ answer });
      return deps.velt.readUsers(of, token, deadline);
    };

    const drift = await look({ velt: { ...deps.velt, readUsers } });

    expect(drift).toMatchObject({ confirmed: 3, missing: 1 });
    expect(drift.reason).toBeUndefined();
    expect(queued.flat()).toMatchObject([{ of: { id: 'ada' } }]);
  });

  test.each([
    ['patience', { kind: 'status', status: 429, retryAfterSeconds: 60 }, 'throttled'],
    ['a broken Velt', { kind: 'status', status: 503 }, 'unavailable'],
    ['wrong credentials', { kind: 'status', status: 401 }, 'credentials'],
    ['an answer that is no list', { kind: 'garbage', body: '<html>' }, 'unreadable-answer'],
  ] as const)('because of %s leaves everything as it is', async (_, answer, code) => {
    const { run, look, byHand, queued, double, memory } = makeReadBack({ adopt: true });
    await run(...staff);
    byHand.forget('acme', 'ada');
    byHand.add('acme', { userId: 'zoe', name: 'Zoe' });
    const before = [double.state(), memory.entries()];
    double.faults.add({ answer });

    const fault = await look().catch((error) => error);

    expect(fault).toBeInstanceOf(WorldFault);
    expect(fault).toMatchObject({ code });
    expect([queued, [double.state(), memory.entries()]]).toEqual([[], before]);
  });
});

describe('pages', () => {
  test('are read to the last', async () => {
    const { run, look, deps } = makeReadBack();
    await run(...staff);
    const pages = new Map<string | undefined, Page>([
      [undefined, listingOf([listed('ada')], 'two')],
      ['two', listingOf([], 'three')],
      ['three', listingOf(['bob', 'cleo', 'dan'].map(listed))],
    ]);
    const { velt, tokens } = listing(deps.velt, (token) => pages.get(token) ?? listingOf([]));

    const drift = await look({ velt });

    expect(drift).toMatchObject({ confirmed: 8, missing: 0 });
    expect(tokens).toEqual([undefined, undefined, 'two', 'three']);
  });

  test.each([
    ['at once', { a: 'a' }, ['a']],
    ['in a circle', { a: 'b', b: 'c', c: 'a' }, ['a', 'b', 'c']],
  ])('whose token repeats %s have come to their end', async (_, following: Record<string, string>, asked) => {
    const { run, look, deps } = makeReadBack();
    await run(...staff);
    const { velt, tokens } = listing(deps.velt, (token) =>
      listingOf(STAFF.map(listed), token === undefined ? 'a' : following[token]),
    );

    const drift = await look({ velt });

    expect(drift).toMatchObject({ confirmed: 8, missing: 0 });
    expect(tokens.slice(1)).toEqual([undefined, ...asked]);
  });

  test('that name a stranger twice count one', async () => {
    const { run, look, deps } = makeReadBack();
    await run(...staff);
    const { velt } = listing(deps.velt, (token) =>
      listingOf([...STAFF, 'zoe'].map(listed), token === undefined ? 'two' : undefined),
    );

    expect(await look({ velt })).toMatchObject({ strangers: 1 });
  });
});
