import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Explained } from '../../../scripts/explain.ts';
import { oktaDelivery, oktaEvent } from '../../support/factories.ts';
import { sync } from '../../support/sync.ts';

const folder = mkdtempSync(join(tmpdir(), 'explain-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(content: unknown): string {
  const file = join(folder, 'event.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const explain = (file: string, ...flags: string[]) => sync(['explain', file, '--source', 'okta', ...flags]);
const read = async (file: string) =>
  JSON.parse((await explain(file, '--empty', '--json')).stdout) as Explained;

test('a file of events/ is told as changes, what is new of whom, and the calls in their order', async () => {
  const { code, stdout } = await explain('events/okta/user.lifecycle.create.json', '--empty');

  expect(code).toBe(0);
  expect(stdout).toMatch(/^It tells okta:\n {2}person 00u\S+: exists true, .+, as of 20/);
  expect(stdout).toMatch(/^person 00u\S+ of okta is new\.$/m);
  expect(stdout).toMatch(/^ +exists +– +true$/m);
  expect(stdout).toMatch(/^ +1 +users\.add +organization acme-workforce +00u\S+$/m);
});

test('what is ignored is told with the reason, and calls nobody', async () => {
  const session = await read('events/okta/user.session.start.unhandled.json');

  expect(session).toMatchObject({ changes: [], calls: [], ignored: [{ type: 'user.session.start' }] });
  expect((await explain('events/okta/user.session.start.unhandled.json', '--empty')).stdout).toMatch(
    /nothing by user\.session\.start: .+\n\nVelt would not be called\.\n$/,
  );
});

test('the body of a delivery is read as it came, and what cannot be read of it ends with 1', async () => {
  const body = oktaDelivery(oktaEvent('user.lifecycle.create'), { broken: true });

  const { code, stdout } = await explain(fileOf(body), '--empty');

  expect(code).toBe(1);
  expect(stdout).toMatch(/nothing that can be read at data\.events\.1\..+; it is parked/);
  expect((await read(fileOf(body))).calls).toHaveLength(1);
  expect((await explain(fileOf('['), '--empty')).stdout).toContain('the body is not JSON; it is parked');
});

test('an event of a bus is explained as one of its source', async () => {
  const { changes } = await read('events/eventbridge/user.lifecycle.deactivate.json');

  expect(changes).toMatchObject([{ kind: 'person', source: 'okta', active: false }]);
});

test('of whom is known nothing, a deactivation says why nobody is called', async () => {
  const { folded, calls } = await read('events/okta/user.lifecycle.deactivate.json');

  expect(calls).toEqual([]);
  expect(folded).toMatchObject([{ isNew: true, whyNot: 'they are deactivated' }]);
});

test('where no stage is, --empty is named', async () => {
  const connect = () => Promise.reject(new Error('the stack is out of reach'));

  const { code, stderr } = await sync(
    ['explain', 'events/okta/user.lifecycle.create.json', '--source', 'okta'],
    { connect },
  );

  expect([code, stderr.split('\n')[0]]).toEqual([
    1,
    'explain: the stack is out of reach; --empty explains it without a stage',
  ]);
});
