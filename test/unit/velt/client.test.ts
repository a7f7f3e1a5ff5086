import { describe, expect, test } from 'vitest';
import type { Call, Item } from '../../../lib/directory/calls.ts';
import { ConfigError, WorldFault } from '../../../lib/errors.ts';
import type { Http, HttpRequest } from '../../../lib/http/client.ts';
import { createVelt, type VeltDeps } from '../../../lib/velt/client.ts';
import { LATE_MS } from '../../../lib/velt/request.ts';
import {
  createVelt as createDouble,
  type FaultRule,
  type VeltOptions,
} from '../../../local/doubles/velt/velt.ts';
import { makeClock, NOW } from '../../support/factories.ts';

const right = { apiKey: 'example-key', authToken: 'example-token' };
const LATE = NOW + 60 * 60_000;

interface Setup {
  faults?: FaultRule[];
  options?: Partial<VeltOptions>;
  deps?: Partial<VeltDeps>;
  /** What the secret holds, one fetch after the other; the last one stays. */
  secrets?: (typeof right)[];
}

/** The client against the Velt double, in a time of its own; a misbehaving Velt costs the whole time-out. */
function makeVelt({ faults = [], options = {}, deps = {}, secrets = [right] }: Setup = {}) {
  const time = makeClock();
  const double = createDouble({ ...right, clock: time.clock, ...options });
  for (const fault of faults) double.faults.add(fault);
  const requests: HttpRequest[] = [];
  const refusals: (typeof right)[] = [];
  const reported: unknown[] = [];
  const http: Http = async (request) => {
    requests.push(request);
    const { method, url, headers, body = '', timeoutMs } = request;
    const reply = double.handle({ method, path: new URL(url).pathname, headers, body });
    if (!('misbehaviour' in reply)) return reply;
    if (reply.misbehaviour === 'reset') throw new WorldFault('connection', 'reset');
    time.now += timeoutMs;
    throw new WorldFault('timeout', 'no answer');
  };
  const velt = createVelt({
    http,
    credentials: async ({ refused } = {}) => {
      if (refused) refusals.push(refused);
      return secrets[Math.min(refusals.length, secrets.length - 1)] ?? right;
    },
    baseUrl: 'https://api.velt.dev',
    usersAdd: 'v1',
    clock: time.clock,
    sleep: time.sleep,
    random: () => 0.5,
    onCall: (call) => reported.push(call),
    ...deps,
  });
  return { velt, double, time, requests, refusals, reported };
}

const ids = (count: number) => Array.from({ length: count }, (_, n) => `person-${n}`);
const itemOf = (id: string): Item => ({
  id,
  owners: [`okta#person#${id}`],
  digest: 'd',
  user: { userId: id, name: id, email: `${id}@example.com` },
});
const usersAdd = (userIds: string[], scope: Call['scope'] = { organizationId: 'acme' }): Call => ({
  kind: 'users.add',
  scope,
  items: userIds.map(itemOf),
});
const callOf = (kind: Call['kind'], scope: Call['scope'], userIds: string[]): Call => ({
  kind,
  scope,
  items: userIds.map((id) => ({ id, owners: [] })),
});
const status = (code: number, more: object = {}): FaultRule => ({
  answer: { kind: 'status', status: code, ...more },
  times: 1,
});
const kindsOf = (outcomes: Map<string, { kind: string }>) =>
  Object.fromEntries([...outcomes].map(([id, { kind }]) => [id, kind]));

describe('a call', () => {
  const scope = { organizationId: 'acme' };
  const user = { userId: 'ada', name: 'ada', email: 'ada@example.com' };
  const member = { organizationId: 'acme', organizationUserGroupId: 'eng', userIds: ['ada'] };

  test.each([
    ['/v1/users/add', usersAdd(['ada']), { organizationId: 'acme', users: [user] }],
    [
      '/v1/users/add',
      usersAdd(['ada'], { ...scope, folderId: 'f' }),
      { organizationId: 'acme', folderId: 'f', users: [user] },
    ],
    [
      '/v1/users/add',
      usersAdd(['ada'], { ...scope, documentId: 'd' }),
      { organizationId: 'acme', documentId: 'd', users: [user] },
    ],
    [
      '/v2/users/update',
      { ...usersAdd(['ada']), kind: 'users.update' as const },
      { organizationId: 'acme', users: [user] },
    ],
    [
      '/v2/users/delete',
      callOf('users.delete', scope, ['ada']),
      { organizationId: 'acme', userIds: ['ada'] },
    ],
    [
      '/v2/users/delete',
      callOf('users.delete', { ...scope, folderId: 'f' }, ['ada']),
      { organizationId: 'acme', folderId: 'f', userIds: ['ada'] },
    ],
    [
      '/v2/organizations/usergroups/add',
      { kind: 'groups.add' as const, scope, items: [{ id: 'eng', owners: [], groupName: 'Engineers' }] },
      {
        organizationId: 'acme',
        createOrganization: true,
        organizationUserGroups: [{ groupId: 'eng', groupName: 'Engineers' }],
      },
    ],
    [
      '/v2/organizations/usergroups/users/add',
      callOf('group.users.add', { ...scope, groupId: 'eng' }, ['ada']),
      member,
    ],
    [
      '/v2/organizations/usergroups/users/delete',
      callOf('group.users.delete', { ...scope, groupId: 'eng' }, ['ada']),
      member,
    ],
  ])('is one call to %s', async (path, it, data) => {
    const { velt, requests } = makeVelt();

    await velt.apply(it, LATE);

    const [{ method, url, headers, body }] = requests as [HttpRequest];
    expect([method, url]).toEqual(['POST', `https://api.velt.dev${path}`]);
    expect(headers).toMatchObject({ 'x-velt-api-key': right.apiKey, 'x-velt-auth-token': right.authToken });
    expect(JSON.parse(body ?? '')).toEqual({ data });
    expect(requests).toHaveLength(1);
  });

  test('can add users by v2, which creates a missing organization when told to', async () => {
    const { velt, requests } = makeVelt({ deps: { usersAdd: 'v2' } });

    await velt.apply(usersAdd(['ada']), LATE);

    expect(requests[0]?.url).toBe('https://api.velt.dev/v2/users/add');
    expect(JSON.parse(requests[0]?.body ?? '').data).toMatchObject({ createOrganization: true });
  });

  test('reaches Velt behind a proxy’s path too, and a slash at the end of it does no harm', async () => {
    const { velt, requests } = makeVelt({ deps: { baseUrl: 'https://proxy.example.com/velt/' } });

    await velt.apply(usersAdd(['ada']), LATE);

    expect(requests[0]?.url).toBe('https://proxy.example.com/velt/v1/users/add');
  });

  test('is reported call by call', async () => {
    const { velt, reported } = makeVelt({ faults: [{ answer: { kind: 'reset' }, times: 1 }] });

    await velt.apply(usersAdd(['ada', 'bob']), LATE);

    expect(reported).toEqual([
      { path: '/v1/users/add', items: 2, ms: 0, status: undefined },
      { path: '/v1/users/add', items: 2, ms: 0, status: 200 },
    ]);
  });

  test.each(['result', 'error-500', 'error-data'] as const)(
    'tells what became of each item when one is refused, wherever Velt puts the map: %s',
    async (partialFailure) => {
      const refuse: FaultRule = { match: { userId: 'bob' }, answer: { kind: 'refuse-item', reason: 'no' } };
      const { velt, requests, double } = makeVelt({ faults: [refuse], options: { partialFailure } });

      const { outcomes, fault } = await velt.apply(usersAdd(['ada', 'bob', 'eve']), LATE);

      expect(kindsOf(outcomes)).toEqual({ ada: 'done', bob: 'refused', eve: 'done' });
      expect(fault).toBeUndefined();
      expect(requests).toHaveLength(1);
      expect(Object.keys(double.state().organizations.acme?.users ?? {})).toEqual(['ada', 'eve']);
    },
  );

  test('lets a group that Velt does not know be told from a user that it does not know', async () => {
    const { velt } = makeVelt();

    const { outcomes } = await velt.apply(
      callOf('group.users.add', { organizationId: 'acme', groupId: 'eng' }, ['ada', 'bob']),
      LATE,
    );

    expect([...outcomes.values()]).toMatchObject([{ prerequisite: 'group' }, { prerequisite: 'group' }]);
  });

  test('is done in one call when what it should delete from does not exist', async () => {
    const { velt, requests } = makeVelt();

    const { outcomes } = await velt.apply(
      callOf('group.users.delete', { organizationId: 'acme', groupId: 'eng' }, ['ada', 'bob']),
      LATE,
    );

    expect(kindsOf(outcomes)).toEqual({ ada: 'done', bob: 'done' });
    expect(requests).toHaveLength(1);
  });
});

describe('a call refused as a whole', () => {
  const refuseFor = (userId: string): FaultRule => ({
    match: { userId },
    answer: { kind: 'refuse-call', status: 400, errorStatus: 'INVALID_ARGUMENT', message: 'Required' },
  });
  const BATCH = 50;
  const bound = Math.floor(2 * Math.log2(BATCH) + 1);

  test.each([0, 1, 24, 25, 37, 49])('is narrowed down to its one culprit, at place %s', async (place) => {
    const { velt, requests, double } = makeVelt({ faults: [refuseFor(`person-${place}`)] });

    const { outcomes, fault } = await velt.apply(usersAdd(ids(BATCH)), LATE);

    const expected = ids(BATCH).map((id, n) => [id, n === place ? 'refused' : 'done']);
    expect(kindsOf(outcomes)).toEqual(Object.fromEntries(expected));
    expect(fault).toBeUndefined();
    expect(Object.keys(double.state().organizations.acme?.users ?? {})).toHaveLength(BATCH - 1);
    expect(requests.length - 1).toBeLessThanOrEqual(bound);
  });

  test('is narrowed down to two culprits as well, and all others are delivered', async () => {
    const { velt, requests, double } = makeVelt({ faults: [refuseFor('person-3'), refuseFor('person-40')] });

    const { outcomes } = await velt.apply(usersAdd(ids(BATCH)), LATE);

    const refused = [...outcomes].filter(([, { kind }]) => kind !== 'done').map(([id]) => id);
    expect(refused).toEqual(['person-3', 'person-40']);
    expect(Object.keys(double.state().organizations.acme?.users ?? {})).toHaveLength(BATCH - 2);
    expect(requests.length - 1).toBeLessThanOrEqual(2 * bound);
  });

  test('refuses every item when every item is at fault, and no more than two calls for each', async () => {
    const { velt, requests } = makeVelt({ faults: ids(8).map(refuseFor) });

    const { outcomes } = await velt.apply(usersAdd(ids(8)), LATE);

    expect(new Set(Object.values(kindsOf(outcomes)))).toEqual(new Set(['refused']));
    expect(requests).toHaveLength(2 * 8 - 1);
  });

  test('takes no removal for done that was refused for another reason than that somebody is gone', async () => {
    const { velt } = makeVelt({ faults: [refuseFor('ada')] });

    const { outcomes } = await velt.apply(callOf('users.delete', { organizationId: 'acme' }, ['ada']), LATE);

    expect(kindsOf(outcomes)).toEqual({ ada: 'refused' });
  });

  test('keeps what the halves before a fault of the world brought', async () => {
    const { velt } = makeVelt({
      faults: [
        refuseFor('person-0'),
        { match: { userId: 'person-3' }, answer: { kind: 'status', status: 503 } },
      ],
    });
    const halves = usersAdd(ids(4));

    // The whole is refused first; the 503 meets the second half.
    const { outcomes, fault } = await velt.apply(halves, LATE);

    expect(kindsOf(outcomes)).toEqual({ 'person-0': 'refused', 'person-1': 'done' });
    expect(fault).toMatchObject({ code: 'unavailable' });
  });

  test('is not narrowed down further after a fault of the world', async () => {
    const { velt, double } = makeVelt({
      faults: [
        refuseFor('person-3'),
        { match: { userId: 'person-0' }, answer: { kind: 'status', status: 503 } },
      ],
    });

    const { outcomes, fault } = await velt.apply(usersAdd(ids(4)), LATE);

    expect([outcomes.size, fault?.code]).toEqual([0, 'unavailable']);
    expect(double.calls.map(({ status }) => status)).toEqual([400, 503, 503, 503]);
  });

  test('means for a single item that already exists what it means within a map', async () => {
    const exists: FaultRule = {
      answer: { kind: 'refuse-call', status: 409, errorStatus: 'ALREADY_EXISTS', message: 'exists' },
    };
    const { velt } = makeVelt({ faults: [exists] });

    const { outcomes } = await velt.apply(usersAdd(['ada']), LATE);

    expect(kindsOf(outcomes)).toEqual({ ada: 'exists' });
  });
});

describe('an item that the answer does not name', () => {
  const omit = (userId: string, more: Partial<FaultRule> = {}): FaultRule => ({
    match: { userId },
    answer: { kind: 'omit-item' },
    ...more,
  });
  const usersOf = ({ body = '' }: HttpRequest) =>
    (JSON.parse(body).data.users as { userId: string }[]).map(({ userId }) => userId);

  test.each([
    ['took effect', true],
    ['did not take effect', false],
  ])('is sent again alone, whether the call %s for it, and goes by that answer', async (_what, applied) => {
    const { velt, requests, double } = makeVelt({ faults: [omit('bob', { times: 1, applied })] });

    const { outcomes, fault } = await velt.apply(usersAdd(['ada', 'bob', 'eve']), LATE);

    expect(requests.map(usersOf)).toEqual([['ada', 'bob', 'eve'], ['bob']]);
    expect([kindsOf(outcomes), fault]).toEqual([{ ada: 'done', bob: 'done', eve: 'done' }, undefined]);
    expect(Object.keys(double.state().organizations.acme?.users ?? {})).toEqual(['ada', 'bob', 'eve'].sort());
  });

  test('is refused when an answer about it alone does not name it either, and costs the others nothing', async () => {
    const { velt, requests } = makeVelt({ faults: [omit('bob')] });

    const { outcomes, fault } = await velt.apply(usersAdd(['ada', 'bob']), LATE);

    expect(outcomes.get('bob')).toEqual({
      kind: 'refused',
      reason: "Velt's answer does not name this item",
    });
    expect([outcomes.get('ada'), fault, requests.length]).toEqual([{ kind: 'done' }, undefined, 2]);
  });

  test('of many that are never named costs two calls at most', async () => {
    const { velt, requests } = makeVelt({ faults: ids(8).map((id) => omit(id)) });

    const { outcomes } = await velt.apply(usersAdd(ids(8)), LATE);

    expect(new Set(Object.values(kindsOf(outcomes)))).toEqual(new Set(['refused']));
    expect(requests).toHaveLength(2 * 8 - 1);
  });

  test('is neither done nor refused after a fault of the world, and what was named stays so', async () => {
    const named = JSON.stringify({ result: { data: { ada: { success: true } } } });
    const answers = [{ status: 200, body: named }];
    const http: Http = async () => ({ headers: {}, ...(answers.shift() ?? { status: 503, body: '' }) });
    const { velt } = makeVelt({ deps: { http } });

    const { outcomes, fault } = await velt.apply(usersAdd(['ada', 'bob']), LATE);

    expect(kindsOf(outcomes)).toEqual({ ada: 'done' });
    expect(fault).toMatchObject({ code: 'unavailable' });
  });
});

describe('credentials', () => {
  const old = { ...right, authToken: 'old-token' };

  test('are handed back once after a refusal, and the call is made again', async () => {
    const { velt, refusals, requests } = makeVelt({ secrets: [old, right] });

    const { outcomes, fault } = await velt.apply(usersAdd(['ada']), LATE);

    expect(kindsOf(outcomes)).toEqual({ ada: 'done' });
    expect(fault).toBeUndefined();
    expect([refusals, requests.length]).toEqual([[old], 2]);
  });

  test.each([
    ['a wrong token', old],
    ['an unknown API key, which Velt calls NOT_FOUND', { ...right, apiKey: 'other' }],
  ])('that stay wrong are a fault of the world after one fetch, and nobody’s: %s', async (_what, wrong) => {
    const { velt, refusals, requests, time } = makeVelt({ secrets: [wrong] });

    for (const it of [
      usersAdd(['ada', 'bob']),
      callOf('users.delete', { organizationId: 'acme' }, ['ada']),
    ]) {
      const { outcomes, fault } = await velt.apply(it, LATE);

      expect(fault).toMatchObject({ name: 'WorldFault', code: 'credentials' });
      expect(outcomes.size).toBe(0);
    }
    expect(refusals).toEqual([wrong, wrong]);
    expect([requests.length, time.slept]).toEqual([4, []]);
  });

  test('that cannot be fetched are a fault of the world', async () => {
    const credentials = () => Promise.reject(new WorldFault('secret', 'unreachable'));
    const { velt, requests } = makeVelt({ deps: { credentials } });

    const { fault } = await velt.apply(usersAdd(['ada']), LATE);

    expect([fault?.code, requests.length]).toEqual(['secret', 0]);
  });

  test('of a wrong shape are thrown: nothing here can mend them', async () => {
    const credentials = () => Promise.reject(new ConfigError('secret', []));
    const { velt } = makeVelt({ deps: { credentials } });

    await expect(velt.apply(usersAdd(['ada']), LATE)).rejects.toMatchObject({ name: 'ConfigError' });
  });
});

describe('a fault of the world', () => {
  test.each([
    ['a 503', status(503)],
    ['a 500 without a map', status(500)],
    ['HTML with status 200', { answer: { kind: 'garbage', body: '<html>' }, times: 1 } satisfies FaultRule],
    ['a 429', status(429, { retryAfterSeconds: 1 })],
  ])('is tried again: %s', async (_what, fault) => {
    const { velt, requests } = makeVelt({ faults: [fault] });

    const applied = await velt.apply(usersAdd(['ada']), LATE);

    expect([kindsOf(applied.outcomes), applied.fault]).toEqual([{ ada: 'done' }, undefined]);
    expect(requests).toHaveLength(2);
  });

  test.each([
    ['a reset', { answer: { kind: 'reset' }, times: 1 } satisfies FaultRule],
    ['a time-out', { answer: { kind: 'hang' }, times: 1 } satisfies FaultRule],
    ['a gateway that gave up', status(504)],
  ])(
    'is tried again, and proves nothing for a minute, since the first try may still land: %s',
    async (_what, fault) => {
      const { velt, requests, time } = makeVelt({ faults: [fault] });

      const { outcomes, fault: found, landsUntil = 0 } = await velt.apply(usersAdd(['ada']), LATE);

      expect([outcomes.size, requests.length]).toEqual([0, 2]);
      expect(found?.code).toMatch(/timeout|connection/);
      expect(landsUntil - time.now).toBeGreaterThan(LATE_MS - 10_000);
      expect(landsUntil - time.now).toBeLessThanOrEqual(LATE_MS);
    },
  );

  test('that stays ends the call after three tries, with growing pauses', async () => {
    const { velt, requests, time } = makeVelt({ faults: [{ answer: { kind: 'status', status: 503 } }] });

    const { outcomes, fault } = await velt.apply(usersAdd(['ada']), LATE);

    expect([outcomes.size, fault?.code, requests.length]).toEqual([0, 'unavailable', 3]);
    expect(time.slept).toEqual([250, 500]);
  });

  test('ends a hanging call after 20 seconds, 8 of them a try', async () => {
    const { velt, requests, time } = makeVelt({
      faults: [{ answer: { kind: 'hang' } }],
      deps: { random: () => 0 },
    });

    const { fault } = await velt.apply(usersAdd(['ada']), LATE);

    expect(fault?.code).toBe('timeout');
    expect(requests.map(({ timeoutMs }) => timeoutMs)).toEqual([8_000, 8_000, 4_000]);
    expect(time.now).toBe(NOW + 20_000);
  });

  test('never holds a call beyond its deadline', async () => {
    const { velt, requests, time } = makeVelt({ faults: [{ answer: { kind: 'hang' } }] });

    const { fault } = await velt.apply(usersAdd(['ada']), NOW + 5_000);

    expect([fault?.code, requests.map(({ timeoutMs }) => timeoutMs), time.now]).toEqual([
      'timeout',
      [5_000],
      NOW + 5_000,
    ]);
  });

  test('is what a call without time left is, and it makes no call', async () => {
    const { velt, requests } = makeVelt();

    const { fault } = await velt.apply(usersAdd(['ada']), NOW);

    expect([fault?.code, requests.length]).toEqual(['out-of-time', 0]);
  });

  test('that is a mistake of ours is thrown', async () => {
    const http = () => Promise.reject(new TypeError('not a function'));
    const { velt } = makeVelt({ deps: { http } });

    await expect(velt.apply(usersAdd(['ada']), LATE)).rejects.toThrow(TypeError);
  });
});

describe('the wait that Velt asks for', () => {
  test('is waited for within the call when it is short', async () => {
    const { velt, time, requests } = makeVelt({ faults: [status(429, { retryAfterSeconds: 2 })] });

    await velt.apply(usersAdd(['ada']), LATE);

    expect([time.slept, requests.length]).toEqual([[2_000], 2]);
  });

  test('goes back to the queue when it is long, and no call is made before its time', async () => {
    const { velt, time, requests } = makeVelt({ faults: [status(429, { retryAfterSeconds: 30 })] });

    const first = await velt.apply(usersAdd(['ada']), LATE);
    time.now += 10_000;
    const early = await velt.apply(usersAdd(['bob']), LATE);
    const callsBefore = requests.length;
    time.now += 20_000;
    const onTime = await velt.apply(usersAdd(['bob']), LATE);

    expect(first.fault).toMatchObject({ code: 'throttled', retryAfterMs: 30_000 });
    expect(early.fault).toMatchObject({ code: 'throttled', retryAfterMs: 20_000 });
    expect([callsBefore, time.slept]).toEqual([1, []]);
    expect(kindsOf(onTime.outcomes)).toEqual({ bob: 'done' });
  });

  test('is waited for by every call, also one that was not throttled itself', async () => {
    const { velt, time, double } = makeVelt({ faults: [status(429, { retryAfterSeconds: 30 })] });
    await velt.apply(usersAdd(['ada']), LATE);
    time.now += 29_000;

    await velt.apply(usersAdd(['bob']), LATE);

    expect(double.calls.map(({ at }) => at - NOW)).toEqual([0, 30_000]);
  });
});
