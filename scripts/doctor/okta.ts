import { createOktaApi } from '../../lib/sources/okta/api.ts';
import { applicationOf, type OktaConfig } from '../../lib/sources/okta/config.ts';
import { createOktaTokens, OktaCredentials } from '../../lib/sources/okta/credentials.ts';
import { logEventTypes, okta } from '../../lib/sources/okta/inbound.ts';
import { createHooksApi, hookDifferences, hooksAt } from '../okta-hooks.ts';
import { Refused } from '../setup-report.ts';
import { type Found, looked, note, ok, wrong } from './finding.ts';
import { credentialsIn } from './secrets.ts';
import { lookAtReadings, lookAtWayIn, mendBy, type Reading, type SourceRoomDeps } from './source.ts';

type Deps = SourceRoomDeps<OktaConfig>;

/** Whether Okta's API tells what a source needs, and its event hook is as `setup okta` makes it. Reads only. */
export async function lookAtOkta(deps: Deps): Promise<Found[]> {
  const credentials = await credentialsIn(deps.source, OktaCredentials, deps.readSecret);
  if (!credentials) return [note('Okta is not asked: the secret directory has no credentials of use.')];
  const found = await Promise.all([
    looked('The API of Okta', () => lookAtReadings('Okta', readingsOf(credentials, deps))),
    lookAtHook(credentials, deps),
  ]);
  return found.flat();
}

/** One page of each list that runs and catch-up read. */
function readingsOf(credentials: OktaCredentials, { config, http, clock, random }: Deps): Reading[] {
  const api = createOktaApi({ http, clock, random, credentials: async () => credentials, headroom: 0 });
  const application = applicationOf(config);
  const reading = (what: string, right: string, read: Reading['read']) => ({
    ...{ what, read },
    mend: `Grant the scope okta.${right}.read, or to the token's admin the right to see ${what}.`,
  });
  return [
    reading('users', 'users', () => api.readUsers(undefined)),
    reading('groups', 'groups', () => api.readGroups(undefined)),
    reading('the log', 'logs', () => api.readLogs(logEventTypes(application), clock(), undefined)),
    ...(application ? [reading('the application', 'apps', () => api.readApp(application))] : []),
  ];
}

function lookAtHook(credentials: OktaCredentials, deps: Deps): Promise<Found[]> {
  const { config, http, clock } = deps;
  const { host: domain } = new URL(credentials.url);
  const at = 'The event hook of Okta';

  return lookAtWayIn(at, deps, { domain, compare });

  async function compare(url: string, setup: string): Promise<Found[] | undefined> {
    const authorization = await createOktaTokens({ http, clock }).authorization(credentials);
    const hooks = await createHooksApi(credentials.url, authorization, http)
      .list()
      .catch((error) => {
        if (error instanceof Refused && [401, 403].includes(error.status)) return error;
        throw error;
      });
    if (hooks instanceof Refused)
      return [
        note(
          `${at} cannot be looked at: the credentials lack okta.eventHooks.read (${hooks.status}).`,
          `With a token that has it in OKTA_API_TOKEN, this compares it: ${setup}`,
        ),
      ];
    const [hook, ...others] = hooksAt(url, hooks);
    if (!hook) return undefined;
    const wanted = {
      domain,
      url,
      name: hook.name,
      header: config.header,
      eventTypes: okta.eventTypes(config),
    };
    const found = hookDifferences(hook, wanted).map(({ what }) => wrong(`${at}: ${what}.`, mendBy(setup)));
    return [
      ...found,
      ...(hook.events.filter != null
        ? [note(`${at} has filters: what they hold back never reaches Velt.`)]
        : []),
      ...(others.length > 0
        ? [
            wrong(
              `${at} is there ${others.length + 1} times.`,
              "Delete all but one: each counts in Okta's daily limit.",
            ),
          ]
        : []),
      ...(found.length === 0 ? [ok(`${at} is active, verified and subscribed to what is mapped.`)] : []),
    ];
  }
}
