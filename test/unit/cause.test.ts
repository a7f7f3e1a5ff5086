import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { causeOf, hideWords } from '../../lib/cause.ts';
import { CallRefused, ConfigError, WorldFault } from '../../lib/errors.ts';
import { makeLog } from '../support/factories.ts';

/** What the AWS SDK throws. */
const denied = () =>
  Object.assign(new Error('User ada@example.com is not authorized'), {
    ...{ name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } },
  });
const HERE = /^cause\.test\.ts:\d+:\d+$/;

describe('the cause of an error', () => {
  test('is our own code and words of a fault of ours', () => {
    expect(causeOf(new WorldFault('unavailable', 'Velt is unavailable (503)'))).toEqual({
      code: 'unavailable',
      error: 'Velt is unavailable (503)',
    });
  });

  test("is, of what is behind a fault, the name and the place, and none of AWS's words", () => {
    const fault = new WorldFault('mirror', 'the mirror table refused a write', { cause: denied() });

    expect(causeOf(fault)).toEqual({
      ...{ code: 'mirror', error: 'the mirror table refused a write' },
      ...{ causes: ['AccessDeniedException'], place: expect.stringMatching(HERE) },
    });
  });

  test("has Node's code, however deep it is", () => {
    const cause = Object.assign(new Error('getaddrinfo ENOTFOUND ada.example.com'), { code: 'ENOTFOUND' });
    const fault = new WorldFault('connection', 'connection to api.velt.dev failed', { cause });
    const ofOne = new WorldFault('connection', fault.message, { cause: fault, ofOne: true });

    expect(causeOf(ofOne).causes).toEqual(['WorldFault connection', 'Error ENOTFOUND']);
  });

  test('is the name, the code and the place of an error that is not ours', () => {
    const error = Object.assign(new TypeError('Ada is not iterable'), { code: 'ERR_INVALID_ARG_TYPE' });

    expect(causeOf(error)).toEqual({
      ...{ error: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', place: expect.stringMatching(HERE) },
    });
  });

  test.each([
    ["Velt's words on a refusal", new CallRefused('INVALID_ARGUMENT', 'Ada Example is no name')],
    [
      'a message of several lines that look like places',
      new Error('x\n    at ada (ada.ts:1:1)\n at ada.ts:1:1'),
    ],
    ['a name that is none', Object.assign(new Error('x'), { name: 'Ada Example' })],
    ['a code that is none', Object.assign(new Error('x'), { code: 'ada@example.com' })],
    ['a code that is an object', Object.assign(new Error('x'), { code: { name: 'ada' } })],
    ['a text that was thrown', 'Ada Example'],
    ['an object that was thrown', { name: 'Ada Example', stack: 'ada', cause: new Error('ada') }],
    ['a cause that is no error', new Error('x', { cause: 'Ada Example' })],
  ])('holds nothing of %s', (_what, error) => {
    expect(JSON.stringify(causeOf(error))).not.toMatch(/ada/i);
  });

  test('ends where an error is its own cause', () => {
    const error = new Error('x');
    error.cause = error;

    expect(causeOf(error).causes).toHaveLength(5);
  });
});

describe('what a function throws', () => {
  const thrownOf = async (error: unknown, event: object = {}) => {
    const log = makeLog();
    const handler = middy()
      .use(hideWords(log))
      .handler(() => {
        throw error;
      });
    const thrown: Error = await handler(event, { awsRequestId: 'lambda-1' } as Context).catch(
      (thrown: Error) => thrown,
    );
    return { thrown, log };
  };

  test('is as it was where its words are ours', async () => {
    const error = new ConfigError('environment', [{ path: 'SHARDS', message: 'expected a number' }]);

    const { thrown, log } = await thrownOf(error);

    expect(thrown).toBe(error);
    expect(log.lines).toMatchObject([{ level: 'error', fields: { requestId: 'lambda-1' } }]);
  });

  test('has its name and its places, and none of its words, where they are not', async () => {
    const { thrown, log } = await thrownOf(
      Object.assign(new SyntaxError('"Ada Exam"... is not valid JSON', { cause: 'ada' }), { ada: 'ada' }),
    );

    expect(thrown.name).toBe('SyntaxError');
    expect(thrown.stack).toMatch(/^SyntaxError: .*\n {4}at cause\.test\.ts:\d+:\d+/);
    expect(JSON.stringify([{ ...thrown }, thrown.message, thrown.stack, thrown.cause])).not.toMatch(/ada/i);
    expect(log.lines).toMatchObject([{ fields: { error: 'SyntaxError', requestId: 'lambda-1' } }]);
  });

  test('is logged with the id of the event that EventBridge brought', async () => {
    const { log } = await thrownOf(new Error('x'), { id: 'eb-1', source: 'aws.partner/okta.com/x' });

    expect(log.lines).toMatchObject([{ fields: { requestId: 'eb-1' } }]);
  });
});
