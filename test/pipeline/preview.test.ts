import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { Previews } from '../../lib/reconcile/preview.ts';
import { demoDirectory, demoParameters } from '../../local/demo/directory.ts';
import { OWN_CONFIG } from '../../scripts/config-file.ts';
import { connectStack } from '../../scripts/stack.ts';
import { standUp, type TestCloud } from './cloud.ts';

/** The command in a process of its own, with no more than what an operator has of the stack. */
async function run({ admin }: TestCloud, ...args: string[]): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    AWS_ENDPOINT_URL: String(admin.endpoint),
    AWS_REGION: admin.region,
    AWS_ACCESS_KEY_ID: admin.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: admin.credentials.secretAccessKey,
  };
  const script = resolve('scripts/start.mjs');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [script, 'preview', '--config', OWN_CONFIG, ...args],
    { env },
  );
  return stdout;
}

test('a person of a stage is previewed by their address, and neither Velt nor the table hears of it', async () => {
  const cloud = await standUp({ directory: demoDirectory, parameters: demoParameters });
  const asked = ['--source', 'okta', '--person', 'edsger@example.com'];

  const text = await run(cloud, ...asked);
  const { people } = JSON.parse(await run(cloud, ...asked, '--json')) as Previews;
  await cloud.idle();

  expect(text).toContain('Edsger Exämple (00ub7edsg0EXAMPLE9d7) of okta is 00ub7edsg0EXAMPLE9d7 in Velt.');
  expect(text).toMatch(/group Engineering \(00gb7engi0EXAMPLE1d7\) +group in acme-workforce +groups "\*"/);
  expect(people).toMatchObject([{ user: { email: 'edsger@example.com' }, places: [{ causes: [{}] }] }]);
  const { mirror, runs } = await connectStack(
    { stage: 'dev', config: OWN_CONFIG, aws: cloud.admin },
    new AbortController().signal,
  );
  expect(cloud.calls()).toEqual([]);
  expect((await mirror.scan('okta', undefined)).entries).toEqual([]);
  expect(await runs.current('okta')).toBeUndefined();
});

test('somebody whom the directory does not know is told so', async () => {
  const cloud = await standUp({ directory: demoDirectory, parameters: demoParameters });

  expect(await run(cloud, '--source', 'okta', '--person', 'nobody@example.com')).toContain(
    'nobody@example.com of okta is not in Velt: the source does not know them (any more).',
  );
});
