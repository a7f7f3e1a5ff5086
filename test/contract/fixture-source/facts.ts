import type { ContainerChange, PersonChange } from '../../../lib/directory/change.ts';
import { type Reading, readAsOf } from '../../../lib/sources/facts.ts';
import type { Group, Person } from './schema.ts';

export function personFact({ id, name, left }: Person, reading: Reading): PersonChange {
  const profile = { name: name ?? null };
  return { ...readAsOf(reading), kind: 'person', personId: id, exists: true, active: !left, profile };
}

export function groupFact(containerId: string, group: Group | undefined, reading: Reading): ContainerChange {
  const facts = group ? { exists: true, name: group.name } : { exists: false };
  return { ...readAsOf(reading), kind: 'group', containerId, ...facts };
}
