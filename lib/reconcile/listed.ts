import type { Change, ContainerRef } from '../directory/change.ts';
import { containerKey, entryKey } from '../directory/entry.ts';
import type { HashSet } from '../directory/hash-set.ts';
import type { CompleteRef, Page } from '../sources/source.ts';

/** What the lists of a run told, as texts of a hash set: another process can go on with it, whatever the directory's size. */

/** Notes what a page told, for what it did not tell to be found. */
export function noteListed(change: Change, listed: HashSet): void {
  const { source } = change;
  if (change.kind === 'person') listed.add(entryKey({ source, kind: 'person', id: change.personId }));
  else if (change.kind === 'membership') {
    if (!change.member) return;
    listed.add(membershipKey(entryKey({ source, kind: 'person', id: change.personId }), change.container));
    if (change.container.kind === 'role') return;
    listed.add(entryKey({ source, kind: change.container.kind, id: change.container.id }));
  } else if (change.kind === 'nesting') {
    if (change.member) listed.add(membershipKey(entryKey({ source, ...change.child }), change.container));
  } else listed.add(entryKey({ source, kind: change.kind, id: change.containerId }));
}

/**
 * Notes of which containers a page, with those before it, told every member or not all, what of it could not be read, and who
 * is deactivated and there.
 */
export function noteComplete(
  { complete, unread = [], unreadKinds = [], unreadRoles = [], deactivated }: Page,
  source: string,
  listed: HashSet,
): void {
  for (const ref of complete) listed.add(completeKey(source, ref));
  for (const ref of unread) listed.add(unreadKey(source, ref));
  for (const kind of unreadKinds) listed.add(unreadKindKey(source, kind));
  for (const { personId, organization } of unreadRoles)
    listed.add(unreadRolesKey(entryKey({ source, kind: 'person', id: personId }), organization));
  for (const id of deactivated?.personIds ?? [])
    listed.add(deactivatedKey(entryKey({ source, kind: 'person', id })));
  if (deactivated?.complete) listed.add(deactivatedKey(source));
}

/** Marks people who would lose something by what was listed. */
export function losingKey(person: string): string {
  return `losing ${person}`;
}

/** Marks a connection that somebody has by the mirror and not by what was listed. */
export function droppedKey(person: string, connection: string): string {
  return `${person} without connection ${connection}`;
}

export function membershipKey(who: string, ref: ContainerRef): string {
  return `${who} in ${containerKey(ref)}`;
}

/** Marks people who are deactivated and there, or a source of which all of them were told. */
export function deactivatedKey(of: string): string {
  return `deactivated ${of}`;
}

export function completeKey(source: string, ref: CompleteRef): string {
  return `complete ${keyOf(source, ref)}`;
}

/** Marks a container of which something could not be read, be the rest complete. */
export function unreadKey(source: string, ref: CompleteRef): string {
  return `unread ${keyOf(source, ref)}`;
}

/** Marks a kind of containers of which an item of a list could not be read. */
export function unreadKindKey(source: string, kind: ContainerRef['kind']): string {
  return `unread ${source} ${kind}`;
}

/** Marks the roles of somebody in an organization that could not be read. */
export function unreadRolesKey(person: string, organization: string | undefined): string {
  return `${person} with unread roles in ${organization}`;
}

/** Marks a container that the directory did not know when it was asked for it alone. */
export function goneKey(container: string): string {
  return `gone ${container}`;
}

function keyOf(source: string, { kind, id, organization }: CompleteRef): string {
  return entryKey({ source, kind, id: kind === 'role' ? `${organization}/${id}` : id });
}
