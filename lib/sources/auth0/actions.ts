import { eventTime } from '../../directory/version.ts';
import { type EventContext, ignored, type Mapped, mappedBy, recheckOf } from '../mapped.ts';
import { personFacts } from './person.ts';
import type { ActionEvent } from './schema.ts';

const DAWN = '1970-01-01T00:00:00.000Z';

/**
 * Maps the event of an Action: its user as of their last update, or without a time as of 1970, which loses to every other
 * fact. It says that somebody is there, and never that somebody left, because Actions see nobody leave. `deleted_at` comes
 * from an Action that forwards only the user of an event: then only a read can be believed.
 */
export function mapAction(
  { user, stats }: ActionEvent,
  { source, latest, api = false }: EventContext,
): Mapped {
  const { user_id: personId, updated_at, created_at, deleted_at } = user;
  if (personId === undefined) return ignored('action', 'the user has no id before registration');
  const at = eventTime(deleted_at || (updated_at ?? created_at ?? ''), latest) ?? DAWN;
  const recheck = recheckOf(source, personId, at, 'memberships');
  if (deleted_at)
    return mappedBy(
      api ? [recheck] : { ignored: 'a deletion needs the whole event, and no api is configured' },
      'action',
    );
  const { blocked: _, ...facts } = personFacts({ ...user, user_id: personId });
  // A user who logs in again is known.
  const asks = api && (stats?.logins_count ?? 1) <= 1;
  const change = { kind: 'person' as const, source, at, id: 'action', personId, ...facts };
  return mappedBy(asks ? [change, recheck] : [change], 'action');
}
