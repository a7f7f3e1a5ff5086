import { expect, test } from 'vitest';
import { demoDirectory, demoParameters } from '../../local/demo/directory.ts';
import { sync } from '../support/sync.ts';
import { standUp } from './cloud.ts';

const EDSGER = '00ub7edsg0EXAMPLE9d7';

test('whom Velt refused is tried again by their address, at once', async () => {
  const cloud = await standUp({ directory: demoDirectory, parameters: demoParameters });
  const aws = cloud.admin;
  cloud.velt?.faults.add({
    match: { userId: EDSGER },
    // With their address, and without.
    times: 2,
    answer: { kind: 'refuse-item', reason: 'not today' },
  });
  await sync(['backfill', '--source', 'okta'], { aws });
  await cloud.idle();
  const users = () => Object.keys(cloud.state()['acme-workforce']?.users ?? {});
  expect(users()).toHaveLength(11);

  const retried = await sync(['retry', 'Edsger@example.com'], { aws });
  await cloud.idle();

  expect([retried.code, retried.stderr]).toEqual([0, '']);
  expect(retried.stdout).toContain(`${EDSGER} of okta is asked again, now.`);
  expect(users()).toContain(EDSGER);
  expect((await sync(['retry', 'okta'], { aws })).stdout).toBe('Nothing of okta waits.\n');
  expect(await sync(['retry', 'nobody'], { aws })).toMatchObject({
    code: 1,
    stdout: 'Nobody is known by nobody.\n',
  });
});
