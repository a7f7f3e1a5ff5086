import { expect, test } from 'vitest';
import { oktaDelivery, userCreate } from '../support/okta-deliveries.ts';
import { sync } from '../support/sync.ts';
import { standUp } from './cloud.ts';

test('what comes in while delivering is paused waits, the status says so, and resumed it is delivered', async () => {
  const cloud = await standUp();
  const aws = cloud.admin;

  const paused = await sync(['pause'], { aws });
  const { status } = await cloud.post('okta', oktaDelivery(userCreate('00uA')));
  const looked = await sync(['status'], { aws });

  expect([paused.code, paused.stderr, status, looked.code]).toEqual([0, '', 200, 1]);
  expect(paused.stdout).toContain('waits for 14 days at most');
  expect(looked.stdout).toMatch(/^Delivering to Velt is paused/);
  expect(looked.stdout).toMatch(/changes +1\n/);
  expect(cloud.calls()).toEqual([]);

  const resumed = await sync(['resume', '--json'], { aws });
  await cloud.idle();

  expect([resumed.code, JSON.parse(resumed.stdout)]).toMatchObject([0, { delivering: 'on' }]);
  expect(cloud.calls()).toEqual(['users/add']);
  expect((await sync(['status'], { aws })).code).toBe(0);
});
