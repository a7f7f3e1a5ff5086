import { expect, test } from 'vitest';
import { recheckOf } from '../../lib/directory/change.ts';
import { makeDelivery } from '../support/delivery.ts';
import { groupChange, membershipChange, personChange, second } from '../support/factories.ts';

const refuse = { kind: 'refuse-item', reason: 'not today' } as const;
const joins = personChange({ personId: 'ada', at: second(1), exists: true, profile: { name: 'Ada' } });

const makeAcme = () => makeDelivery({ okta: { kind: 'okta', organization: 'acme' } });

test('somebody whom Velt refused is tried at once where it is asked for, and by no sweep before', async () => {
  const { run, faults, calls, memory, time, users } = makeAcme();
  faults.add({ match: { userId: 'ada' }, times: 2, answer: refuse });
  await run(joins);
  const ask = async (more: object) => {
    const before = calls.length;
    const ref = { source: 'okta', kind: 'person', id: 'ada' } as const;
    await run(recheckOf(ref, time.clock(), { reason: 'sweep', ...more }));
    return calls.length - before;
  };

  expect(await ask({})).toBe(0);
  expect(await ask({ again: true })).toBeGreaterThan(0);
  // Refused once more, it counts on, and waits for longer.
  expect(JSON.stringify(memory.entries())).toContain('"attempts":2');
  expect([await ask({}), users()]).toEqual([0, []]);

  await ask({ again: true });

  expect(users()).toEqual(['ada']);
});

test('a group that Velt refused is tried at once where it is asked for', async () => {
  const { run, faults, time, state } = makeAcme();
  const eng = { kind: 'group', id: 'eng' } as const;
  faults.add({ match: { path: '/v2/organizations/usergroups/add' }, times: 1, answer: refuse });
  await run(
    joins,
    groupChange({ containerId: 'eng', at: second(1), name: 'Engineering' }),
    membershipChange({ personId: 'ada', container: eng, at: second(2), member: true }),
  );
  expect(state()?.groups.eng).toBeUndefined();

  await run(recheckOf({ source: 'okta', ...eng }, time.clock(), { reason: 'sweep', again: true }));

  expect(state()?.groups.eng).toMatchObject({ groupName: 'Engineering' });
});
