import type { Held } from './backfill-truth.ts';

/** Each difference between what Velt should hold and what it holds, in words. */
export type Report = Record<'lost' | 'wrong' | 'resurrected', string[]>;

/** Compares what Velt should hold with what it holds: `resurrected` is what is there of somebody who should not be. */
export function compare(wanted: Held, held: Held): Report {
  const report: Report = { lost: [], wrong: [], resurrected: [] };
  for (const [id, profile] of wanted.users) {
    const is = held.users.get(id);
    if (is === undefined) report.lost.push(`lost: ${id}`);
    else if (is !== profile) report.wrong.push(`wrong: ${id} is ${is}, not ${profile}`);
  }
  for (const id of held.users.keys())
    if (!wanted.users.has(id)) report.resurrected.push(`resurrected: ${id}`);
  for (const groupId of new Set([...wanted.groups.keys(), ...held.groups.keys()])) {
    const [should, is] = [wanted.groups.get(groupId), held.groups.get(groupId)];
    if (should && !is) report.lost.push(`lost: ${groupId}`);
    if (should && is && should.name !== is.name)
      report.wrong.push(`wrong: ${groupId} is ${is.name}, not ${should.name}`);
    for (const id of is?.members ?? []) {
      if (!wanted.users.has(id)) report.resurrected.push(`resurrected: ${id} in ${groupId}`);
      else if (!should?.members.has(id)) report.wrong.push(`wrong: ${id} is in ${groupId}`);
    }
    for (const id of should?.members ?? [])
      if (is && !is.members.has(id)) report.wrong.push(`wrong: ${id} is not in ${groupId}`);
  }
  return report;
}

export function countOfFailures(report: Report): number {
  return Object.values(report).flat().length;
}
