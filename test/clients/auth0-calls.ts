import type { ManagementClient } from 'auth0';
import type { Auth0Api } from '../../lib/sources/auth0/api.ts';
import { USER_FIELDS } from '../../lib/sources/auth0/schema.ts';
import { streamBody, TEST_EVENT } from '../../scripts/auth0-recipe.ts';
import type { StreamsApi } from '../../scripts/auth0-streams.ts';
import { ADA, CREDENTIAL, WANTED } from './auth0-world.ts';
import type { Pair } from './pairs.ts';

type Ids = { stream: string };
type Calls<Api, Name extends keyof Api> = Record<Name, Pair<Api, ManagementClient, Ids>>;

const SINCE = Date.parse('2026-01-01T00:00:00.000Z');
const USER = { fields: USER_FIELDS.join(), include_fields: true };
const NUMBERED = { page: 0, per_page: 100, include_totals: true };

/** The client sends the credential of a webhook, but its types have only what Auth0 shows of it. */
export interface WithToken {
  destination: { configuration: { webhook_authorization: { token: string } } };
}

/** What the client says that it resolves a list with. */
const answerOf = async <T>(page: Promise<{ response: T }>): Promise<T> => (await page).response;

/** Each call of the mirror; the other two members of the API only count calls. */
export const reading = {
  readUser: {
    ours: (api) => api.readUser(ADA),
    theirs: (auth0) => auth0.users.get(ADA, USER),
  },
  readUsersByEmail: {
    ours: (api) => api.readUsersByEmail('ada@example.com'),
    theirs: (auth0) => auth0.users.listUsersByEmail({ email: 'ada@example.com', ...USER }),
  },
  readUsers: {
    ours: (api) => api.readUsers(),
    theirs: (auth0) => {
      const search = { q: 'created_at:[* TO *]', sort: 'created_at:1', search_engine: 'v3' } as const;
      return answerOf(auth0.users.list({ ...search, ...NUMBERED, ...USER }));
    },
  },
  readUserOrganizations: {
    ours: (api) => api.readUserOrganizations(ADA),
    theirs: (auth0) => answerOf(auth0.users.organizations.list(ADA, NUMBERED)),
  },
  readMemberRoles: {
    ours: (api) => api.readMemberRoles('org_acme', ADA),
    theirs: (auth0) => answerOf(auth0.organizations.members.roles.list('org_acme', ADA, NUMBERED)),
  },
  readUserGroups: {
    ours: (api) => api.readUserGroups(ADA),
    theirs: (auth0) => answerOf(auth0.users.groups.get(ADA, { take: 100 })),
  },
  readOrganizations: {
    ours: (api) => api.readOrganizations(),
    theirs: (auth0) => answerOf(auth0.organizations.list({ take: 50 })),
  },
  readOrganization: {
    ours: (api) => api.readOrganization('org_acme'),
    theirs: (auth0) => auth0.organizations.get('org_acme'),
  },
  readMembers: {
    ours: (api) => api.readMembers('org_acme', { roles: true }),
    theirs: (auth0) => {
      const query = { take: 100, fields: 'user_id,roles', include_fields: true };
      return answerOf(auth0.organizations.members.list('org_acme', query));
    },
  },
  readOrganizationGroups: {
    ours: (api) => api.readOrganizationGroups('org_acme'),
    theirs: (auth0) => answerOf(auth0.organizations.groups.list('org_acme', { take: 50 })),
  },
  readGroupRoles: {
    ours: (api) => api.readGroupRoles('org_acme', 'grp_design'),
    theirs: (auth0) =>
      answerOf(auth0.organizations.groups.roles.list('org_acme', 'grp_design', { take: 100 })),
  },
  readGroups: {
    ours: (api) => api.readGroups(),
    theirs: (auth0) => answerOf(auth0.groups.list({ take: 50 })),
  },
  readGroup: {
    ours: (api) => api.readGroup('grp_saml'),
    theirs: (auth0) => auth0.groups.get('grp_saml'),
  },
  readGroupMembers: {
    ours: (api) => api.readGroupMembers('grp_design'),
    theirs: (auth0) => answerOf(auth0.groups.members.get('grp_design', { take: 100 })),
  },
  readConnection: {
    ours: (api) => api.readConnection('con_acmeSaml00000001'),
    theirs: (auth0) =>
      auth0.connections.get('con_acmeSaml00000001', { fields: 'id,name', include_fields: true }),
  },
  readEventStreams: {
    ours: (api) => api.readEventStreams(),
    theirs: (auth0) => answerOf(auth0.eventStreams.list({ take: 100 })),
  },
  readFailedDeliveries: {
    ours: (api, { stream }) => api.readFailedDeliveries(stream, { since: SINCE }),
    theirs: (auth0, { stream }) => {
      const query = { statuses: 'failed', date_from: '2026-01-01T00:00:00Z', take: 100 };
      return answerOf(auth0.eventStreams.deliveries.list(stream, query));
    },
  },
  redeliver: {
    sends: 'Management.CreateEventStreamRedeliveryRequestContent',
    ours: (api, { stream }) => api.redeliver(stream, SINCE),
    theirs: (auth0, { stream }) =>
      auth0.eventStreams.redeliveries.create(stream, {
        ...{ date_from: '2026-01-01T00:00:00Z', statuses: ['failed'] },
      }),
  },
} satisfies Calls<Auth0Api, Exclude<keyof Auth0Api, 'respect' | 'mostAtOnce'>>;

/** Each call of `npm run sync -- setup auth0`. */
export const settingUp = {
  list: {
    ours: (api) => api.list(),
    theirs: (auth0) => answerOf(auth0.eventStreams.list({ take: 50 })),
  },
  read: {
    ours: (api, { stream }) => api.read(stream),
    theirs: (auth0, { stream }) => auth0.eventStreams.get(stream),
  },
  create: {
    sends: 'Management.EventStreamsCreateRequest & WithToken',
    ours: (api) => api.create(streamBody(WANTED, CREDENTIAL)),
    theirs: (auth0) => auth0.eventStreams.create(streamBody(WANTED, CREDENTIAL) as never),
  },
  update: {
    sends: 'Management.UpdateEventStreamRequestContent & WithToken',
    ours: (api, { stream }) => api.update(stream, streamBody(WANTED, CREDENTIAL)),
    theirs: (auth0, { stream }) => auth0.eventStreams.update(stream, streamBody(WANTED, CREDENTIAL) as never),
  },
  test: {
    sends: 'Management.CreateEventStreamTestEventRequestContent',
    ours: (api, { stream }) => api.test(stream),
    theirs: (auth0, { stream }) => auth0.eventStreams.test(stream, TEST_EVENT as never),
  },
} satisfies Calls<StreamsApi, keyof StreamsApi>;
