import { describe, expect, test } from 'vitest';
import { eventTypes } from '../../../../lib/sources/auth0/inbound.ts';
import { UNMIRRORED } from '../../../support/auth0-mapping.ts';
import { sourceConfig } from '../../../support/factories.ts';

describe('what Auth0 should send', () => {
  const auth0 = (config: object = {}) => {
    return eventTypes(sourceConfig({ kind: 'auth0', ...config }));
  };
  const people = ['user.created', 'user.updated', 'user.deleted'];
  const organizations = ['organization.created', 'organization.updated', 'organization.deleted'];
  const members = ['organization.member.added', 'organization.member.deleted'];
  const always = [...people, ...organizations, ...members];
  const memberRoles = ['organization.member.role.assigned', 'organization.member.role.deleted'];
  const groupRoles = ['organization.group.role.assigned', 'organization.group.role.deleted'];
  const groups = [
    'group.created',
    'group.updated',
    'group.deleted',
    'group.member.added',
    'group.member.deleted',
  ];
  const none = { include: [] };
  const neither = { groups: none, roles: none };
  const everything = [...always, ...memberRoles, ...groupRoles, ...groups];

  test.each([
    ['everything that is mirrored', {}, everything],
    ['the end of connections too, where there is an api', { api: {} }, [...everything, 'connection.deleted']],
    ['no groups where none is mirrored', { groups: none }, [...always, ...memberRoles]],
    ['no roles where none is mirrored', { roles: none }, [...always, ...groups]],
    ['people and organizations only', neither, always],
    ['no connections where no group is mirrored', { api: {}, groups: none }, [...always, ...memberRoles]],
    [
      'groups and roles where they decide on who is mirrored',
      { ...neither, users: { groups: ['Staff'] } },
      everything,
    ],
    [
      'groups and roles where they give access to a folder',
      { ...neither, grants: [{ group: 'Staff', folderId: 'f' }] },
      everything,
    ],
    [
      'groups and roles where they give a role at Velt',
      { ...neither, access: [{ group: 'Contractors', role: 'viewer' }] },
      everything,
    ],
  ])('is %s', (_what, config, types) => {
    expect(auth0(config).toSorted()).toEqual(types.toSorted());
  });

  test('is nothing that is always ignored', () => {
    const unmirrored = UNMIRRORED.map(([type]) => type);

    expect(auth0({ api: {} }).filter((type) => unmirrored.includes(type))).toEqual([]);
  });
});
