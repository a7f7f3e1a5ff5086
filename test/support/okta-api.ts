import type { HttpRequest } from '../../lib/http/client.ts';
import { createOktaApi } from '../../lib/sources/okta/api.ts';
import { createOkta, type OktaOptions, type OktaUser } from '../../local/doubles/okta/okta.ts';
import { makeClock } from './factories.ts';

const orgUrl = 'https://example-org.okta.com';

/** A user of the Okta double whose profile says who it is. */
export function oktaUser(id: string, facts: Partial<OktaUser> = {}): OktaUser {
  const profile = { login: id, email: `${id}@example.com`, firstName: id, lastName: 'Example' };
  return { id, lastUpdated: '2026-09-01T09:00:00.000Z', profile, ...facts };
}

/** An Okta double and the API of it, without a network; `asked` has every address behind the host. */
export function makeOktaApi(options: Partial<OktaOptions> = {}) {
  const time = makeClock();
  const okta = createOkta({ orgUrl, clock: time.clock, ...options });
  const connect = () =>
    createOktaApi({
      http: async ({ method, url, headers }: HttpRequest) => {
        const { pathname, search } = new URL(url);
        return okta.handle({ method, headers, path: pathname + search });
      },
      clock: time.clock,
      random: () => 0,
      credentials: async () => ({ url: orgUrl, ssws: 'example-ssws-token' }),
      headroom: 0.2,
    });
  return { okta, api: connect(), connect, time, asked: () => okta.calls.map(({ path }) => path) };
}
