import {
  createOkta,
  type Okta,
  type OktaGroup,
  type OktaOptions,
  type OktaUser,
} from '../../../../local/doubles/okta/okta.ts';

export const orgUrl = 'https://example-org.okta.com';
export const authorization = 'SSWS example-ssws-token';

export const makeUser = (id: string, more: Partial<OktaUser> = {}): OktaUser => ({
  id,
  profile: { login: `${id}@example.com`, email: `${id}@example.com`, firstName: id, lastName: 'Example' },
  ...more,
});

export const makeGroup = (id: string, more: Partial<OktaGroup> = {}): OktaGroup => ({
  id,
  profile: { name: id },
  ...more,
});

export const makeOkta = (options: Partial<OktaOptions> = {}) =>
  createOkta({ orgUrl, clock: () => Date.UTC(2026, 8, 1, 10), ...options });

export function get(okta: Okta, path: string, headers: Record<string, string> = { authorization }) {
  const { status, headers: answered, body } = okta.handle({ method: 'GET', path, headers });
  return { status, headers: answered, body };
}

export const idsIn = (body: string) => JSON.parse(body).map(({ id }: { id: string }) => id);

export function nextOf({ headers }: { headers: Record<string, string | string[]> }) {
  const next = [headers.link ?? []].flat().find((link) => link.endsWith('rel="next"'));
  return next?.match(/^<https:\/\/example-org\.okta\.com(.*)>/)?.[1];
}

/** Follows next links to the end. */
export function readAll(okta: Okta, path: string): string[] {
  const answer = get(okta, path);
  const next = nextOf(answer);
  return [...idsIn(answer.body), ...(next ? readAll(okta, next) : [])];
}
