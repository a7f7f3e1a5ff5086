import { eventTime } from '../../../lib/directory/version.ts';
import { describeIssues } from '../../../lib/parse.ts';
import { type Mapped, mappedBy, undated, unreadable } from '../../../lib/sources/mapped.ts';
import type { Delivered, Inbound } from '../../../lib/sources/source.ts';
import { FixtureConfig, policyOf } from './config.ts';
import { Event } from './schema.ts';

const TYPES = ['person.saved', 'person.removed', 'group.joined', 'group.left'];

export const fixture: Inbound<FixtureConfig> = {
  config: FixtureConfig,
  policyOf,
  credential: () => ({ header: 'x-fixture-token', scheme: 'none' }),
  eventTypes: () => TYPES,
  map: mapEvent,
  mapEvent,
};

function mapEvent(value: unknown, { source, latest }: Delivered<unknown>): Mapped {
  const event = Event.safeParse(value);
  if (!event.success) return unreadable(describeIssues(event.error));
  const { id, time, type, person, group } = event.data;
  if (!TYPES.includes(type)) return mappedBy('this event type is not mirrored', { type, id });
  const at = eventTime(time, latest);
  if (at === undefined) return undated('time');
  if (!person) return mappedBy('it names nobody', { type, id });
  const common = { source, at, id, personId: person.id };
  if (type === 'person.removed')
    return mappedBy([{ ...common, kind: 'person', exists: false }], { type, id });
  if (type === 'person.saved') {
    const profile = { name: person.name ?? null };
    return mappedBy([{ ...common, kind: 'person', exists: true, active: !person.left, profile }], {
      type,
      id,
    });
  }
  if (!group) return mappedBy('it names no group', { type, id });
  const container = { kind: 'group' as const, ...group };
  return mappedBy([{ ...common, kind: 'membership', container, member: type === 'group.joined' }], {
    type,
    id,
  });
}
