import { expect, test } from 'vitest';
import { deliver } from '../../lib/delivery/deliver.ts';
import { makeOktaRuns, runOf } from '../support/okta-runs.ts';

test('a group that a message of version 1 names without facts is read', async () => {
  const world = makeOktaRuns({ source: { api: { headroom: 0 } } });
  runOf(await world.read());
  world.time.now += 60_000;
  world.okta.renameGroup('00gEng', 'Builders');
  const at = new Date(world.time.now).toISOString();
  const changes = [{ v: 1, kind: 'group', source: 'okta', containerId: '00gEng', at, id: 'event-1' }];

  const body = JSON.stringify({ v: 1, changes });
  await deliver([{ messageId: 'm', body }], world.time.now + 60_000, world.deps);
  await world.settle();

  expect(world.state()?.groups['00gEng']?.groupName).toBe('Builders');
});
