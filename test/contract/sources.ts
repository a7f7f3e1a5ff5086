import type { SourceConfig } from '../../lib/config.ts';
import { type Scheme, writeCredential } from '../../lib/http/bearer.ts';
import {
  auth0Event,
  auth0LogRecord,
  auth0User,
  oktaDelivery,
  oktaEvent,
  oktaTarget,
} from '../support/factories.ts';

/** One way in which a vendor reaches us: everything that the contract needs to know of it. */
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
  contentType: string;
  /** The body of a delivery about one person, with this text in it. */
  delivery: (text: string) => string;
  /** What a change holds that was made of such a delivery. */
  told: (text: string) => object;
  /** How many events that are not mirrored every body here has besides. */
  besides: number;
  /** The body of a delivery of a type that is not mirrored. */
  unmirrored: string;
  /** The body of a delivery of which one event lacks an id or a time; `path` is where that is missing. */
  unreadable: { body: string; path: string };
}

type Vendor = Pick<
  ContractSource,
  'kind' | 'contentType' | 'delivery' | 'told' | 'besides' | 'unmirrored' | 'unreadable'
>;

const named = (name: string) => ({ profile: { name } });

export const oktaCreated = (displayName: string) =>
  oktaEvent('user.lifecycle.create', { target: [oktaTarget('User', { displayName })] });
const oktaBody = (event: unknown) => JSON.stringify(oktaDelivery(event));

const okta: Vendor = {
  kind: 'okta',
  contentType: 'application/json',
  delivery: (name) => oktaBody(oktaCreated(name)),
  told: named,
  besides: 0,
  unmirrored: oktaBody(oktaEvent('user.session.start')),
  unreadable: {
    body: oktaBody(oktaEvent('user.lifecycle.create', { uuid: undefined })),
    path: 'data.events.0.uuid',
  },
};

export const auth0Created = (name: string) => auth0Event('user.created', auth0User({ name }));
export const auth0Unmirrored = auth0Event('organization.connection.added', {});
const auth0Unreadable = auth0Event('user.created', auth0User(), { id: undefined });

const auth0: Vendor = {
  kind: 'auth0',
  contentType: 'application/json',
  delivery: (name) => JSON.stringify(auth0Created(name)),
  told: named,
  besides: 0,
  unmirrored: JSON.stringify(auth0Unmirrored),
  unreadable: { body: JSON.stringify(auth0Unreadable), path: 'id' },
};

/** An Action that forwards what its event stream gave it with a bare `fetch`, which calls any text text/plain. */
const auth0Action: Vendor = {
  ...auth0,
  contentType: 'text/plain;charset=UTF-8',
  delivery: (name) => JSON.stringify({ message: auth0Created(name) }),
  unmirrored: JSON.stringify({ message: auth0Unmirrored }),
  unreadable: { body: JSON.stringify({ message: auth0Unreadable }), path: 'message.id' },
};

/** A log stream in one of the forms in which a webhook can get it: its records are hints to read somebody. */
const auth0Logs = (write: (records: unknown[]) => string, besides: unknown[], path: string): Vendor => {
  const body = (record: unknown) => write([...besides, record]);
  return {
    kind: 'auth0',
    contentType: 'application/json',
    delivery: (user_id) => body(auth0LogRecord('ss', { user_id })),
    told: (id) => ({ of: { kind: 'person', id } }),
    besides: besides.length,
    unmirrored: body(auth0LogRecord('s')),
    unreadable: { body: body(auth0LogRecord('ss', { date: 'soon' })), path },
  };
};

const aLogin = auth0LogRecord('s');
const writeLines = (records: unknown[]) => records.map((record) => JSON.stringify(record)).join('\n');
const logObject = auth0Logs(([record]) => JSON.stringify(record), [], 'data.date');
const logArray = auth0Logs((records) => JSON.stringify(records), [aLogin], '1.data.date');
const logLines = auth0Logs((records) => `${writeLines(records)}\n`, [aLogin], 'data.date');

interface Way {
  header?: string;
  scheme: Scheme;
  challenge: string;
  /** What its configuration has besides. */
  more?: Record<string, unknown>;
}

const source = (
  vendor: Vendor,
  name: string,
  { header = 'authorization', scheme, challenge, more }: Way,
): ContractSource => ({
  ...vendor,
  name,
  config: {
    kind: vendor.kind,
    organization: 'acme',
    header,
    ...(vendor.kind === 'auth0' && { scheme }),
    ...more,
  },
  header: header.toLowerCase(),
  challenge,
  write: (credential) => writeCredential(credential, scheme),
});

/** The event sources by which streams reach EventBridge. */
export const OKTA_PARTNER = 'aws.partner/okta.com/example-org/velt';
export const AUTH0_PARTNER = 'aws.partner/auth0.com/example-tenant-1/auth0.events';
export const AUTH0_LOGS_PARTNER = 'aws.partner/auth0.com/example-tenant-2/auth0.logs';

const none: Way = { scheme: 'none', challenge: 'authorization' };
const bearer: Way = { scheme: 'bearer', challenge: 'Bearer' };
const basic: Way = { scheme: 'basic', challenge: 'Basic' };
const key = (header: string): Way => ({ header, scheme: 'none', challenge: header });
const reading: Way = { ...bearer, more: { api: {} } };

export const oktaHook = source(okta, 'okta', { ...none, more: { partnerEventSource: OKTA_PARTNER } });
export const auth0Stream = source(auth0, 'auth0-bearer', {
  ...bearer,
  more: { partnerEventSource: [AUTH0_PARTNER] },
});
export const auth0LogStream = source(logObject, 'auth0-logs', {
  ...bearer,
  more: { api: {}, partnerEventSource: AUTH0_LOGS_PARTNER },
});

/** Every kind of source there is: a new one is held to the contract by a line here. */
export const contractSources: ContractSource[] = [
  oktaHook,
  auth0Stream,
  source(auth0, 'auth0-basic', basic),
  source(auth0, 'auth0-header', key('X-Hook-Key')),
  source(auth0Action, 'auth0-action', key('X-API-Key')),
  auth0LogStream,
  source(logArray, 'auth0-log-array', reading),
  source(logLines, 'auth0-log-lines', reading),
];
