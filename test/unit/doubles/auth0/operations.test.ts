import { describe, expect, test } from 'vitest';
import { mapBody } from '../../../../lib/sources/auth0/inbound.ts';
import type { Auth0, Auth0Event } from '../../../../local/doubles/auth0/auth0.ts';
import { NOW } from '../../../support/factories.ts';
import { acme, ada, admin, alan, makeAuth0, saml, team, typesOf, userMember } from './tenant.ts';

test('an address is not verified until it is said to be, nor is another after it', () => {
  const { auth0 } = makeAuth0();
  const verified = () => auth0.state().users['auth0|grace']?.email_verified;
  auth0.createUser({ user_id: 'auth0|grace', email: 'grace@example.com', email_verified: true });
  auth0.createUser({ user_id: 'auth0|eve', email: 'eve@example.com' });

  const said = [{ email: 'grace@example.com' }, { email: 'g@example.com' }, { email_verified: true }].map(
    (changes) => {
      auth0.updateUser('auth0|grace', changes);
      return verified();
    },
  );

  expect([said, auth0.state().users['auth0|eve']?.email_verified]).toEqual([[true, false, true], false]);
});

describe('what an admin does', () => {
  test.each<[string, (auth0: Auth0) => Auth0Event[], string[]]>([
    ['creates a user', (auth0) => auth0.createUser({ user_id: 'auth0|grace' }), ['user.created']],
    ['changes a user', (auth0) => auth0.updateUser(ada.user_id, { name: 'Ada L.' }), ['user.updated']],
    ['blocks a user', (auth0) => auth0.blockUser(ada.user_id), ['user.updated']],
    ['sees a login', (auth0) => auth0.login(ada.user_id), ['user.updated']],
    ['deletes a user', (auth0) => auth0.deleteUser(ada.user_id), ['user.deleted']],
    ['links two users', (auth0) => auth0.link(ada.user_id, alan.user_id), ['user.deleted', 'user.updated']],
    [
      'creates an organization',
      (auth0) => auth0.createOrganization({ id: 'org_2', name: 'two' }),
      ['organization.created'],
    ],
    [
      'renames an organization',
      (auth0) => auth0.updateOrganization(acme.id, { name: 'acme2' }),
      ['organization.updated'],
    ],
    ['deletes an organization', (auth0) => auth0.deleteOrganization(acme.id), ['organization.deleted']],
    ['adds a member', (auth0) => auth0.addMember(acme.id, ada.user_id), ['organization.member.added']],
    ['removes nobody', (auth0) => auth0.removeMember(acme.id, ada.user_id), []],
    ['ends no role', (auth0) => auth0.unassignRole(acme.id, ada.user_id, admin.id), []],
    [
      'creates a group',
      (auth0) =>
        auth0.createGroup({ id: 'grp_2', name: 'Two', type: 'organization', organization_id: acme.id }),
      ['group.created'],
    ],
    ['renames a group', (auth0) => auth0.updateGroup(team.id, { name: 'Crew' }), ['group.updated']],
    ['deletes a group', (auth0) => auth0.deleteGroup(team.id), ['group.deleted']],
    [
      'adds a member to a group',
      (auth0) => auth0.addGroupMember(team.id, userMember(ada.user_id)),
      ['group.member.added'],
    ],
    [
      'adds a connection to a group and takes it out',
      (auth0) => {
        const member = { member_type: 'connection' as const, id: saml.id };
        return [...auth0.addGroupMember(team.id, member), ...auth0.removeGroupMember(team.id, member)];
      },
      ['group.member.added', 'group.member.deleted'],
    ],
    [
      'gives a group a role in an organization and takes it away',
      (auth0) => [
        ...auth0.assignOrganizationGroupRole(acme.id, team.id, admin.id),
        ...auth0.removeOrganizationGroupRole(acme.id, team.id, admin.id),
      ],
      ['organization.group.role.assigned', 'organization.group.role.deleted'],
    ],
  ])('%s: the mirror understands every event', (_what, act, types) => {
    const { auth0 } = makeAuth0();

    const events = act(auth0);
    const mapped = events.map((event) =>
      mapBody(event, { source: 'auth0', latest: NOW, config: { api: { headroom: 0 } } }),
    );

    expect(typesOf(events)).toEqual(types);
    expect(mapped.flatMap(({ ignored, unreadable }) => [...ignored, ...unreadable])).toEqual([]);
    expect(mapped.every(({ changes }) => changes.length > 0)).toBe(true);
  });

  test('gets events in the envelope and with the objects that Auth0 documents', () => {
    const { auth0 } = makeAuth0();

    const [event] = auth0.addMember(acme.id, ada.user_id);

    expect(event).toEqual({
      specversion: '1.0',
      type: 'organization.member.added',
      source: 'urn:auth0:example-tenant.us.auth0.com',
      id: expect.stringMatching(/^evt_[A-Za-z0-9]{22}$/),
      time: new Date(NOW + 4).toISOString(),
      data: {
        object: { organization: { id: 'org_acme', name: 'acme' }, user: { user_id: 'auth0|ada' } },
        context: { tenant: { id: 'example-tenant' } },
      },
      a0tenant: 'example-tenant',
      a0stream: expect.stringMatching(/^est_[A-Za-z0-9]{22}$/),
    });
  });

  test('ends what belongs to a user, an organization or a group without a word of it', () => {
    const { auth0 } = makeAuth0();

    auth0.createGroup({ id: 'grp_own', name: 'Own', type: 'organization', organization_id: acme.id });
    auth0.addMember(acme.id, ada.user_id);
    auth0.addMember(acme.id, alan.user_id);
    auth0.assignRole(acme.id, ada.user_id, admin.id);
    auth0.addGroupMember(team.id, userMember(ada.user_id));
    auth0.deleteUser(ada.user_id);
    auth0.createUser(ada);
    auth0.addMember(acme.id, ada.user_id);
    const again = auth0.state();
    auth0.deleteOrganization(acme.id);
    const withoutAcme = auth0.state();

    expect(again.organizations[acme.id]?.members).toEqual({ [ada.user_id]: [], [alan.user_id]: [] });
    expect(again.groups[team.id]?.users).toEqual([]);
    expect(withoutAcme.organizations).toEqual({});
    expect(Object.keys(withoutAcme.groups)).toEqual([team.id]);
  });

  test('can be told of all that ends with it', () => {
    const { auth0 } = makeAuth0({ cascades: true });

    auth0.addMember(acme.id, ada.user_id);
    auth0.assignRole(acme.id, ada.user_id, admin.id);
    auth0.addGroupMember(team.id, userMember(ada.user_id));
    const events = auth0.deleteUser(ada.user_id);

    expect(typesOf(events)).toEqual([
      'organization.member.role.deleted',
      'organization.member.deleted',
      'group.member.deleted',
      'user.deleted',
    ]);
  });

  test('links an account to another, which then is found by both connections; unlinked it comes back without metadata', () => {
    const { auth0, get } = makeAuth0();
    const google = `users?q=${encodeURIComponent('identities.connection:"google-oauth2"')}`;

    auth0.link(ada.user_id, alan.user_id);
    const [linked, gone] = [get(google).json, get('users/google-oauth2%7Calan').status];
    const events = auth0.unlink(ada.user_id, alan.user_id);
    const restored = get('users/google-oauth2%7Calan').json;

    expect(linked).toMatchObject([
      { user_id: ada.user_id, identities: [{ provider: 'auth0' }, { provider: 'google-oauth2' }] },
    ]);
    expect(gone).toBe(404);
    expect(typesOf(events)).toEqual(['user.updated', 'user.created']);
    expect(restored).toMatchObject({
      email: 'alan@example.com',
      identities: [{ connection: 'google-oauth2' }],
    });
    expect(restored).not.toHaveProperty('app_metadata');
  });
});
