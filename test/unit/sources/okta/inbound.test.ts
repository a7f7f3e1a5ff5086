import { describe, expect, test } from 'vitest';
import { answerChallenge } from '../../../../lib/sources/okta/inbound.ts';

describe('a challenge', () => {
  test('comes back as it was sent', () => {
    expect(answerChallenge({ 'x-okta-verification-challenge': 'a-b_c=' })).toEqual({
      verification: 'a-b_c=',
    });
  });

  test('has no answer where there is none', () => {
    expect(() => answerChallenge({})).toThrow('x-okta-verification-challenge is missing');
  });
});
