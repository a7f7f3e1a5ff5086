import { randomUUID } from 'node:crypto';
import type { Auth0 } from '../doubles/auth0/auth0.ts';
import { addressOf, group, named, person, type VendorFace } from './vendor.ts';

/** The double of Auth0 for a page: an event stream delivers each event by itself. Its groups here are organizations. */
export function auth0Face(auth0: Auth0): VendorFace {
  const newId = (prefix: string) => `${prefix}${randomUUID().replaceAll('-', '').slice(0, 16)}`;
  return {
    people: () =>
      Object.values(auth0.state().users).map(({ user_id, name = user_id, blocked }) => ({
        ...{ id: user_id, name, state: blocked ? 'blocked' : 'active' },
      })),
    groups: () =>
      Object.values(auth0.state().organizations).map(({ id, name, display_name = name, members }) => ({
        ...{ id, name: display_name, members: Object.keys(members) },
      })),
    acts: {
      'create a person': {
        about: 'as if they signed up',
        fields: [named('Name', 'Grace Example')],
        run({ name = '' }) {
          const user_id = newId('auth0|');
          const email = addressOf(name, user_id.slice('auth0|'.length));
          return auth0.createUser({ user_id, name, email, email_verified: true });
        },
      },
      'rename a person': {
        about: 'in their profile',
        fields: [person, named('New name', 'Grace Beispiel')],
        run: ({ person = '', name = '' }) => auth0.updateUser(person, { name }),
      },
      'create an organization': {
        about: 'with nobody in it',
        fields: [named('Name', 'Example Shop')],
        run({ name = '' }) {
          const id = newId('org_');
          return auth0.createOrganization({ id, name: id.replace('_', '-'), display_name: name });
        },
      },
      'add to an organization': {
        ...{ about: 'a person', fields: [person, { ...group, label: 'Organization' }] },
        run: ({ person = '', group = '' }) => auth0.addMember(group, person),
      },
      'take out of an organization': {
        ...{ about: 'a person', fields: [person, { ...group, label: 'Organization' }] },
        run: ({ person = '', group = '' }) => auth0.removeMember(group, person),
      },
      block: { about: 'for a while', fields: [person], run: ({ person = '' }) => auth0.blockUser(person) },
      unblock: { about: 'back again', fields: [person], run: ({ person = '' }) => auth0.unblockUser(person) },
      delete: { about: 'for good', fields: [person], run: ({ person = '' }) => auth0.deleteUser(person) },
    },
  };
}
