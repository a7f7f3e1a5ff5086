import type { ContainerChange, MembershipChange, PersonChange, QueueItem } from '../lib/directory/change.ts';
import { EVENT_TYPES, hookEventTypes, mapBody } from '../lib/sources/okta/inbound.ts';

const APPLICATION = 'app';
const TARGET = [
  { id: 'ada', type: 'User', alternateId: 'ada@example.com', displayName: 'Ada Example' },
  { id: 'engineers', type: 'UserGroup', alternateId: 'unknown', displayName: 'Engineers' },
  { id: APPLICATION, type: 'AppInstance', alternateId: 'Editor', displayName: 'Editor' },
];

/** What each event type does in Velt, made from the mapping itself. Throws Error when one does what has no words yet. */
export function oktaRows(): [type: string, effect: string][] {
  const byHook = new Set(hookEventTypes(APPLICATION));
  return EVENT_TYPES.map((type) => [
    type,
    `${effectOf(type)}${byHook.has(type) ? '' : ' (by the log stream only)'}`,
  ]);
}

function effectOf(eventType: string): string {
  const event = { uuid: 'event', published: '2026-09-01T09:00:00.000Z', eventType, target: TARGET };
  const { changes, ignored, unreadable } = mapBody(
    { data: { events: [event] } },
    {
      source: 'okta',
      latest: Date.parse('2026-09-30T12:00:00.000Z'),
      config: { users: { application: APPLICATION } },
    },
  );
  const [change] = changes;
  if (changes.length !== 1 || !change || ignored.length > 0 || unreadable.length > 0)
    throw new Error(`${eventType} does not come to one change`);
  const words = wordsFor(change);
  if (words === undefined) throw new Error(`${eventType} does what has no words in scripts/okta-table.ts`);
  return words;
}

function wordsFor(change: QueueItem): string | undefined {
  if (change.kind === 'person') return ofPerson(change);
  if (change.kind === 'membership') return ofMembership(change);
  if (change.kind === 'nesting' || change.kind === 'recheck') return undefined;
  return ofContainer(change);
}

function ofPerson({ exists, active, blocked, profile }: PersonChange): string | undefined {
  const withProfile = profile?.name && profile.email ? ', with name and e-mail' : '';
  if (exists === false) return 'removes the person (policy `deleted`)';
  if (active === false) return 'removes the person (policy `deactivated`)';
  if (blocked === true) return 'removes the person until they are unsuspended (policy `suspended`)';
  if (active === true) return `adds the person, or brings back who was deactivated${withProfile}`;
  if (exists === true) return `adds the person${withProfile}`;
  if (blocked === false) return `brings the person back${withProfile}`;
  return withProfile && 'updates name and e-mail, or adds whoever was not known; brings no leaver back';
}

function ofMembership({ container: { kind }, member }: MembershipChange): string | undefined {
  if (kind === 'group') return member ? 'adds the person to the group' : 'takes the person out of the group';
  if (kind === 'application')
    return member
      ? 'adds the person, if this application decides on who is mirrored'
      : 'removes the person, if this application decides on who is mirrored';
  return undefined;
}

function ofContainer({ kind, exists, active, name }: ContainerChange): string | undefined {
  if (kind === 'group') {
    if (exists === false) return 'takes everybody out of the group';
    if (exists === true) return 'notes the group and its name; Velt gets it with its first member';
    return name && 'renames the group';
  }
  if (kind !== 'application') return undefined;
  const whoever = 'everybody who is assigned to it, if this application decides on who is mirrored';
  if (exists === false) return `removes ${whoever}`;
  if (active === false) return `removes, until it is activated, ${whoever}`;
  return active && `brings back ${whoever}`;
}
