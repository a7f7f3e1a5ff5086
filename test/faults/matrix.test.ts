import { describe, expect, test } from 'vitest';
import type { Change } from '../../lib/directory/change.ts';
import type { CloudOptions } from '../../local/cloud/cloud.ts';
import type { FaultRule } from '../../local/doubles/velt/velt.ts';
import { standUp, type TestCloud } from '../pipeline/cloud.ts';
import {
  answersOf,
  arrival,
  bothHere,
  deadLetters,
  departure,
  ORGANIZATION,
  owedOf,
  peopleAtVelt,
  refusalsOf,
  refuseBen,
  returnsOf,
  status,
  templateWith,
} from './observe.ts';

interface Row {
  fault: string;
  rules: FaultRule[];
  /** How the double behaves apart from the rules. */
  velt?: NonNullable<CloudOptions['velt']>;
  /** What happened before the fault; its calls are not counted. */
  before?: (cloud: TestCloud) => Promise<unknown>;
  /** The one message that meets the fault. Default: Ada and Ben arrive. */
  changes?: Change[];
  /** Every call that Velt saw, with its answer. */
  calls: string[];
  /** The fault code of each time that the message came back. Default: it never does. */
  returns?: string[];
  /** Who is at Velt in the end. Default: Ada and Ben. */
  people?: Record<string, string>;
  /** What the mirror holds of refusals, by person. */
  refused?: Record<string, string>;
}

const ORDINARY = { velt: {}, before: async () => {}, changes: [arrival('Ada'), arrival('Ben')] };

const twenty = Array.from({ length: 20 }, (_, index) => `P${index}`);

const rows: Row[] = [
  {
    fault: '429 with a Retry-After that is short enough to wait',
    rules: [{ times: 1, answer: status(429, { retryAfterSeconds: 1 }) }],
    calls: ['users/add 429', 'users/add 200'],
  },
  {
    fault: '429 without a Retry-After',
    rules: [{ times: 1, answer: status(429) }],
    calls: ['users/add 429', 'users/add 200'],
  },
  {
    fault: 'RESOURCE_EXHAUSTED with HTTP 400',
    rules: [{ times: 1, answer: status(400, { errorStatus: 'RESOURCE_EXHAUSTED' }) }],
    calls: ['users/add 400', 'users/add 200'],
  },
  {
    fault: '500 without a map',
    rules: [{ times: 1, answer: status(500) }],
    calls: ['users/add 500', 'users/add 200'],
  },
  {
    fault: '500 without a map, after which the call has its effect',
    rules: [{ times: 1, applied: true, answer: status(500) }],
    velt: { repeatAdd: 'already-exists' },
    calls: ['users/add 500', 'users/add 200', 'users/update 200'],
  },
  {
    fault: '503 to every try of an invocation',
    rules: [{ times: 3, answer: status(503) }],
    calls: ['users/add 503', 'users/add 503', 'users/add 503', 'users/add 200'],
    returns: ['unavailable'],
  },
  {
    fault: '500 with a map in error.details in which one item failed',
    rules: [refuseBen('Name is not allowed.')],
    velt: { partialFailure: 'error-500' },
    // Once more without his e-mail address.
    calls: ['users/add 500', 'users/add 500'],
    people: { ada: 'Ada' },
    refused: { ben: 'Name is not allowed.' },
  },
  {
    fault: '500 with a map in error.data in which one item failed',
    rules: [refuseBen('Name is not allowed.')],
    velt: { partialFailure: 'error-data' },
    calls: ['users/add 500', 'users/add 500'],
    people: { ada: 'Ada' },
    refused: { ben: 'Name is not allowed.' },
  },
  {
    fault: '200 with success: false for one of several',
    rules: [refuseBen('Name is not allowed.')],
    calls: ['users/add 200', 'users/add 200'],
    people: { ada: 'Ada' },
    refused: { ben: 'Name is not allowed.' },
  },
  {
    fault: '200 with success: false for an e-mail address of one of several',
    rules: [
      {
        match: { userId: 'ben', attribute: 'email' },
        answer: { kind: 'refuse-item', reason: 'E-mail is not allowed.' },
      },
    ],
    calls: ['users/add 200', 'users/add 200'],
    refused: { ben: 'E-mail is not allowed.' },
  },
  {
    // JSON.parse puts keys that are whole numbers in their own order: the map begins with the second item sent.
    fault: 'a map in another order than was sent',
    rules: [{ match: { userId: '1' }, answer: { kind: 'refuse-item', reason: 'Not this one.' } }],
    changes: [arrival('2'), arrival('1')],
    calls: ['users/add 200', 'users/add 200'],
    people: { '2': '2' },
    refused: { '1': 'Not this one.' },
  },
  {
    fault: 'an item that the map does not name',
    rules: [{ match: { userId: 'ben' }, answer: { kind: 'omit-item' } }],
    // It is sent again alone, and Velt's list names Ada but not him.
    calls: ['users/add 200', 'users/add 200', 'users/get 200', 'users/get 200'],
    people: { ada: 'Ada' },
    refused: { ben: "Velt's list contradicts its success" },
  },
  {
    fault: 'success without a map, which its list proves',
    rules: [],
    velt: { success: 'none' },
    calls: ['users/add 200', 'users/get 200'],
  },
  {
    fault: 'code already-exists for someone whose profile at Velt is an older one',
    rules: [],
    velt: { repeatAdd: 'already-exists' },
    before: (cloud) => byHand(cloud, '/v1/users/add', { users: [{ userId: 'ben', name: 'Benjamin' }] }),
    calls: ['users/add 200', 'users/update 200'],
  },
  {
    fault: '"User already exists" without a code',
    rules: [{ ...refuseBen('User already exists'), match: { path: '/v1', userId: 'ben' } }],
    before: (cloud) => byHand(cloud, '/v1/users/add', { users: [{ userId: 'ben', name: 'Benjamin' }] }),
    calls: ['users/add 200', 'users/update 200'],
  },
  {
    fault: '"User does not exist." on the removal of someone whom somebody else removed',
    rules: [],
    before: async (cloud) => {
      await cloud.queue(arrival('Ada'), arrival('Ben'));
      await cloud.idle();
      await byHand(cloud, '/v2/users/delete', { userIds: ['ben'] });
    },
    changes: [departure('Ben')],
    calls: ['users/delete 200'],
    people: { ada: 'Ada' },
  },
  {
    fault: 'a time-out of a call that was not applied',
    rules: [{ times: 1, answer: { kind: 'hang' } }],
    // The second answer proves nothing while the first call may still land.
    calls: ['users/add hang', 'users/add 200', 'users/add 200'],
    returns: ['timeout'],
  },
  {
    fault: 'a time-out of a call that was applied',
    rules: [{ times: 1, applied: true, answer: { kind: 'hang' } }],
    // The second answer proves nothing while the first call may still land.
    calls: ['users/add hang', 'users/add 200', 'users/add 200'],
    returns: ['timeout'],
  },
  {
    fault: 'a time-out of a removal that was applied',
    rules: [{ match: { path: '/v2/users/delete' }, times: 1, applied: true, answer: { kind: 'hang' } }],
    before: async (cloud) => {
      await cloud.queue(arrival('Ada'), arrival('Ben'));
      await cloud.idle();
    },
    changes: [departure('Ben')],
    // The second answer proves nothing while the first call may still land.
    calls: ['users/delete hang', 'users/delete 200', 'users/delete 200'],
    returns: ['timeout'],
    people: { ada: 'Ada' },
  },
  {
    fault: 'a connection reset before the call was applied',
    rules: [{ times: 1, answer: { kind: 'reset' } }],
    // The second answer proves nothing while the first call may still land.
    calls: ['users/add reset', 'users/add 200', 'users/add 200'],
    returns: ['connection'],
  },
  {
    fault: 'a connection reset after the call was applied',
    rules: [{ times: 1, applied: true, answer: { kind: 'reset' } }],
    // The second answer proves nothing while the first call may still land.
    calls: ['users/add reset', 'users/add 200', 'users/add 200'],
    returns: ['connection'],
  },
  {
    fault: 'HTML with HTTP 200',
    rules: [{ times: 1, answer: { kind: 'garbage', body: '<html><body>Back soon</body></html>' } }],
    calls: ['users/add 200', 'users/add 200'],
  },
  {
    fault: '401 once',
    rules: [{ times: 1, answer: status(401, { errorStatus: 'UNAUTHENTICATED' }) }],
    calls: ['users/add 401', 'users/add 200'],
  },
  {
    fault: '403 to both tries of an invocation',
    rules: [{ times: 2, answer: status(403) }],
    calls: ['users/add 403', 'users/add 403', 'users/add 200'],
    returns: ['forbidden'],
  },
  {
    fault: 'a whole call refused because of one among twenty',
    rules: [
      {
        match: { userId: 'p7' },
        answer: {
          kind: 'refuse-call',
          status: 400,
          errorStatus: 'INVALID_ARGUMENT',
          message: 'Invalid name',
        },
      },
    ],
    changes: twenty.map((name) => arrival(name)),
    // 0–19, 0–9, 0–4, 5–9, 5–7, 5–6, 7, 8–9, 10–19, and 7 without an e-mail address.
    calls: [400, 400, 200, 400, 400, 200, 400, 200, 200, 400].map((code) => `users/add ${code}`),
    people: Object.fromEntries(
      twenty.filter((name) => name !== 'P7').map((name) => [name.toLowerCase(), name]),
    ),
    refused: { p7: 'Invalid name' },
  },
];

describe('Velt answers with', () => {
  test.each(rows)(
    '$fault',
    async ({ rules, calls, returns = [], people = bothHere, refused = {}, ...given }) => {
      const { velt, before, changes } = { ...ORDINARY, ...given };
      // Only where Velt never answers: a busy machine may take a second for any other call.
      const hangs = rules.some(({ answer }) => answer.kind === 'hang');
      const template = await templateWith(hangs ? { veltTimeoutMs: 1_000 } : {});
      const cloud = await standUp({ secondMs: 20, velt, template });
      await before(cloud);
      const from = cloud.calls().length;
      for (const rule of rules) cloud.velt?.faults.add(rule);

      await cloud.queue(...changes);
      await cloud.idle();

      expect(answersOf(cloud, from)).toEqual(calls);
      expect(peopleAtVelt(cloud)).toEqual(people);
      expect([returnsOf(cloud), deadLetters(cloud)]).toEqual([returns, 0]);
      expect(await refusalsOf(cloud)).toEqual(refused);
      expect(await owedOf(cloud)).toEqual(Object.keys(refused).map((id) => `okta#person#${id}`));
    },
  );
});

/** A call that somebody else makes to the same Velt. */
async function byHand({ velt }: TestCloud, path: string, data: object): Promise<void> {
  const headers = {
    'content-type': 'application/json',
    'x-velt-api-key': 'local-api-key',
    'x-velt-auth-token': 'local-auth-token',
  };
  const body = JSON.stringify({ data: { organizationId: ORGANIZATION, ...data } });
  expect(velt?.handle({ method: 'POST', path, headers, body })).toMatchObject({ status: 200 });
}
