import type { SourceConfig } from '../../lib/config.ts';
import { type Scheme, writeCredential } from '../../lib/http/bearer.ts';
import { auth0Event, auth0User, oktaDelivery, oktaEvent, oktaTarget } from '../factories.ts';

/** One way in which a vendor's webhook reaches us: everything that the contract needs to know of it. */
export interface ContractSource {
  /** Its name in the path and in the configuration. */
  name: string;
  kind: SourceConfig['kind'];
  config: Record<string, unknown>;
  header: string;
  /** The value of WWW-Authenticate in a 401. */
  challenge: string;
  /** The header's value for a credential. */
  write: (credential: string) => string;
  /** A delivery about a person of this name. */
  delivery: (personName: string) => unknown;
  /** A delivery of a type that is not mirrored. */
  unmirrored: unknown;
  /** A delivery whose one event has no id; `path` is where that is missing. */
  unreadable: { body: unknown; path: string };
}

const okta = {
  kind: 'okta' as const,
  delivery: (displayName: string) =>
    oktaDelivery(oktaEvent('user.lifecycle.create', { target: [oktaTarget('User', { displayName })] })),
  unmirrored: oktaDelivery(oktaEvent('user.session.start')),
  unreadable: {
    body: oktaDelivery(oktaEvent('user.lifecycle.create', { uuid: undefined })),
    path: 'data.events.0.uuid',
  },
};

const auth0 = {
  kind: 'auth0' as const,
  delivery: (name: string) => auth0Event('user.created', auth0User({ name })),
  unmirrored: auth0Event('organization.connection.added', {}),
  unreadable: { body: auth0Event('user.created', auth0User(), { id: undefined }), path: 'id' },
};

/** The event source by which the first Okta source's log stream reaches EventBridge. */
export const PARTNER_SOURCE = 'aws.partner/okta.com/example-org/velt';

const source = (
  vendor: typeof okta | typeof auth0,
  name: string,
  { header = 'authorization', scheme, challenge }: { header?: string; scheme: Scheme; challenge: string },
): ContractSource => ({
  ...vendor,
  name,
  config: {
    kind: vendor.kind,
    organization: 'acme',
    header,
    ...(vendor.kind === 'auth0' ? { scheme } : { partnerEventSource: PARTNER_SOURCE }),
  },
  header: header.toLowerCase(),
  challenge,
  write: (credential) => writeCredential(credential, scheme),
});

/** Every kind of source there is: a new one is held to the contract by a line here. */
export const contractSources: ContractSource[] = [
  source(okta, 'okta', { scheme: 'none', challenge: 'authorization' }),
  source(auth0, 'auth0-bearer', { scheme: 'bearer', challenge: 'Bearer' }),
  source(auth0, 'auth0-basic', { scheme: 'basic', challenge: 'Basic' }),
  source(auth0, 'auth0-header', { header: 'X-Hook-Key', scheme: 'none', challenge: 'X-Hook-Key' }),
];
