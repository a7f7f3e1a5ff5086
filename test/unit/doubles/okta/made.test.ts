import { describe, expect, test } from 'vitest';
import { makeDirectory } from '../../../../local/doubles/okta/made.ts';
import { makeOkta, readAll } from './org.ts';

describe('made directory', () => {
  const size = { users: 300, groups: 9, membershipsPerUser: 3, seed: 7 };

  test('is the same for the same seed, and another for another', () => {
    const [a, b, c] = [size, size, { ...size, seed: 8 }].map((given) => {
      const { users, groups, members } = makeDirectory(given);
      return { users: [...users], groups, members: [...members] };
    });

    expect(a).toEqual(b);
    expect(a?.users).not.toEqual(c?.users);
    expect(a?.members).not.toEqual(c?.members);
  });

  test('holds unique users of many kinds', () => {
    const users = [...makeDirectory(size).users];

    expect(new Set(users.map(({ id }) => id)).size).toBe(300);
    expect(new Set(users.map(({ profile }) => profile.email)).size).toBe(300);
    expect(new Set(users.map(({ status }) => status))).toContain('DEPROVISIONED');
    expect(users.some(({ profile }) => profile.login !== profile.email)).toBe(true);
    expect(users.some(({ profile }) => /[^ -~]/.test(profile.firstName))).toBe(true);
    expect(users.every(({ id }) => id.length === 20)).toBe(true);
  });

  test('gives every user its distinct memberships in groups of distinct names', () => {
    const { groups, members } = makeDirectory(size);

    const pairs = new Set([...members].map((pair) => pair.join(' ')));

    expect(pairs.size).toBe(900);
    expect(new Set(groups.map(({ profile }) => profile.name)).size).toBe(9);
  });

  test('is read page by page to the last of its people', () => {
    const okta = makeOkta(makeDirectory(size));

    const ids = readAll(okta, '/api/v1/users?search=status%20pr');

    expect(ids).toHaveLength(300);
    expect(okta.calls).toHaveLength(2);
  });
});
