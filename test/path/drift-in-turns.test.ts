import { expect, test } from 'vitest';
import { WorldFault } from '../../lib/errors.ts';
import type { Velt } from '../../lib/velt/client.ts';
import { membershipChange } from '../support/factories.ts';
import { joins, makeReadBack } from '../support/read-back.ts';

const GROUPS = ['g1', 'g2', 'g3', 'g4', 'g5'];

/** One person in several groups, and a Velt of which there is time to list so many scopes at a time. */
async function makeSlow(lists: number) {
  const world = makeReadBack();
  const memberships = GROUPS.map((id) => membershipChange({ container: { kind: 'group', id } }));
  await world.run(joins('ada'), ...memberships);
  const look = async () => {
    const listed: (string | undefined)[] = [];
    const readUsers: Velt['readUsers'] = async (of, token, deadline) => {
      if (of.userIds === undefined && listed.length === lists)
        throw new WorldFault('out-of-time', 'no time left for another call');
      if (of.userIds === undefined) listed.push(of.groupId);
      return world.deps.velt.readUsers(of, token, deadline);
    };
    return { drift: await world.look({ velt: { ...world.deps.velt, readUsers } }), listed };
  };
  return { ...world, look };
}

test('a read-back without time for every list goes on with the others next time, and then begins anew', async () => {
  const { look } = await makeSlow(4);

  const looks = [await look(), await look(), await look()];

  expect(looks.map(({ listed }) => listed)).toEqual([
    ['g1', 'g2', 'g3', 'g4'],
    ['g5', undefined, 'g1', 'g2'],
    ['g3', 'g4', 'g5', undefined],
  ]);
  expect(looks.map(({ drift }) => drift)).toMatchObject(looks.map(() => ({ confirmed: 4, missing: 0 })));
});

test('finds who is missing only in what it listed, and in the end everywhere', async () => {
  const { look, byHand, queued } = await makeSlow(3);
  for (const group of ['g1', 'g5']) byHand.forget('acme', 'ada', group);

  const [first, second] = [await look(), await look()];

  expect([first.drift, second.drift]).toMatchObject([{ missing: 1 }, { missing: 1 }]);
  expect(queued.flat()).toHaveLength(2);
});

test('four hundred lists of a Velt that needs 300 ms for each are compared in three looks of a minute', async () => {
  const { run, look, byHand, double, queued } = makeReadBack();
  const groups = Array.from({ length: 400 }, (_, n) => `group-${n + 100}`);
  await run(joins('ada'), ...groups.map((id) => membershipChange({ container: { kind: 'group', id } })));
  for (const id of ['group-100', 'group-297', 'group-298', 'group-496', 'group-499'])
    byHand.forget('acme', 'ada', id);

  const missing: number[] = [];
  for (let n = 0; n < 3; n += 1) {
    double.faults.add({ match: { path: '/v2/users/get' }, answer: { kind: 'slow', ms: 300 } });
    missing.push((await look()).missing);
    double.faults.clear();
  }
  for (const changes of queued.splice(0)) await run(...changes);

  const members = Object.values(double.state().organizations.acme?.groups ?? {}).map((it) => it.members);
  expect(missing[0]).toBeLessThan(5);
  expect(members).toEqual(groups.map(() => ['ada']));
});

test('that had time for no list says so', async () => {
  const { look } = await makeSlow(0);

  await expect(look()).rejects.toMatchObject({ code: 'out-of-time' });
});
