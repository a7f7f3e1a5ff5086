import * as z from 'zod';
import { readCursor } from '../cursor.ts';
import type { Directory } from '../source.ts';
import type { OktaApi } from './api.ts';
import { applicationOf, type OktaConfig } from './config.ts';
import { hookEventTypes, logEventTypes } from './inbound.ts';
import { EventType } from './schema.ts';

/** In the log only when a delivery failed (Okta's event type catalogue, release 2026.08.1). */
const FAILED_DELIVERY = 'event_hook.delivery';

/** A place in the log, and the event types it was read for: Okta's own address has them too. */
const Cursor = z.strictObject({ v: z.literal(1), types: z.string(), next: z.string() });

/**
 * Reads an Okta source's System Log from a cursor on: what hooks brought or should have brought, and what only the log has.
 * A cursor from before the configuration or this program asked for other event types starts anew at `since` (ms since the
 * epoch). Throws WorldFault.
 */
export function createEventReader(
  config: OktaConfig,
  api: Pick<OktaApi, 'readLogs'>,
): Directory['readEvents'] {
  const types = [...logEventTypes(applicationOf(config)), FAILED_DELIVERY];
  const asked = types.join(' ');
  const ofHooks = new Set(hookEventTypes(applicationOf(config)));

  return async (cursor, since) => {
    const place = cursor === undefined ? undefined : readCursor(Cursor, cursor, "place in Okta's log");
    const from = place?.types === asked ? place.next : undefined;
    const { events, next, more } = await api.readLogs(types, since, from);
    const typeOf = (event: unknown) => EventType.safeParse(event).data?.eventType ?? '';
    const mirrored = events.filter((event) => typeOf(event) !== FAILED_DELIVERY);
    const { hook = [], log = [] } = Object.groupBy(mirrored, (event) =>
      ofHooks.has(typeOf(event)) ? 'hook' : 'log',
    );
    return {
      ...{ events: hook, logOnly: log },
      next: JSON.stringify({ v: 1, types: asked, next } satisfies z.infer<typeof Cursor>),
      more,
      failedDeliveries: events.length - mirrored.length,
    };
  };
}
