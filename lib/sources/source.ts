import type { Change } from '../directory/change.ts';

/** What one delivery of an identity provider comes to. */
export interface Mapped {
  changes: Change[];
  /** Events that are not for the mirror, by type and reason: answered 2xx and counted. */
  ignored: { type: string; reason: string }[];
  /** Parts that could not be read, by path: the delivery is parked for people to look at. */
  unreadable: { path: string; message: string }[];
}

export interface MapOptions {
  /** The configured name of the source. */
  source: string;
  /** Event times beyond this (ms since the epoch) are taken for it. */
  latest: number;
  /** The application whose users are mirrored, where one decides. */
  application?: string | undefined;
  /** Whether people are read from the API, so that events are no more than pings. */
  pings?: boolean;
}

/** What a handled event type comes to: changes, or the reason why this event is not for the mirror. */
export type Verdict = Change[] | { ignored: string };

/** Reads people and groups of one source afresh from its API. */
export interface Directory {
  /** What the directory says of a group now. Throws WorldFault. */
  readGroup(id: string): Promise<Change[]>;
  /**
   * What the directory says of a person now, as changes, and when it was asked, by its own clock (ISO time). With
   * `memberships`, everything they are a member of as well. Throws WorldFault.
   */
  readPerson(id: string, options: { memberships: boolean }): Promise<{ changes: Change[]; readAt: string }>;
}
