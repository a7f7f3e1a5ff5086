import { expect, test } from 'vitest';
import { createLocalConsole } from '../../local/console/local-console.ts';
import { demoDirectory } from '../../local/demo/directory.ts';
import type { Called } from '../../scripts/command.ts';
import type { Delivery, DeliveryPath } from '../../scripts/console/stream.ts';
import type { TryState } from '../../scripts/console/try.ts';
import { localCloudOf } from '../../scripts/local-cloud.ts';
import { sync } from '../support/sync.ts';
import { packagedTemplate, standUp } from './cloud.ts';

async function open() {
  await packagedTemplate();
  const page = createLocalConsole(process.cwd(), { directory: demoDirectory });
  const cloud = await standUp({ secondMs: 20, ...page.options });
  const opened = await page.open(cloud, { port: 0, isReadOnly: false });
  const { origin, hash } = new URL(opened.url);
  const headers = {
    authorization: `Bearer ${hash.slice('#token='.length)}`,
    'content-type': 'application/json',
  };
  const post = async <T>(path: string, given: object = {}) => {
    const answer = await fetch(`${origin}/api/${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(given),
    });
    return { status: answer.status, body: (await answer.json()) as T };
  };
  const localCloud = () => ({ pid: process.pid, ...localCloudOf(cloud) });
  const cli = async (...argv: string[]) => {
    const { code, stdout } = await sync([...argv, '--local', '--json'], { localCloud });
    return { code, shown: JSON.parse(stdout) as unknown };
  };
  return { cloud, post, cli, close: opened.close };
}

/** Without the moments at which it was asked. */
const timeless = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (key, one) => (key === 'at' ? 0 : one)));

test('a leaver is followed from the vendor to Velt, and each view shows what its command shows', async () => {
  const { cloud, post, cli, close } = await open();
  const at = async (act: string, values: object) => {
    const done = await post('act/try', { given: { kind: 'vendor', source: 'okta', act, values } });
    expect(done).toMatchObject({ status: 200, body: { said: expect.stringMatching(/^Delivered: 200/) } });
    await cloud.idle({ withinMs: 60_000 });
  };

  await at('create a person', { name: 'Ada Exämple' });
  const { body: tried } = await post<TryState>('try');
  const okta = tried.vendors.find(({ source }) => source === 'okta');
  const ada = okta?.people.find(({ name }) => name === 'Ada Exämple')?.id ?? '';
  await at('add to a group', { person: ada, group: okta?.groups[0]?.id ?? '' });
  const { body: lines } = await post<Delivery[]>('deliveries');
  expect(lines.map(({ outcome }) => outcome)).toEqual(['delivered', 'delivered']);
  const { body: path } = await post<DeliveryPath>('delivery', { id: lines[1]?.id });
  expect(path.written[0]).toMatchObject({ key: `okta#person#${ada}`, isNew: true });
  expect(path.calls.map(({ status, body }) => [status, body.includes('Ada Exämple')])).toContainEqual([
    200,
    true,
  ]);
  expect(JSON.stringify(path).includes(cloud.sources.okta?.headers.authorization ?? 'none')).toBe(false);

  await cloud.post('okta', '[');
  const views: [string, object, string[]][] = [
    ['status', { people: true }, ['status', '--people']],
    ['people', { text: 'exämple' }, ['people', 'exämple']],
    ['groups', { source: 'okta' }, ['groups', '--source', 'okta']],
    ['person', { who: ada, source: 'okta' }, ['person', ada, '--source', 'okta', '--no-queues']],
    ['person', { who: ada, queues: true }, ['person', ada]],
    ['preview', { person: ada, source: 'okta' }, ['preview', '--person', ada, '--source', 'okta']],
    ['organization', { id: 'acme-workforce' }, ['organization', 'acme-workforce']],
    ['parked', {}, ['parked']],
    ['dead', {}, ['dead', '--people']],
  ];
  for (const [name, given, argv] of views) {
    const { body } = await post<Called>(`ask/${name}`, given);
    const { code, shown } = await cli(...argv);
    expect([name, body.code, timeless(body.shown)]).toEqual([name, code, timeless(shown)]);
  }

  await at('deactivate', { person: ada });
  expect(Object.keys(cloud.state()['acme-workforce']?.users ?? {})).toEqual([]);
  const { body: gone } = await post<Called>('ask/people', { text: ada });
  expect(gone.shown).toMatchObject({ found: [{ id: ada, state: 'out', why: 'they are deactivated' }] });
  await close();
});

test('each act does what its command does, Velt fails as it is told to, and an old event is told to be old', async () => {
  const { cloud, post, close } = await open();
  const act = (name: string, given: object, typed = 'dev') => post<Called>(`act/${name}`, { given, typed });
  const tryIt = (given: object) => post('act/try', { given });

  await tryIt({ kind: 'fault', name: 'refuses people', isOn: true });
  await tryIt({ kind: 'vendor', source: 'okta', act: 'create a person', values: { name: 'Bea Example' } });
  await cloud.idle({ withinMs: 60_000 });
  const [line] = (await post<Delivery[]>('deliveries')).body;
  expect(line?.outcome).toBe('refused by Velt');
  const bea = line?.about[0]?.id ?? '';

  await tryIt({ kind: 'fault', name: 'refuses people', isOn: false });
  expect((await act('retry', { who: bea, source: 'okta' })).body.code).toBe(0);
  await cloud.idle({ withinMs: 60_000 });
  expect(cloud.state()['acme-workforce']?.users).toHaveProperty([bea]);

  const path = (await post<DeliveryPath>('delivery', { id: line?.id })).body;
  await tryIt({
    kind: 'vendor',
    source: 'okta',
    act: 'rename a person',
    values: { person: bea, name: 'Bea New' },
  });
  await cloud.idle({ withinMs: 60_000 });
  await act('send', { source: 'okta', event: path.body });
  await cloud.idle({ withinMs: 60_000 });
  const [again] = (await post<Delivery[]>('deliveries')).body;
  const old = (await post<DeliveryPath>('delivery', { id: again?.id })).body;
  expect(old.changes.flatMap(({ verdicts }) => verdicts.map(({ is }) => is))).toContain('older');

  expect((await act('pause', {})).body.shown).toMatchObject({ delivering: 'paused' });
  expect((await act('resume', {})).body.shown).toMatchObject({ delivering: 'on' });
  const id = crypto.randomUUID();
  const planned = await post<Called>('ask/plan', { source: 'okta', id });
  expect(planned.body.shown).toMatchObject({ plans: [{ run: { source: 'okta' } }] });
  expect((await act('apply', { id })).body.shown).toMatchObject({ run: { state: 'done' } });
  await cloud.post('okta', '[');
  const parked = (await post<Called>('ask/parked')).body.shown as { id: string }[];
  const [one] = parked;
  expect((await act('replay', { id: one?.id })).body.shown).toMatchObject([{ outcome: 'unreadable' }]);
  expect((await act('drop', { id: one?.id }, one?.id)).body.shown).toMatchObject({ dropped: true });
  expect((await act('redrive', {})).body.code).toBe(0);
  await close();
});
