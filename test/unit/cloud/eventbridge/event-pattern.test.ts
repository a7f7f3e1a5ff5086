import { describe, expect, it } from 'vitest';
import { type EventPattern, matchesPattern } from '../../../../local/cloud/eventbridge/event-pattern.ts';

const event = {
  source: 'aws.partner/okta.com/example/velt',
  detail: { eventType: 'user.lifecycle.create', severity: null, tags: ['a', 'b'] },
};

describe('an event pattern', () => {
  it.each<[string, EventPattern]>([
    ['one of several values', { detail: { eventType: ['group.lifecycle.create', 'user.lifecycle.create'] } }],
    ['a prefix', { source: [{ prefix: 'aws.partner/okta.com/' }] }],
    ['null', { detail: { severity: [null] } }],
    ['an item of a list', { detail: { tags: ['b'] } }],
    ['nothing', {}],
  ])('is met by %s', (_what, pattern) => {
    expect(matchesPattern(pattern, event)).toBe(true);
  });

  it.each<[string, EventPattern]>([
    ['another value', { detail: { eventType: ['user.session.start'] } }],
    ['a value in other letters', { detail: { eventType: ['User.Lifecycle.Create'] } }],
    ['a prefix of something else', { source: [{ prefix: 'aws.partner/auth0.com/' }] }],
    ['a key that is missing', { detail: { outcome: ['SUCCESS'] } }],
    ['a level that is missing', { detail: { outcome: { result: ['SUCCESS'] } } }],
    ['only one of two keys', { source: ['other'], detail: { eventType: ['user.lifecycle.create'] } }],
    ['a key that every object inherits', { constructor: [{ prefix: '' }] }],
  ])('is not met by %s', (_what, pattern) => {
    expect(matchesPattern(pattern, event)).toBe(false);
  });

  it('with an operator that is not imitated is refused, even if another part decides', () => {
    const pattern = { source: ['other'], detail: { eventType: [{ 'anything-but': 'x' }] } };

    expect(() => matchesPattern(pattern as unknown as EventPattern, event)).toThrow(/anything-but/);
  });
});
