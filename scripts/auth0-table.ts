import type {
  ContainerChange,
  MembershipChange,
  NestingChange,
  PersonChange,
  QueueItem,
} from '../lib/directory/change.ts';
import { EVENT_TYPES, mapBody } from '../lib/sources/auth0/inbound.ts';

/** Every part that an object of some type has, with an example of it. */
const OBJECT = {
  user_id: 'auth0|ada',
  email: 'ada@example.com',
  name: 'ada',
  picture: 'https://example.com/ada.png',
  identities: [{ connection: 'staff' }],
  id: 'id',
  organization: { id: 'org_1', name: 'acme' },
  user: { user_id: 'auth0|ada' },
  role: { id: 'rol_1', name: 'Editor' },
  group: { id: 'grp_1', type: 'connection' },
  member: { member_type: 'user', id: 'auth0|ada' },
};
/** Where one type does different things: of which kind of object it does the other. */
const ELSE: Record<string, [when: string, object: object]> = {
  'user.updated': ['if blocked', { blocked: true }],
  'group.member.added': ['of a connection', { member: { member_type: 'connection', id: 'con_1' } }],
  'group.member.deleted': ['of a connection', { member: { member_type: 'connection', id: 'con_1' } }],
};

/** What each event type does in Velt, made from the mapping itself. Throws Error when one does what has no words yet. */
export function auth0Rows(): [type: string, effect: string][] {
  return EVENT_TYPES.map((type) => [type, effectOf(type)]);
}

function effectOf(type: string): string {
  const effect = effectOn(type, OBJECT);
  const [when, object] = ELSE[type] ?? [];
  return object ? `${effect}; ${when}, ${effectOn(type, { ...OBJECT, ...object })}` : effect;
}

function effectOn(type: string, object: object): string {
  const event = { type, id: 'event', time: '2026-09-01T09:00:00.000Z', data: { object } };
  const latest = Date.parse('2026-09-30T12:00:00.000Z');
  const { changes, ignored, unreadable } = mapBody(event, {
    source: 'auth0',
    latest,
    config: { api: { headroom: 0 } },
  });
  const [change] = changes;
  const [verdict] = ignored;
  if (changes.length + ignored.length !== 1 || unreadable.length > 0)
    throw new Error(`${type} does not come to one change or none`);
  if (verdict) return `nothing: ${verdict.reason}`;
  const words = change && wordsFor(change);
  if (!words) throw new Error(`${type} does what has no words in scripts/auth0-table.ts`);
  return words;
}

function wordsFor(change: QueueItem): string | undefined {
  if (change.kind === 'recheck') return undefined;
  if (change.kind === 'person') return ofPerson(change);
  if (change.kind === 'membership') return ofMembership(change);
  if (change.kind === 'nesting') return ofNesting(change);
  return ofContainer(change);
}

function ofPerson({ exists, blocked, profile }: PersonChange): string | undefined {
  if (exists === false) return 'removes the person (policy `deleted`)';
  if (blocked === true) return 'removes the person until they are unblocked (policy `suspended`)';
  if (!exists || !profile?.name || !profile.email || !profile.photoUrl) return undefined;
  return blocked === false
    ? 'adds the person, with name, e-mail and picture'
    : 'updates name, e-mail and picture, or adds whoever was not known';
}

function ofMembership({ container: { kind }, member }: MembershipChange): string | undefined {
  if (kind === 'organization')
    return member
      ? 'adds the person to the Velt organization of this one, where `organization` is a map'
      : 'removes the person from the Velt organization of this one, where `organization` is a map';
  if (kind === 'role')
    return `${moves(member, 'the person')} the Velt group of the role, in that organization`;
  return kind === 'group' ? `${moves(member, 'the person')} the group` : undefined;
}

function ofNesting({ child, container, member }: NestingChange): string | undefined {
  if (child.kind === 'group' && container.kind === 'role')
    return `${moves(member, 'the members of the group')} the Velt group of the role, in that organization`;
  if (child.kind === 'connection' && container.kind === 'group')
    return `${moves(member, 'everybody of it')} the group, with \`api\` only`;
  return undefined;
}

function moves(member: boolean, whom: string): string {
  return member ? `adds ${whom} to` : `takes ${whom} out of`;
}

function ofContainer({ kind, exists, name }: ContainerChange): string | undefined {
  const ends = exists === false;
  if (kind === 'connection') return ends ? 'takes its people out of the groups that hold it' : undefined;
  if (kind === 'organization') {
    if (ends) return 'ends every membership, role and group in it';
    return (
      name && (exists ? 'notes the organization and its name' : 'notes its new name, by which the map may go')
    );
  }
  if (kind !== 'group') return undefined;
  if (ends) return 'takes everybody out of the group, and out of the roles that it gave';
  return (
    name &&
    (exists ? 'notes the group and its name; Velt gets it with its first member' : 'renames the group')
  );
}
