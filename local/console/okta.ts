import { randomUUID } from 'node:crypto';
import type { Okta } from '../doubles/okta/okta.ts';
import { addressOf, group, named, partsOf, person, type VendorFace } from './vendor.ts';

/** The double of Okta for a page: an event hook delivers what its System Log gets. */
export function oktaFace(okta: Okta): VendorFace {
  // As long and as random as Okta's own ids.
  const newId = (prefix: string) => `${prefix}${randomUUID().replaceAll('-', '').slice(0, 17)}`;
  const hooked = (events: object[]) => (events.length > 0 ? [envelope(events)] : []);
  return {
    people: () =>
      [...okta.users.values()].map(({ id, status = 'ACTIVE', profile: { firstName, lastName } }) => ({
        ...{ id, name: `${firstName} ${lastName}`, state: status.toLowerCase() },
      })),
    groups: () =>
      [...okta.groups.values()].map(({ id, profile: { name } }) => ({
        ...{ id, name, members: [...okta.membersOf(id)] },
      })),
    acts: {
      'create a person': {
        about: 'who is active at once',
        fields: [named('Name', 'Ada Example')],
        run({ name = '' }) {
          const [id, { first: firstName, last: lastName }] = [newId('00u'), partsOf(name)];
          const login = addressOf(name, id);
          return hooked(okta.createUser({ id, profile: { firstName, lastName, login, email: login } }));
        },
      },
      'rename a person': {
        about: 'by a first and a last name',
        fields: [person, named('New name', 'Ada Beispiel')],
        run({ person = '', name = '' }) {
          const { first: firstName, last: lastName } = partsOf(name);
          return hooked(okta.updateProfile(person, { firstName, lastName }));
        },
      },
      'create a group': {
        about: 'with nobody in it',
        fields: [named('Name', 'Design')],
        run: ({ name = '' }) => hooked(okta.createGroup({ id: newId('00g'), profile: { name } })),
      },
      'add to a group': {
        ...{ about: 'a person', fields: [person, group] },
        run: ({ person = '', group = '' }) => hooked(okta.addMember(group, person)),
      },
      'take out of a group': {
        ...{ about: 'a person', fields: [person, group] },
        run: ({ person = '', group = '' }) => hooked(okta.removeMember(group, person)),
      },
      suspend: {
        ...{ about: 'for a while', fields: [person] },
        run: ({ person = '' }) => hooked(okta.suspend(person)),
      },
      unsuspend: {
        ...{ about: 'back again', fields: [person] },
        run: ({ person = '' }) => hooked(okta.unsuspend(person)),
      },
      deactivate: {
        ...{ about: 'a leaver', fields: [person] },
        run: ({ person = '' }) => hooked(okta.deactivate(person)),
      },
      delete: {
        ...{ about: 'for good', fields: [person] },
        run: ({ person = '' }) => hooked(okta.deleteUser(person)),
      },
    },
  };
}

/** What an event hook sends (developer.okta.com/docs/concepts/event-hooks, 2026-08). */
function envelope(events: object[]): object {
  return {
    ...{ eventType: 'com.okta.event_hook', eventTypeVersion: '1.0', cloudEventsVersion: '0.1' },
    ...{ source: 'https://example-org.okta.com/api/v1/eventHooks/whoEXAMPLE', eventId: randomUUID() },
    ...{ data: { events }, eventTime: new Date().toISOString(), contentType: 'application/json' },
  };
}
