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

test('that had time for no list says so', async () => {
  const { look } = await makeSlow(0);

  await expect(look()).rejects.toMatchObject({ code: 'out-of-time' });
});
