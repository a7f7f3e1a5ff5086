import * as z from 'zod';
import { readCursor } from '../../../lib/sources/cursor.ts';
import { membershipFact } from '../../../lib/sources/facts.ts';
import type { Directory } from '../../../lib/sources/source.ts';
import type { FixtureApi } from './api.ts';
import { groupFact, personFact } from './facts.ts';
import { Group } from './schema.ts';

const next = z.string().optional();
const Step = z.discriminatedUnion('at', [
  z.strictObject({ at: z.literal('people'), next }),
  z.strictObject({ at: z.literal('groups'), next }),
  z.strictObject({ at: z.literal('members'), of: Group, next }),
]);
const Cursor = z.strictObject({ v: z.literal(1), steps: z.array(Step).min(1) });
type Steps = z.infer<typeof Cursor>['steps'];

/** Lists people, then groups, each with its members. The cursor holds the calls that are left. */
export function createListing(source: string, api: FixtureApi): Directory['readPage'] {
  return async (cursor) => {
    const [step, ...left]: Steps =
      cursor === undefined
        ? [{ at: 'people' }, { at: 'groups' }]
        : readCursor(Cursor, cursor, 'cursor of a fixture listing').steps;
    if (!step) throw new Error('a cursor has a step');
    const page = await read(step);
    const more = page.next === undefined ? [] : [{ ...step, next: page.next }];
    const steps = [...page.soon, ...more, ...left];
    return { ...page, next: steps.length === 0 ? undefined : JSON.stringify({ v: 1, steps }) };
  };

  async function read(step: Steps[number]) {
    if (step.at === 'people') {
      const { items, askedAt, ...page } = await api.readPeople(step.next);
      const changes = items.map((person) => personFact(person, { source, askedAt }));
      return { ...page, changes, complete: [], soon: [] };
    }
    if (step.at === 'groups') {
      const { items, askedAt, ...page } = await api.readGroups(step.next);
      const changes = items.map((group) => groupFact(group.id, group, { source, askedAt }));
      return { ...page, changes, complete: [], soon: items.map((of) => ({ at: 'members' as const, of })) };
    }
    const group = { kind: 'group' as const, ...step.of };
    const { items, askedAt, ...page } = await api.readMembers(group.id, step.next);
    const changes = items.map(({ id }) => membershipFact(id, group, { source, askedAt }));
    return { ...page, changes, complete: page.next === undefined ? [group] : [], soon: [] };
  }
}
