import { describe, expect, test } from 'vitest';
import { CallRefused, WorldFault } from '../../../lib/errors.ts';
import type { Http, HttpRequest } from '../../../lib/http/client.ts';
import { createVelt } from '../../../lib/velt/client.ts';
import { readListing } from '../../../lib/velt/outcome.ts';
import { makeClock, NOW } from '../../support/factories.ts';

const credentials = { apiKey: 'key', authToken: 'token' };
const LATE = NOW + 60_000;

/** The client with a Velt that gives these answers, one after the other; the last one stays. */
function makeReader(...answers: { status?: number; headers?: Record<string, string>; body: unknown }[]) {
  const time = makeClock();
  const requests: HttpRequest[] = [];
  const http: Http = async (request) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)] ?? { body: undefined };
    requests.push(request);
    const { status = 200, headers = {}, body } = answer;
    return { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
  };
  const velt = createVelt({
    ...{ http, credentials: async () => credentials, baseUrl: 'https://api.velt.dev', usersAdd: 'v1' },
    ...{ clock: time.clock, sleep: time.sleep, random: () => 0.5 },
  });
  return { ...velt, requests, bodies: () => requests.map(({ body = '' }) => JSON.parse(body)), time };
}

const ada = { userId: 'ada', name: 'Ada Example', email: 'ada@example.com' };
/** A page as docs.velt.dev/api-reference/rest-apis/v2/users/get-users-v2 shows it (2026-08-19). */
const page = (data: unknown, more: object = {}) => ({
  body: { result: { status: 'success', message: 'User(s) retrieved successfully.', data, ...more } },
});

describe('a page of users', () => {
  test.each([
    ['an organization', { organizationId: 'acme' }, undefined, { organizationId: 'acme' }],
    [
      'a group of it',
      { organizationId: 'acme', groupId: 'engineers' },
      undefined,
      { organizationId: 'acme', organizationUserGroupIds: ['engineers'] },
    ],
    [
      'some users of it',
      { organizationId: 'acme', userIds: ['ada', 'bob'] },
      undefined,
      { organizationId: 'acme', userIds: ['ada', 'bob'] },
    ],
    ['a later page', { organizationId: 'acme' }, 'two', { organizationId: 'acme', pageToken: 'two' }],
  ])('is asked for by what it is of: %s', async (_, of, token, data) => {
    const { readUsers, requests, bodies } = makeReader(page([ada]));

    await readUsers(of, token, LATE);

    expect(requests).toMatchObject([{ method: 'POST', url: 'https://api.velt.dev/v2/users/get' }]);
    expect(bodies()).toEqual([{ data }]);
  });

  test.each([
    ['nextPageToken', { nextPageToken: 'two' }, 'two'],
    ['pageToken', { pageToken: 'two' }, 'two'],
    ['both, of which the first counts', { pageToken: 'one', nextPageToken: 'two' }, 'two'],
    ['an empty text, which is none', { nextPageToken: '' }, undefined],
    ['null, which is none', { nextPageToken: null }, undefined],
    ['nothing', {}, undefined],
  ])('names the next one as %s', async (_, more, next) => {
    const { readUsers } = makeReader(page([ada], more));

    expect(await readUsers({ organizationId: 'acme' }, undefined, LATE)).toEqual({ users: [ada], next });
  });

  test('may hold nobody', async () => {
    const { readUsers } = makeReader(page([]));

    expect(await readUsers({ organizationId: 'acme' }, undefined, LATE)).toEqual({
      users: [],
      next: undefined,
    });
  });

  test('is read without what has no id, and without fields that nobody needs', async () => {
    const bob = { userId: 'bob', name: null, email: 7, accessRole: 'editor', initial: 'B' };
    const { readUsers } = makeReader(page([ada, null, { name: 'Nobody' }, { userId: '' }, bob]));

    const { users } = await readUsers({ organizationId: 'acme' }, undefined, LATE);

    expect(users).toEqual([ada, { userId: 'bob', accessRole: 'editor' }]);
  });
});

describe('an answer that is no page', () => {
  test.each([
    ['the refusal of the documentation', 400, { message: 'Error retrieving user(s).', status: 'ERROR_CODE' }],
    ['advanced queries off', 404, { message: 'Advanced queries are not enabled.', status: 'NOT_FOUND' }],
    ['a request it cannot read', 400, { message: 'No.', status: 'INVALID_ARGUMENT' }],
  ])('refuses the call: %s', async (_, status, error) => {
    const { readUsers, requests } = makeReader({ status, body: { error } });

    const refusal = await readUsers({ organizationId: 'acme' }, undefined, LATE).catch((thrown) => thrown);

    expect(refusal).toBeInstanceOf(CallRefused);
    expect(refusal).toMatchObject({ status: error.status });
    expect(requests).toHaveLength(1);
  });

  test.each([
    [
      'users by document, for which it was not asked',
      { body: page({ doc: [ada] }).body },
      'unreadable-answer',
    ],
    ['a success without a list', { body: { result: { status: 'success' } } }, 'unreadable-answer'],
    ['a text', { body: '<html>' }, 'unreadable-answer'],
    ['too many calls', { status: 429, headers: { 'retry-after': '30' }, body: {} }, 'throttled'],
    ['a broken Velt', { status: 503, body: {} }, 'unavailable'],
    [
      'wrong credentials',
      { status: 403, body: { error: { message: 'Invalid auth token.' } } },
      'credentials',
    ],
  ])('is a fault of the world: %s', async (_, answer, code) => {
    const { readUsers } = makeReader(answer);

    const fault = await readUsers({ organizationId: 'acme' }, undefined, LATE).catch((thrown) => thrown);

    expect(fault).toBeInstanceOf(WorldFault);
    expect(fault).toMatchObject({ code });
  });

  test('is asked for again where that can help', async () => {
    const { readUsers, requests } = makeReader({ status: 503, body: {} }, page([ada]));

    const { users } = await readUsers({ organizationId: 'acme' }, undefined, LATE);

    expect([users, requests.length]).toEqual([[ada], 2]);
  });

  test('is not waited for past the deadline', async () => {
    const { readUsers, requests, time } = makeReader(page([ada]));

    const fault = await readUsers({ organizationId: 'acme' }, undefined, time.now).catch((thrown) => thrown);

    expect(fault).toMatchObject({ code: 'out-of-time' });
    expect(requests).toEqual([]);
  });
});

test('an answer that advanced queries are off is no refusal of the credentials, whatever it names', () => {
  const message = 'Advanced queries are not enabled for this API key.';
  const body = JSON.stringify({ error: { message, status: 'NOT_FOUND' } });

  expect(() => readListing({ status: 404, headers: {}, body }, NOW)).toThrow(
    expect.objectContaining({ name: 'CallRefused' }),
  );
});
