import { expect, test } from 'vitest';
import type { Answer } from '../../scripts/person-text.ts';
import { oktaDelivery, userCreate } from '../support/okta-deliveries.ts';
import { sync } from '../support/sync.ts';
import { standUp } from './cloud.ts';

const FILE = 'events/okta/user.lifecycle.create.json';

test('a sample is sent to a stage, and what became of it is told of the person, with what Velt refused and what is dead', async () => {
  const cloud = await standUp({ secondMs: 20 });
  const at = { aws: cloud.admin };
  const url = cloud.sources.okta?.url ?? '';

  const sent = await sync(['send', FILE, '--source', 'okta', '--url', url, '--yes', 'dev'], at);
  expect(sent).toMatchObject({ code: 0, stderr: '' });
  const id = /npm run sync -- person (\S+)/.exec(sent.stdout)?.[1] ?? '';
  await cloud.idle();

  const person = await sync(['person', id], at);
  expect(person).toMatchObject({ code: 0, stderr: '' });
  expect(person.stdout).toContain(`is ${id} in Velt: Velt confirmed all of it.`);
  expect(person.stdout).toMatch(/changes-dead +0 +0/);

  cloud.velt?.faults.add({
    match: { userId: '00uB' },
    answer: { kind: 'refuse-item', reason: 'Bea is no name.' },
  });
  await cloud.post('okta', oktaDelivery(userCreate('00uB')));
  await cloud.post('okta', '["00uB"]');
  await cloud.queue({ kind: 'of a newer version', personId: '00uB' });
  await cloud.idle();

  const refused = await sync(['person', '00uB', '--json'], at);
  const { people, queues } = JSON.parse(refused.stdout) as Answer;
  expect(refused.code).toBe(1);
  expect(people).toMatchObject([
    { id: '00uB', atVelt: [{ state: 'refused', refusal: { reason: 'Bea is no name.', attempts: 1 } }] },
  ]);
  expect(queues.others).toEqual([
    { queue: 'changes-dead', held: 1, seen: 1, naming: 1 },
    { queue: 'parked', held: 1, seen: 1, naming: 1 },
  ]);
  // What was looked at is there for the next one.
  expect((await sync(['dead'], at)).stdout).toContain('About 1 dead messages, 1 looked at.');
  const nobody = await sync(['person', '00uZ'], at);
  expect([nobody.code, nobody.stdout]).toEqual([1, expect.stringContaining('Nothing was heard of 00uZ')]);
});
