import { expect, test } from 'vitest';
import type { Status } from '../../scripts/status.ts';
import { oktaDelivery, userCreate, userDeactivate } from '../support/okta-deliveries.ts';
import { sync } from '../support/sync.ts';
import { standUp, type TestCloud } from './cloud.ts';

async function look(cloud: TestCloud, ...flags: string[]) {
  const { code, stdout: text } = await sync(['status', ...flags], { aws: cloud.admin });
  const { stdout } = await sync(['status', '--json', ...flags], { aws: cloud.admin });
  return { status: JSON.parse(stdout) as Status, text, isHealthy: code === 0 };
}

test('a deployment in which all is well says so', async () => {
  const cloud = await standUp();
  await cloud.post('okta', oktaDelivery(userCreate('00uA')));
  await cloud.idle();

  const { status, text, isHealthy } = await look(cloud);

  expect(status.queues.map(({ name, visible }) => [name, visible])).toEqual([
    ['changes', 0],
    ['changes-dead', 0],
    ['parked', 0],
    ['scheduler-dead', 0],
  ]);
  expect([isHealthy, status.waiting, status.out]).toEqual([
    true,
    { first: [], count: 0, isAll: true },
    undefined,
  ]);
  expect(text).toMatch(/okta +none yet/);
  expect(text).toContain('Nobody waits.');
});

test('whom Velt refuses, what is parked and dead, and who is not meant to be in Velt are on one screen', async () => {
  const cloud = await standUp({ secondMs: 20 });
  cloud.velt?.faults.add({
    match: { userId: '00uB' },
    answer: { kind: 'refuse-item', reason: 'Bea B. is no name.' },
  });
  await cloud.post('okta', oktaDelivery(userCreate('00uA'), userCreate('00uB'), userCreate('00uC')));
  await cloud.idle();
  await cloud.post('okta', oktaDelivery(userDeactivate('00uC')));
  await cloud.post('okta', '[');
  await cloud.queue({ kind: 'of a newer version' });
  await cloud.idle();

  const { status, text, isHealthy } = await look(cloud, '--people');

  expect(isHealthy).toBe(false);
  expect(status.waiting).toMatchObject({
    first: [{ source: 'okta', id: '00uB', why: 'refused', attempts: 1 }],
    count: 1,
  });
  expect(status.out).toEqual([{ source: 'okta', id: '00uC', why: 'they are deactivated' }]);
  expect(text).toMatch(/changes-dead +1 +npm run sync -- dead shows them/);
  expect(text).toMatch(/parked +1 +docs\/operations\.md#parked-deliveries/);
  expect(text).toMatch(/person 00uB .+ Velt refuses it .+, 1 times so far/);
  expect(text).toMatch(/okta +00uC +they are deactivated/);
  // Velt's words may name the person: they stay in the table.
  expect(JSON.stringify(status)).not.toContain('Bea');
});
