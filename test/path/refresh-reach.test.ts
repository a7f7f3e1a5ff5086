import { expect, test } from 'vitest';
import { recheck } from '../support/factories.ts';
import { everyone, idsOf, makeOktaRuns, person } from '../support/okta-runs.ts';

const sick = person(7).id;

/** Okta answers this about one person for ever; an event then tells of all 41, of whom another one left. */
async function hearOfAll(status: number) {
  const world = makeOktaRuns({ people: 41 });
  await world.read();
  world.okta.deleteUser(person(3).id);
  world.okta.deleteUser(sick);
  world.okta.faults.add({ path: `/api/v1/users/${sick}`, answer: { kind: 'status', status } });
  world.time.now += 3_600_000;
  const at = new Date(world.time.now).toISOString();
  const fault = await world.once(
    ...idsOf(everyone(1, 41)).map((id) => recheck({ of: { kind: 'person', id }, at, read: 'memberships' })),
  );
  return { ...world, fault };
}

test.each([500, 403, 400])(
  'one person answered %i for ever stays, and the 40 others are read',
  async (status) => {
    const { users, fault, memory, time, log } = await hearOfAll(status);

    expect(users().toSorted()).toEqual(idsOf(everyone(1, 41).filter((n) => n !== 3)));
    expect(fault?.ofOne).toBe(status === 500 ? true : undefined);
    expect(memory.due(time.now + 3_600_000, 10)).toEqual([{ source: 'okta', kind: 'person', id: sick }]);
    expect(log.lines.map(({ message }) => message)).not.toContain('The directory is out of reach');
  },
);
