import type { Client, Collection } from '@okta/okta-sdk-nodejs';
import type { OktaApi } from '../../lib/sources/okta/api.ts';
import type { HooksApi } from '../../scripts/okta-hooks.ts';
import { hookBody } from '../../scripts/okta-recipe.ts';
import { ADA, CREDENTIAL, WANTED } from './okta-world.ts';
import type { Pair } from './pairs.ts';

type Ids = { hook: string };
type Calls<Api, Name extends keyof Api> = Record<Name, Pair<Api, Client, Ids>>;

const SINCE = '2026-09-01T00:00:00.000Z';
const TYPES = ['user.lifecycle.create', 'user.lifecycle.deactivate'];
const hook = () => hookBody(WANTED, CREDENTIAL);

/** The first page of a list, which the client asks for only when somebody looks at it. */
async function pageOf<T>(list: Promise<Collection<T>>): Promise<T[]> {
  return (await (await list).getNextPage()) as T[];
}

/** Each call of the mirror; the other member of the API only counts calls. */
export const reading = {
  readUsers: {
    ours: (api) => api.readUsers(undefined),
    theirs: (okta) => pageOf(okta.userApi.listUsers({ limit: 200 })),
  },
  readDeactivated: {
    ours: (api) => api.readDeactivated(undefined),
    theirs: (okta) => pageOf(okta.userApi.listUsers({ filter: 'status eq "DEPROVISIONED"', limit: 200 })),
  },
  readUser: {
    ours: (api) => api.readUser(ADA),
    theirs: (okta) => okta.userApi.getUser({ userId: ADA }),
  },
  readUserGroups: {
    ours: (api) => api.readUserGroups(ADA),
    theirs: (okta) => pageOf(okta.userApi.listUserGroups({ userId: ADA })),
    // Okta's own links have it (recorded in its Terraform provider).
    unknownToClient: ['limit'],
  },
  readGroups: {
    ours: (api) => api.readGroups(undefined),
    theirs: (okta) => pageOf(okta.groupApi.listGroups({ limit: 200 })),
  },
  readGroupUsers: {
    ours: (api) => api.readGroupUsers('00gDesign', undefined),
    theirs: (okta) => pageOf(okta.groupApi.listGroupUsers({ groupId: '00gDesign', limit: 200 })),
  },
  readGroup: {
    ours: (api) => api.readGroup('00gDesign'),
    theirs: (okta) => okta.groupApi.getGroup({ groupId: '00gDesign' }),
  },
  readApp: {
    ours: (api) => api.readApp('0oaVelt'),
    theirs: (okta) => okta.applicationApi.getApplication({ appId: '0oaVelt' }),
  },
  readAppUsers: {
    ours: (api) => api.readAppUsers('0oaVelt', undefined),
    theirs: (okta) => {
      const query = { appId: '0oaVelt', expand: 'user', limit: 500 };
      return pageOf(okta.applicationApi.listApplicationUsers(query));
    },
  },
  readAppUser: {
    ours: (api) => api.readAppUser('0oaVelt', ADA),
    theirs: (okta) => okta.applicationApi.getApplicationUser({ appId: '0oaVelt', userId: ADA }),
  },
  /** Twice: from a moment on, and from where that page ended. */
  readLogs: {
    // Recorded in Okta's events.
    beside: '{ device: null }',
    ours: async (api) => {
      const { next } = await api.readLogs(TYPES, Date.parse(SINCE), undefined);
      await api.readLogs(TYPES, Date.parse(SINCE), next);
    },
    theirs: async (okta) => {
      const filter = TYPES.map((type) => `eventType eq "${type}"`).join(' or ');
      const query = { since: SINCE, filter, limit: 1_000, sortOrder: 'ASCENDING' } as const;
      const list = okta.systemLogApi.listLogEvents(query);
      await pageOf(list);
      return pageOf(list);
    },
  },
} satisfies Calls<OktaApi, Exclude<keyof OktaApi, 'respect'>>;

/** Each call of `npm run sync -- setup okta`. */
export const settingUp = {
  list: {
    ours: (api) => api.list(),
    theirs: (okta) => pageOf(okta.eventHookApi.listEventHooks()),
  },
  read: {
    ours: (api, { hook }) => api.read(hook),
    theirs: (okta, { hook }) => okta.eventHookApi.getEventHook({ eventHookId: hook }),
  },
  create: {
    sends: 'Json<EventHook>',
    ours: (api) => api.create(hook()),
    theirs: (okta) => okta.eventHookApi.createEventHook({ eventHook: hook() as never }),
  },
  update: {
    sends: 'Json<EventHook>',
    ours: (api, { hook: id }) => api.update(id, hook()),
    theirs: (okta, { hook: id }) =>
      okta.eventHookApi.replaceEventHook({ eventHookId: id, eventHook: hook() as never }),
  },
  activate: {
    ours: (api, { hook }) => api.activate(hook),
    theirs: (okta, { hook }) => okta.eventHookApi.activateEventHook({ eventHookId: hook }),
  },
  verify: {
    ours: (api, { hook }) => api.verify(hook),
    theirs: (okta, { hook }) => okta.eventHookApi.verifyEventHook({ eventHookId: hook }),
  },
} satisfies Calls<HooksApi, keyof HooksApi>;
