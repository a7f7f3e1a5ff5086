import { type Scheme, writeCredential } from '../../lib/http/bearer.ts';
import type { Http } from '../../lib/http/client.ts';
import type { DirectoryFace, Inbound } from '../../lib/sources/source.ts';

/** What the contract needs to know of what comes in of one kind of source. */
export interface InboundContract {
  face: Inbound;
  /** Every way in which its webhook is called. */
  ways: Way[];
  /** Every way in which its events come by EventBridge. */
  partners: Partner[];
}

/** One way in which a vendor calls our webhook. */
export interface Way {
  /** Its name in the path and in the configuration. */
  name: string;
  kind: string;
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

/** One way in which a vendor's events come by EventBridge. */
export interface Partner {
  partner: string;
  /** The same source by its webhook. */
  way: Way;
  /** What `detail` holds of one event about a person, with this text in it. */
  detail: (text: string) => Record<string, unknown>;
  unmirrored: unknown;
  /** Of what cannot be read: what it is, what `detail` holds, and the path that is named. */
  unreadable: [what: string, detail: unknown, path: string][];
}

export type Deliveries = Pick<
  Way,
  'contentType' | 'delivery' | 'told' | 'besides' | 'unmirrored' | 'unreadable'
>;

/** How one way authenticates itself, and what else its configuration has. */
interface Calls {
  header?: string;
  scheme: Scheme;
  challenge: string;
  more?: Record<string, unknown>;
}

export function way(kind: string, name: string, deliveries: Deliveries, calls: Calls): Way {
  const { header = 'authorization', scheme, challenge, more } = calls;
  return {
    ...deliveries,
    ...{ kind, name, challenge, header: header.toLowerCase() },
    config: { kind, organization: 'acme', ...more },
    write: (credential) => writeCredential(credential, scheme),
  };
}

/** What the contract needs to know of the directory of one kind of source. */
export interface DirectoryContract {
  face: DirectoryFace;
  /** What its configuration has beside the kind. */
  config: Record<string, unknown>;
  credentials: { url: string };
  /** The vendor's API in memory, with ten people of these ids and one group that the first three of them are in. */
  http: (world: { clock: () => number }) => Http;
  people: string[];
  /** The id of nobody, in the vendor's form. */
  nobody: string;
  group: { id: string; name: string };
}

export const TEN = [
  'ada',
  'alan',
  'annie',
  'barbara',
  'edsger',
  'grace',
  'joan',
  'katherine',
  'margaret',
  'radia',
];
