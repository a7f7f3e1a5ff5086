import { policyOf } from '../../lib/config.ts';
import { type Auth0Api, createAuth0Api } from '../../lib/sources/auth0/api.ts';
import type { Auth0Config } from '../../lib/sources/auth0/config.ts';
import { Auth0Credentials, createAuth0Tokens } from '../../lib/sources/auth0/credentials.ts';
import { auth0 } from '../../lib/sources/auth0/inbound.ts';
import { readEvery } from '../../lib/sources/rest.ts';
import { createStreamsApi, type Stream, streamDifferences, streamsAt } from '../auth0-streams.ts';
import { type Found, looked, note, ok, wrong } from './finding.ts';
import { credentialsIn } from './secrets.ts';
import { lookAtReadings, lookAtWayIn, mendBy, type Reading, type SourceRoomDeps } from './source.ts';

type Deps = SourceRoomDeps<Auth0Config>;

const HOUR_MS = 60 * 60_000;
const AT = 'The event stream of Auth0';

/**
 * Whether Auth0's API tells what a source needs, its event stream is as `setup auth0` makes it, and delivers. Reads only.
 */
export async function lookAtAuth0(deps: Deps): Promise<Found[]> {
  const credentials = await credentialsIn(deps.source, Auth0Credentials, deps.readSecret);
  if (!credentials) return [note('Auth0 is not asked: the secret directory has no credentials of use.')];
  const { http, clock, random } = deps;
  const api = createAuth0Api({ http, clock, random, credentials: async () => credentials, headroom: 0 });
  const found = await Promise.all([
    looked('The API of Auth0', () => lookAtReadings('Auth0', readingsOf(api, deps))),
    lookAtStream(credentials, api, deps),
  ]);
  return found.flat();
}

/** What runs and catch-up read; whatever is about one of something is read of the first. Its refusals name the scope. */
function readingsOf(api: Auth0Api, { config }: Deps): Reading[] {
  const policy = policyOf(config);
  const members = async (roles: boolean) => {
    const [organization] = (await api.readOrganizations())?.items ?? [];
    if (organization) await api.readMembers(organization.id, { roles });
  };
  return [
    { what: 'users', read: () => api.readUsers() },
    { what: 'organizations', read: () => api.readOrganizations() },
    { what: 'members', read: () => members(false) },
    ...(policy.mayCount('role') ? [{ what: "members' roles", read: () => members(true) }] : []),
    ...(policy.mayCount('group') ? [{ what: 'groups', read: () => api.readGroups() }] : []),
    { what: 'event streams', read: () => api.readEventStreams() },
  ];
}

function lookAtStream(credentials: Auth0Credentials, api: Auth0Api, deps: Deps): Promise<Found[]> {
  const { config, http, clock } = deps;
  const { host: domain } = new URL(credentials.url);
  const { scheme, header } = config;

  return lookAtWayIn(AT, deps, { domain, compare });

  async function compare(url: string, setup: string): Promise<Found[] | undefined> {
    const wanted = { domain, url, name: '', scheme, header, eventTypes: auth0.eventTypes(config) };
    const authorization = await createAuth0Tokens({ http, clock }).authorization(credentials);
    const streams = createStreamsApi(wanted, { tenant: credentials.url, authorization }, http);
    const [stream, ...others] = streamsAt(url, await streams.list());
    if (!stream) return undefined;
    const differences = streamDifferences(stream, { ...wanted, name: stream.name ?? '' });
    const found = differences.map(({ what }) => wrong(`${AT}: ${what}.`, mendBy(setup)));
    return [
      ...found,
      ...(others.length > 0
        ? [
            wrong(
              `${AT} is there ${others.length + 1} times.`,
              'Delete all but one: every event comes twice.',
            ),
          ]
        : []),
      ...(found.length === 0 ? [ok(`${AT} is enabled and subscribed to what is mapped.`)] : []),
      ...(await looked('The failed deliveries of Auth0', () => failures(stream, api, clock))),
    ];
  }
}

/** Catch-up has Auth0 deliver again what failed, and a success leaves Auth0's record: what is in it for long keeps failing. */
async function failures({ id }: Stream, api: Auth0Api, clock: () => number): Promise<Found[]> {
  const since = clock() - HOUR_MS;
  const failed = await readEvery((from) => api.readFailedDeliveries(id, { since, from }));
  const count = failed ? failed.items.length + failed.unreadable : 0;
  if (count === 0) return [ok('Auth0 has no failed delivery of the last hour.')];
  return [
    wrong(
      `Deliveries of Auth0 that failed in the last hour: ${count}.`,
      'The page of the stream in its dashboard says what it was answered: 401 is docs/operations.md#another-credential.',
    ),
  ];
}
