import { describe, expect, test } from 'vitest';
import { readAnswer } from '../../../lib/velt/outcome.ts';
import { NOW } from '../../support/factories.ts';
import { added, error, faultOf, read, result } from '../../support/velt-answers.ts';

describe('an answer without a map', () => {
  const inferred = [
    ['RESOURCE_EXHAUSTED', 429, 'WorldFault', 'throttled'],
    ['UNAUTHENTICATED', 401, 'WorldFault', 'credentials'],
    ['PERMISSION_DENIED', 403, 'WorldFault', 'forbidden'],
    ['INTERNAL', 500, 'WorldFault', 'unavailable'],
    ['UNKNOWN', 500, 'WorldFault', 'unavailable'],
    ['UNAVAILABLE', 503, 'WorldFault', 'unavailable'],
    ['DEADLINE_EXCEEDED', 504, 'WorldFault', 'timeout'],
    ['ABORTED', 409, 'WorldFault', 'unavailable'],
    ['CANCELLED', 499, 'WorldFault', 'unavailable'],
    ['INVALID_ARGUMENT', 400, 'CallRefused', undefined],
    ['FAILED_PRECONDITION', 400, 'CallRefused', undefined],
    ['NOT_FOUND', 404, 'CallRefused', undefined],
    ['ALREADY_EXISTS', 409, 'CallRefused', undefined],
  ] as const;

  test.each(inferred)('with %s is told by that or by HTTP %s alone', (status, http, name, code) => {
    const body = { error: { message: 'ERROR_MESSAGE', status } };
    const expected = code === undefined ? { name, status } : { name, code };

    expect(faultOf({ status: http, body })).toMatchObject(expected);
    expect(faultOf({ status: 200, body })).toMatchObject(expected);
  });

  test.each([
    [
      'a code for a status, as folders/delete',
      { code: 'not-found', message: 'Folder not found.' },
      'NOT_FOUND',
    ],
    ['a number for a code, as the GDPR pages', { status: 'INVALID_ARGUMENT', code: 400 }, 'INVALID_ARGUMENT'],
  ])('is refused as a whole with %s', (_what, body, status) => {
    expect(faultOf({ status: 400, body: { error: body } })).toMatchObject({ name: 'CallRefused', status });
  });

  test.each([
    ['API key not found.', 'NOT_FOUND', 404],
    ['API key not found in headers.', 'INVALID_ARGUMENT', 400],
    ['Auth token not found.', 'INVALID_ARGUMENT', 400],
    ['Auth Token not found in headers.', 'INVALID_ARGUMENT', 400],
    ['Auth token is required', 'INVALID_ARGUMENT', 400],
    ['Invalid API key.', 'PERMISSION_DENIED', 403],
    ['Invalid workspace credentials.', 'PERMISSION_DENIED', 403],
    ['Invalid auth token for workspace.', 'UNAUTHENTICATED', 401],
  ])('is about the credentials and not about a person: %s', (message, status, http) => {
    expect(faultOf({ status: http, body: { error: { message, status } } })).toMatchObject({
      name: 'WorldFault',
      code: 'credentials',
    });
  });

  test.each([
    ['a page of HTML', 200, '<html>Welcome</html>', 'unreadable-answer'],
    ['nothing', 200, '', 'unreadable-answer'],
    ['an answer that does not say success', 200, { result: { message: 'Processed.' } }, 'unreadable-answer'],
    ['an empty map that comes with a 500', 500, result({}), 'unavailable'],
    ['a redirect', 302, '', 'unreadable-answer'],
    ['a page of HTML at another address', 404, '<html>Not found</html>', 'unreadable-answer'],
    ['a gateway out of time', 504, '<html>Gateway time-out</html>', 'timeout'],
    ['a request out of time', 408, '', 'timeout'],
    [
      'details that are no map of items, as domains/add',
      500,
      error({ details: { domainsAdded: ['velt.dev'] } }),
      'unavailable',
    ],
  ])('is a fault of the world: %s', (_what, status, body, code) => {
    expect(faultOf({ status, body })).toMatchObject({ name: 'WorldFault', code });
  });

  test.each([
    ['no data, as the Node SDK shows it', { result: { status: 'success' } }],
    ['an empty map', result({})],
    ['a list, as documents/get', result([added])],
  ])('names nobody, and is no fault, when it is success: %s', (_what, body) => {
    expect([...read({ body })]).toEqual([]);
  });

  test.each([
    ['api key', 'api key is not a valid name', 'INVALID_ARGUMENT'],
    ['auth token', 'User Auth Token not found.', 'NOT_FOUND'],
    ['My API key', 'Invalid user "My API key" (auth token)', 'INVALID_ARGUMENT'],
  ])('is about a person that it names, whatever they are called: %s', (name, message, status) => {
    const items = ['auth token', name].map((name, n) => ({
      ...{ id: `${n}`, owners: [] },
      user: { userId: `${n}`, name },
    }));
    const body = JSON.stringify({ error: { message, status } });

    expect(() => readAnswer({ kind: 'users.add', items }, { status: 400, headers: {}, body }, NOW)).toThrow(
      expect.objectContaining({ name: 'CallRefused', status }),
    );
  });

  test.each([400, 413, 422])(
    'may be about what was sent, also when a gateway answers %s for Velt',
    (status) => {
      expect(faultOf({ status, body: '<html></html>' })).toMatchObject({ name: 'CallRefused' });
    },
  );

  test.each([
    ['seconds', '30', 30_000],
    ['a date', new Date(NOW + 45_000).toUTCString(), 45_000],
    ['a date that is past', new Date(NOW - 45_000).toUTCString(), 0],
    ['neither', 'soon', undefined],
  ])('says how long to wait: %s', (_what, retryAfter, retryAfterMs) => {
    for (const status of [429, 503]) {
      const fault = faultOf({ status, headers: { 'retry-after': retryAfter }, body: '' });

      expect(fault).toMatchObject({ name: 'WorldFault', retryAfterMs });
    }
  });

  test('puts nothing of what Velt wrote into a fault, which is logged', () => {
    const message = 'User ada@example.com could not be processed';

    const faults = inferred
      .filter(([, , name]) => name === 'WorldFault')
      .map(([status, http]) => faultOf({ status: http, body: { error: { message, status } } }));
    const odd = faultOf({ status: 503, body: { error: { message, status: message } } });

    expect([...faults, odd].map(String).filter((text) => text.includes('ada'))).toEqual([]);
    expect(String(faults[0])).toContain('429 RESOURCE_EXHAUSTED');
  });
});
