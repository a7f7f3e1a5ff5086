import { eventTime } from '../../directory/version.ts';
import { type EventContext, ignored, type Mapped, mappedBy, recheckOf } from '../mapped.ts';
import { personFacts } from './person.ts';
import type { ActionEvent } from './schema.ts';

const DAWN = '1970-01-01T00:00:00.000Z';

/**
 * What an Action says of its user: as of their last update, and where it tells no time only what nobody else told. A hint
 * that somebody is there; never that somebody left, for Actions see nobody leave. An Action that forwards no more than what
 * became of a user may say when they were deleted: then there is nothing to believe but a read.
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
      api ? [recheck] : { ignored: 'a deletion is told by whole events only, and no api is configured' },
      'action',
    );
  const { blocked: _, ...facts } = personFacts({ ...user, user_id: personId });
  // Whoever logs in again is known.
  const asks = api && (stats?.logins_count ?? 1) <= 1;
  const change = { kind: 'person' as const, source, at, id: 'action', personId, ...facts };
  return mappedBy(asks ? [change, recheck] : [change], 'action');
}
