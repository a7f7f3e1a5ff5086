import { describe, expect, test } from 'vitest';
import { isAccepted, readCredential, WebhookCredentials, writeCredential } from '../../../lib/http/bearer.ts';

describe('the credential in a header', () => {
  test.each(['bearer', 'basic', 'none'] as const)('is read back as it was written: %s', (scheme) => {
    const credential = 'höok:pässwort with spaces';

    const read = readCredential(writeCredential(credential, scheme), scheme);

    expect(read).toBe(credential);
  });

  test.each(['bearer t0ken', 'BEARER t0ken', 'Bearer   t0ken', ' Bearer t0ken '])(
    'is read whatever the case of the scheme and the spaces around it: "%s"',
    (value) => {
      expect(readCredential(value, 'bearer')).toBe('t0ken');
    },
  );

  test.each([
    ['an absent header', undefined],
    ['a bare value', 't0ken'],
    ['another scheme', 'Basic t0ken'],
    ['a scheme alone', 'Bearer '],
    ['nothing', ''],
  ])('is undefined for %s where a bearer token is expected', (_what, value) => {
    expect(readCredential(value, 'bearer')).toBeUndefined();
  });

  test('is the whole value where the source knows no scheme', () => {
    expect(readCredential('Bearer t0ken', 'none')).toBe('Bearer t0ken');
  });
});

describe('an accepted credential', () => {
  test('is the current or the previous one', () => {
    const accepted = ['new', 'old'];

    expect(isAccepted('new', accepted)).toBe(true);
    expect(isAccepted('old', accepted)).toBe(true);
  });

  test.each(['', 'ne', 'newer', 'NEW', 'undefined'])('is not "%s"', (given) => {
    expect(isAccepted(given, ['new', undefined])).toBe(false);
  });

  test('does not exist where none is configured', () => {
    expect(isAccepted('anything', [])).toBe(false);
  });
});

test('an empty credential cannot be configured', () => {
  expect(WebhookCredentials.safeParse({ okta: { current: '' } }).success).toBe(false);
  expect(WebhookCredentials.safeParse({ okta: { current: 'a', previous: '' } }).success).toBe(false);
});
