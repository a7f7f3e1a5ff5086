import type * as z from 'zod';
import type { Attribute, Change, ContainerRef, EntryRef } from '../directory/change.ts';
import type { Policy, Settings } from '../directory/policy.ts';
import type { WorldFault } from '../errors.ts';
import type { Scheme } from '../http/bearer.ts';
import type { Reading } from './facts.ts';
import type { Mapped } from './mapped.ts';
import type { Mappable } from './mapping.ts';
import type { RestDeps } from './rest.ts';
import type { OrganizationSetting } from './settings.ts';

/** What the configuration of every source has, whatever its kind. */
export interface SourceConfig
  extends Mappable,
    Omit<Settings, 'roles' | 'readsOnEvents' | 'readsPeople' | 'userId' | 'attributes' | 'organization'> {
  kind: string;
  organization: OrganizationSetting;
  /** Set while its people are to be taken out of Velt: read as if the source were not there. */
  removed?: boolean | undefined;
  /** Set where people are read when an event names them. */
  api?: { headroom: number } | undefined;
  partnerEventSource?: string | string[] | undefined;
}

/** What comes in of one kind of source, and what its configuration means. No API client may be loaded by it. */
export interface Inbound<C extends SourceConfig = SourceConfig> {
  /** Its part of `directory.config.json`, with its kind as a literal. */
  config: z.ZodObject;
  policyOf(config: C): Policy;
  /** Where a caller's credential stands, and how. */
  credential(config: C): { header: string; scheme: Scheme };
  /** Of which attributes of a user the usual profile is made, in words for an operator. */
  usual?: Partial<Record<Attribute, string>>;
  /** The event types that a webhook should subscribe to: those that can change something. */
  eventTypes(config: C): string[];
  /** Answers a GET, by which the vendor verifies an address. Throws HttpError 400. Absent where there is no such thing. */
  answer?(headers: Record<string, string | undefined>): object;
  /** Set where a body may hold one JSON value a line. */
  lines?: true;
  /** Maps one value of a body. */
  map(value: unknown, delivery: Delivered<C>): Mapped;
  /** Maps one event that came without its webhook's envelope. */
  mapEvent(event: unknown, delivery: Delivered<C>): Mapped;
  /** The vendor's EventBridge partner: how the names of its event sources begin, and the event types to let through. */
  bus?: { prefix: string; eventTypes?: string[] };
}

/** Where something came in. */
export interface Delivered<C = SourceConfig> {
  /** The configured name of the source. */
  source: string;
  config: C;
  /** Event times beyond this (ms since the epoch) are taken for it. */
  latest: number;
}

/** The kinds of sources, by what `kind` says in the configuration. */
export type InboundRegistry = Record<string, Inbound>;

/** How one kind of source is read by its API. */
export interface DirectoryFace<C extends SourceConfig = SourceConfig, Credentials extends object = object> {
  /** Its part of the directory secret. */
  credentials: z.ZodType<Credentials>;
  create(name: string, config: C, deps: RestDeps<Credentials>): Directory;
  /** What users, as the vendor's API has them, say of people. Throws ConfigError that names whatever is none. */
  factsOf(users: unknown[], config: C, reading: Reading): Change[];
}

export type DirectoryRegistry = Record<string, DirectoryFace>;

/** What was listed: everyone in a container. As the id of a role, GROUP_ROLES stands for the roles of every group in it. */
export type CompleteRef = Pick<ContainerRef, 'kind' | 'id' | 'organization'>;
export const GROUP_ROLES = '*';

/** One page of the list of everything that a source's configuration mirrors. */
export interface Page {
  changes: Change[];
  /** Containers of which this page and those before it listed every member. */
  complete: CompleteRef[];
  /** Containers of which something could not be read: what no single read confirms does not end in them. */
  unread?: CompleteRef[];
  /** Kinds of containers of whose lists this page has items that could not be read. */
  unreadKinds?: ContainerRef['kind'][];
  /** Members of organizations whose roles there could not be read. */
  unreadRoles?: { personId: string; organization: string }[];
  /** People who are deactivated and still there, who are in no other list; `complete` when these were all of them. */
  deactivated?: { personIds: string[]; complete: boolean };
  /** Items, and lists of single containers, that could not be read. */
  unreadable: number;
  /** Opaque; goes back into `readPage`, also by another process. Absent on the last page. */
  next: string | undefined;
}

/** What was read of one person. */
export interface PersonRead {
  changes: Change[];
  /** The moment before it was asked for (ISO time). */
  readAt: string;
  /** The kinds of containers of which every membership was read; for roles see `rolesIn`. */
  complete: ContainerRef['kind'][];
  /** The organizations in which every role was read: a role elsewhere is not over because it is absent. */
  rolesIn?: string[];
}

/** Events out of a vendor's own record of them. */
export interface EventPage {
  /** As the vendor's webhook or stream carries each. */
  events: unknown[];
  /** Of the same, those that no webhook can carry. */
  logOnly?: unknown[];
  /** Where the next page begins, also for another process. */
  next: string;
  /** Whether there is another page already. */
  more: boolean;
  /** Deliveries to a webhook that the record says have failed. */
  failedDeliveries: number;
  /** Set where the vendor sends nothing any more, because every stream that leads here is switched off. */
  isSwitchedOff?: true;
  /** Why one of several records could not be read, while the directory is there: the next catch-up looks at its last hour again. */
  fault?: WorldFault;
}

/** Reads people and groups of one source from its API, as of the vendor's time or of the request. All throw WorldFault. */
export interface Directory {
  /**
   * The kinds of which `readPage` lists every one by itself: others are not gone because they are absent, and people who are not
   * covered come with the groups that decide.
   */
  covers: EntryRef['kind'][];
  /** Set where events say all there is of a group, so that it is not read for them. */
  eventsTellGroups?: true;
  readGroup(id: string): Promise<Change[]>;
  /** Only where organizations are listed. */
  readOrganization?(id: string): Promise<Change[]>;
  /**
   * With `memberships`, everything the person is a member of as well; where there are too many organizations to ask for the
   * roles in each, in those of `rolesIn` first.
   */
  readPerson(
    id: string,
    options: { memberships: boolean; rolesIn?: string[] | undefined },
  ): Promise<PersonRead>;
  /** The ids of those who have an e-mail address, as the vendor writes it. Only where it finds people so. */
  findPeople?(address: string): Promise<string[]>;
  /** The name of a connection, by its id; undefined when there is none. Only where people have connections. */
  readConnection?(id: string): Promise<string | undefined>;
  /** Starts anew without a cursor. A page has at most a few hundred people; the same cursor may be read again. */
  readPage(cursor: string | undefined): Promise<Page>;
  /**
   * The page in the place of one that cannot be read, after which the listing goes on; undefined where that lists more than one
   * container, which nothing can go on without.
   */
  passOver?(cursor: string | undefined): Page | undefined;
  /** What happened since a place in the vendor's record, or since `since` (ms since the epoch) for a start. */
  readEvents(cursor: string | undefined, since: number): Promise<EventPage>;
}
