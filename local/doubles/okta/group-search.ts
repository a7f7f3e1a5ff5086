import type { OktaGroup } from './org.ts';
import { EPOCH } from './shown.ts';

const COMPARISON = /^([\w.]+) (eq|gt|ge|sw) "([^"]*)"$/;

/**
 * Whether a group is in a list that `q`, `filter` and `search` narrow; undefined when one of them is not understood. Here
 * that is one comparison, or several joined by `and` (developer.okta.com/docs/api/openapi, listGroups, 2026.06.3).
 */
export function groupFilter(query: URLSearchParams): ((group: OktaGroup) => boolean) | undefined {
  const comparisons = ['filter', 'search'].flatMap((name) => query.get(name)?.split(' and ') ?? []);
  const parsed = comparisons.map((text) => COMPARISON.exec(text.trim()));
  if (parsed.some((match) => !((match?.[1] ?? '') in attributesOf(ANY)))) return undefined;
  const start = (query.get('q') ?? '').toLowerCase();
  return (group) =>
    group.profile.name.toLowerCase().startsWith(start) &&
    parsed.every((match) => {
      const [, attribute = '', operator, value = ''] = match ?? [];
      const has = attributesOf(group)[attribute] ?? '';
      if (operator === 'sw') return has.startsWith(value);
      if (operator === 'eq') return has === value;
      return has > value || (operator === 'ge' && has === value);
    });
}

const ANY: OktaGroup = { id: '', profile: { name: '' } };

function attributesOf({ id, type, lastUpdated, lastMembershipUpdated, profile }: OktaGroup) {
  const attributes: Record<string, string> = {
    ...{ id, type: type ?? 'OKTA_GROUP', 'profile.name': profile.name },
    lastUpdated: lastUpdated ?? EPOCH,
    lastMembershipUpdated: lastMembershipUpdated ?? lastUpdated ?? EPOCH,
  };
  return attributes;
}
