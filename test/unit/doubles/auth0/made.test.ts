import { describe, expect, test } from 'vitest';
import { readConfig } from '../../../../lib/config.ts';
import type { Change } from '../../../../lib/directory/change.ts';
import { createAuth0Api } from '../../../../lib/sources/auth0/api.ts';
import type { Auth0Config } from '../../../../lib/sources/auth0/config.ts';
import { createAuth0Directory } from '../../../../lib/sources/auth0/directory.ts';
import { type Auth0, createAuth0 } from '../../../../local/doubles/auth0/auth0.ts';
import { makeTenant } from '../../../../local/doubles/auth0/made.ts';
import { NOW } from '../../../support/factories.ts';
import { grant, tenantUrl } from './tenant.ts';

/** Reads all of a tenant as the mirror does; what its changes tell of people and memberships. */
async function readAll(auth0: Auth0) {
  const config = readConfig({
    sources: {
      auth0: { kind: 'auth0', organization: 'velt', groups: { include: ['*'] }, roles: { include: ['*'] } },
    },
  });
  const api = createAuth0Api({
    http: async ({ method, url, headers, body }) => {
      const { pathname, search } = new URL(url);
      return auth0.handle({ method, path: pathname + search, headers, ...(body !== undefined && { body }) });
    },
    clock: () => NOW,
    random: () => 0,
    credentials: async () => ({
      url: tenantUrl,
      clientId: grant.client_id,
      clientSecret: grant.client_secret,
    }),
    headroom: 0,
  });
  const directory = createAuth0Directory('auth0', config.sources.auth0 as Auth0Config, api);
  const changes: Change[] = [];
  let cursor: string | undefined;
  do {
    const page = await directory.readPage(cursor);
    changes.push(...page.changes);
    cursor = page.next;
  } while (cursor !== undefined);
  return changes;
}

describe('a made tenant', () => {
  test('is the same for a seed', () => {
    const size = { users: 50, organizations: 3, groups: 4, memberships: 120, seed: 7 };

    const [one, same, other] = [size, size, { ...size, seed: 8 }].map((made) =>
      createAuth0({ directory: makeTenant(made) }).state(),
    );

    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
    expect(Object.keys(one?.users ?? {})).toHaveLength(50);
  });

  test('is read whole by the mirror, beyond the wall of 1,000', async () => {
    const auth0 = createAuth0({
      tenantUrl,
      clock: () => NOW,
      directory: makeTenant({ users: 2_500, organizations: 3, groups: 4, memberships: 4_000, seed: 7 }),
    });

    const changes = await readAll(auth0);
    const state = auth0.state();

    const told = (kind: string) =>
      new Set(
        changes.flatMap((change) =>
          change.kind === 'membership' && change.container.kind === kind
            ? [`${change.container.id} ${change.personId}`]
            : [],
        ),
      );
    const held = Object.entries(state.organizations).flatMap(([id, { members }]) =>
      Object.keys(members).map((userId) => `${id} ${userId}`),
    );
    const grouped = Object.entries(state.groups).flatMap(([id, { users }]) =>
      users.map((userId) => `${id} ${userId}`),
    );
    const read = new Set(changes.flatMap((change) => (change.kind === 'person' ? [change.personId] : [])));
    expect(read).toEqual(new Set(Object.keys(state.users)));
    expect(told('organization')).toEqual(new Set(held));
    expect([...told('group')]).toEqual(expect.arrayContaining(grouped));
    expect(held.length + grouped.length).toBe(4_000);
  });
});
