import type { PersonChange, Profile } from '../../directory/change.ts';
import type { UserObject } from './schema.ts';

/**
 * What a user object says of a person. An absent key is unchanged, an explicit null is cleared: Auth0's own pages disagree
 * on whether an update carries everything (auth0.com/docs/customize/events, send-outbound-scim against
 * correlate-identity-changes, 2026-08). With `whole`, as the Management API answers, what is absent is not there.
 */
export function personFacts(
  { name, nickname, email, picture, blocked, identities }: UserObject,
  whole = false,
): Pick<PersonChange, 'exists' | 'blocked' | 'profile' | 'connections'> {
  const shown = name === null || (whole && name === undefined) ? (nickname ?? null) : name;
  const said = {
    ...(shown !== undefined && { name: shown }),
    ...(email !== undefined && { email }),
    ...(picture !== undefined && { photoUrl: picture }),
  };
  const profile: Profile = whole ? { name: null, email: null, photoUrl: null, ...said } : said;
  const connections = new Set((identities ?? []).flatMap(({ connection }) => connection || []));
  return {
    exists: true,
    ...((whole || blocked !== undefined) && { blocked: blocked === true }),
    profile,
    ...(identities && { connections: [...connections] }),
  };
}
