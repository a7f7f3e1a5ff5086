import { readConfig } from '../../lib/config.ts';
import type { PersonChange } from '../../lib/directory/change.ts';
import { readBack } from '../../lib/reconcile/drift.ts';
import { createVelt as createVeltClient, type Velt } from '../../lib/velt/client.ts';
import type { ListedUser } from '../../lib/velt/schema.ts';
import { createVelt as createDouble, type VeltOptions } from '../../local/doubles/velt/velt.ts';
import { makeDelivery } from './delivery.ts';
import { membershipChange, personChange } from './factories.ts';
import { makeRuns } from './memory-runs.ts';
import { httpTo } from './velt-http.ts';

const credentials = { apiKey: 'key', authToken: 'token' };
export const oktaOf = (organization: string, more: object = {}) => ({ kind: 'okta', organization, ...more });
const acme = { okta: oktaOf('acme') };

interface Setup {
  sources?: Record<string, object>;
  adopt?: boolean;
  reconcile?: object;
  options?: Partial<VeltOptions>;
}

/** Deliver and read-back around one Velt, whose people can also be changed by hand. */
export function makeReadBack({ sources = acme, adopt = false, reconcile = {}, options = {} }: Setup = {}) {
  const delivery = makeDelivery(sources);
  const { deps, time, queued, run } = delivery;
  const double = createDouble({ ...credentials, ...options });
  deps.velt = createVeltClient({
    http: httpTo(double, time),
    credentials: async () => credentials,
    baseUrl: 'https://velt.example.com',
    usersAdd: deps.config.velt.usersAdd,
    ...{ clock: time.clock, sleep: time.sleep, random: () => 0 },
  });
  const config = readConfig({ sources, velt: { adopt }, reconcile });
  const runs = makeRuns();
  const look = (more: object = {}) => readBack(time.now + 60_000, { ...deps, runs, config, ...more });
  /** Looks, and delivers what that queued. */
  const repair = async () => {
    const drift = await look();
    for (const changes of queued.splice(0)) await run(...changes);
    return drift;
  };
  const state = (organizationId = 'acme') => {
    const { users = {}, groups = {} } = double.state().organizations[organizationId] ?? {};
    return { users: Object.keys(users), members: groups.engineers?.members ?? [] };
  };
  return { ...delivery, byHand: double.byHand, double, look, repair, state };
}

export const joins = (personId: string, more: Partial<PersonChange> = {}) =>
  personChange({
    personId,
    exists: true,
    profile: { name: `${personId} Example`, email: `${personId}@example.com` },
    ...more,
  });
export const engineers = (personId: string) =>
  membershipChange({ personId, container: { kind: 'group', id: 'engineers', name: 'Engineers' } });

export const STAFF = ['ada', 'bob', 'cleo', 'dan'];
/** Four people, all in one group: eight things that Velt confirmed. */
export const staff = STAFF.flatMap((id) => [joins(id), engineers(id)]);

export type Page = Awaited<ReturnType<Velt['readUsers']>>;

export const listingOf = (users: ListedUser[], next?: string): Page => ({ users, next });
export const listed = (userId: string): ListedUser => ({
  userId,
  name: `${userId} Example`,
  email: `${userId}@example.com`,
});

/** A Velt that lists what the test says, by the token it is asked with; groups are as they should be. */
export function listing(velt: Velt, pages: (token: string | undefined) => Page) {
  const tokens: (string | undefined)[] = [];
  const readUsers: Velt['readUsers'] = async (of, token, deadline) => {
    if (of.groupId !== undefined) return velt.readUsers(of, token, deadline);
    if (tokens.push(token) > 9) throw new Error('the list is read for ever');
    return pages(token);
  };
  return { velt: { ...velt, readUsers }, tokens };
}
