import { createOkta, type Okta, type OktaOptions } from '../../../../local/doubles/okta/okta.ts';
import { NOW } from '../../../support/factories.ts';
import { oktaUser } from '../../../support/okta-api.ts';

export const authorization = 'SSWS example-ssws-token';
export const host = 'https://example-org.okta.com';

export const makeOkta = (options: Partial<OktaOptions> = {}) =>
  createOkta({
    ...{ orgUrl: host, clock: () => NOW },
    users: [oktaUser('ada'), oktaUser('alan')],
    groups: [{ id: 'g1', profile: { name: 'One' } }],
    apps: [{ id: '0oa1', label: 'Velt' }],
    ...options,
  });

export function get(okta: Okta, path: string) {
  const { status, headers, body } = okta.handle({ method: 'GET', path, headers: { authorization } });
  const next = [headers.link ?? []].flat().find((link) => link.endsWith('rel="next"'));
  return { status, body, next: next?.slice(1 + host.length, next.indexOf('>')) };
}

export const idsIn = ({ body }: { body: string }) => JSON.parse(body).map(({ id }: { id: string }) => id);
