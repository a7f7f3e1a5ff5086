import type { QueueItem } from '../../lib/directory/change.ts';
import type { Mapped } from '../../lib/sources/mapped.ts';
import type { Folded } from '../explain.ts';
import type { Verdict } from './verdict.ts';

/** One delivery in the list of them. */
export interface Delivery {
  id: string;
  /** When it came (ms since the epoch). */
  at: number;
  source: string;
  /** What the vendor calls the events in it. */
  types: string[];
  /** Whom and what it is about: ids, with a name where one is known. */
  about: { kind: string; id: string; name?: string | undefined }[];
  status: number;
  /** How long the answer took (ms). */
  ms: number;
  outcome:
    | 'on its way'
    | 'delivered'
    | 'refused by Velt'
    | 'nothing to do'
    | 'ignored'
    | 'parked'
    | 'refused';
  /** When all of it was done (ms since the epoch); undefined while it is not. */
  doneAt?: number | undefined;
}

/** An entry of the mirror that was written for a delivery: what of it changed. */
export type Written = Folded & { at: number };

/** A call to Velt, as Velt had it. */
export interface VeltCalled {
  at: number;
  path: string;
  /** As it was sent; what is too long is cut. */
  body: string;
  /** Its HTTP status, or what was done in place of an answer. */
  status: number | string;
  answer: string;
}

/** The whole way of one delivery. A body that was too long to be kept has been cut. */
export interface DeliveryPath extends Delivery {
  url: string;
  method: string;
  /** Without the credential. */
  headers: Record<string, string>;
  body: string;
  isCut: boolean;
  answer: string;
  changes: { kind: QueueItem['kind']; at: string; text: string; verdicts: Verdict[] }[];
  ignored: Mapped['ignored'];
  unreadable: Mapped['unreadable'];
  written: Written[];
  calls: VeltCalled[];
}

/**
 * Deliveries as they come, from wherever they can be seen: the local cloud, or the logs of a stage. Only the last ones are kept.
 */
export interface Deliveries {
  /** The last ones, the newest first. */
  recent(): Delivery[];
  /** Those that come, and each again when more is known of it. Ends with `signal`. */
  follow(signal: AbortSignal): AsyncIterable<Delivery>;
  /** Undefined where it is not kept any more. */
  path(id: string): Promise<DeliveryPath | undefined>;
}
