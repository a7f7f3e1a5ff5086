import { takeIn } from '../directory/change.ts';
import { describeIssues } from '../parse.ts';
import { faceOf, inbound } from '../sources/inbound.ts';
import { type Mapped, merged } from '../sources/mapped.ts';
import type { Delivered, SourceConfig } from '../sources/source.ts';

/** How far ahead a vendor's clock may run (ms). */
const CLOCK_SKEW_MS = 10 * 60_000;

/** What comes in now (ms since the epoch) at the source of this name. */
export function deliveredTo(source: string, config: SourceConfig, now: number): Delivered {
  return { source, config, latest: now + CLOCK_SKEW_MS };
}

/** Maps each value of a body; one that cannot be read costs only itself. */
export function mapBody(values: unknown[], delivered: Delivered, registry = inbound): Mapped {
  const face = faceOf(delivered.config, registry);
  return takenIn(merged(values.map((value) => face.map(value, delivered))));
}

/** Maps one event by whatever way it came without its webhook's envelope. */
export function mapEvent(event: unknown, delivered: Delivered, registry = inbound): Mapped {
  return takenIn(faceOf(delivered.config, registry).mapEvent(event, delivered));
}

/** Moves what cannot be taken in to the unreadable. */
function takenIn({ changes, unreadable, ...counted }: Mapped): Mapped {
  const { taken, refused } = takeIn(changes);
  return { ...counted, changes: taken, unreadable: [...unreadable, ...refused.flatMap(describeIssues)] };
}
