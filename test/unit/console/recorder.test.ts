import { afterEach, expect, test, vi } from 'vitest';
import { newPerson, type PersonEntry } from '../../../lib/directory/entry.ts';
import { versionOf } from '../../../lib/directory/version.ts';
import { createRecorder, type Recorder } from '../../../local/console/recorder.ts';
import { NOW, oktaDelivery, oktaEvent, second, sourceConfig } from '../../support/factories.ts';

let recorder: Recorder | undefined;
afterEach(() => recorder?.close());

function record() {
  recorder = createRecorder({
    config: { sources: { okta: sourceConfig() } },
    secretHeaders: ['authorization'],
    clock: () => NOW,
  });
  return recorder;
}

const version = versionOf({ at: second(1), id: 'event-1' });
const ada = (more: Partial<PersonEntry> = {}): PersonEntry => ({
  ...newPerson('okta', '00uada'),
  exists: { value: true, version },
  ...more,
});

function deliver({ watchHttp }: Recorder, body: unknown = oktaDelivery(oktaEvent('user.lifecycle.create'))) {
  return watchHttp({
    ...{ method: 'POST', url: '/webhooks/okta' },
    headers: { authorization: 'a secret', 'content-type': 'application/json' },
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  });
}

const answered = { status: 200, headers: {}, body: '{"changes":1}' };

/** The id of the person whom the event of the factories is about. */
async function personIn(recorder: Recorder): Promise<string> {
  const [line] = recorder.recent();
  return line?.about.find(({ kind }) => kind === 'person')?.id ?? '';
}

test('a delivery is followed from what came to what Velt answered, without its credential', async () => {
  const recorder = record();
  deliver(recorder)(answered);
  const id = await personIn(recorder);
  const entry = (more: Partial<PersonEntry> = {}) => ({ ...ada(more), id });
  expect(recorder.recent()).toMatchObject([
    { types: ['user.lifecycle.create'], outcome: 'on its way', status: 200 },
  ]);

  const delivered = { [id]: { '["acme"]': { present: false } } };
  recorder.onWrite({ entry: entry({ delivered }), revision: 1, isLeased: true });
  const body = { data: { organizationId: 'acme', users: [{ userId: id }] } };
  const call = { at: 0, path: '/v2/users/add', body, status: 200, effective: true };
  recorder.onCall(call, { status: 200, headers: {}, body: '{"result":{}}' });
  recorder.onCall(
    { ...call, body: { data: { users: [{ userId: 'other' }] } } },
    { status: 200, headers: {}, body: '' },
  );
  recorder.onWrite({
    entry: entry({ delivered: { [id]: { '["acme"]': { present: true } } } }),
    revision: 2,
    isLeased: false,
  });

  const path = await recorder.path('d1');
  expect(path).toMatchObject({
    ...{ outcome: 'delivered', doneAt: NOW, answer: '{"changes":1}' },
    headers: { 'content-type': 'application/json' },
    written: [
      {
        key: `okta#person#${id}`,
        isNew: true,
        parts: expect.arrayContaining([{ part: 'exists', before: '–', after: 'true' }]),
      },
    ],
    calls: [{ path: '/v2/users/add', status: 200, answer: '{"result":{}}' }],
  });
  expect(JSON.stringify(path)).not.toContain('a secret');
});

test('what is refused, parked or ignored is at its end with the answer', () => {
  const recorder = record();
  deliver(recorder)({ ...answered, status: 401 });
  deliver(recorder, '[')(answered);
  deliver(recorder, oktaDelivery(oktaEvent('user.session.start')))(answered);

  expect(recorder.recent().map(({ outcome }) => outcome)).toEqual(['ignored', 'parked', 'refused']);
});

test('a GET, by which a vendor verifies a hook, is no delivery', () => {
  const recorder = record();
  recorder.watchHttp({ method: 'GET', url: '/webhooks/okta', headers: {}, body: Buffer.alloc(0) })(answered);

  expect(recorder.recent()).toEqual([]);
});

test('a delivery of which something could not be read ends as parked, however the rest went', async () => {
  const recorder = record();
  deliver(recorder, oktaDelivery(oktaEvent('user.lifecycle.create'), { eventType: 7 } as never))(answered);
  const id = await personIn(recorder);
  expect(recorder.recent()[0]?.outcome).toBe('on its way');
  recorder.onWrite({ entry: { ...ada(), id }, revision: 1, isLeased: false });

  expect(recorder.recent()).toMatchObject([{ outcome: 'parked', doneAt: NOW }]);
});

test('what it cannot take in is a warning, and no fault of what it watches', () => {
  const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  const recorder = record();
  deliver(recorder)(answered);
  const body = { data: { users: [null, 7], organizationUserGroups: [undefined] } };
  const call = { at: 0, path: '/v2/users/add', body, status: 200, effective: true };

  recorder.onCall(call, { status: 200, headers: {}, body: '' });
  recorder.onCall(call, undefined as never);
  recorder.onWrite(undefined as never);
  recorder.watchHttp({ method: 'POST', url: '/webhooks/okta' } as never)(undefined as never);
  expect(recorder.recent()).toHaveLength(1);
  expect(warned).toHaveBeenCalledTimes(3);
  warned.mockRestore();
});

test('what Velt refuses is told apart from what it took', async () => {
  const recorder = record();
  deliver(recorder)(answered);
  const id = await personIn(recorder);
  const refusal = { reason: 'no', attempts: 1, content: '', dueAt: 1 };
  recorder.onWrite({
    entry: { ...ada({ delivered: { [id]: { '["acme"]': { present: false, refusal } } } }), id },
    ...{ revision: 1, isLeased: false },
  });
  expect(recorder.recent()[0]?.outcome).toBe('refused by Velt');
});

test('only the last deliveries are kept, and of a long body its beginning', async () => {
  const recorder = record();
  deliver(recorder, `"${'x'.repeat(100_000)}"`)(answered);
  expect(await recorder.path('d1')).toMatchObject({ isCut: true, body: expect.stringMatching(/^.{65536}$/) });
  for (let nth = 0; nth < 600; nth += 1) deliver(recorder)(answered);

  expect(recorder.recent()).toHaveLength(500);
  expect(recorder.recent()[0]?.id).toBe('d601');
  expect(await recorder.path('d1')).toBeUndefined();
});

test('whoever follows hears of each delivery, until they stop', async () => {
  const recorder = record();
  const stop = new AbortController();
  const heard: string[] = [];
  const following = (async () => {
    for await (const { id } of recorder.follow(stop.signal)) {
      heard.push(id);
      if (heard.length === 2) stop.abort();
    }
  })();
  deliver(recorder)(answered);
  deliver(recorder)(answered);
  await following;
  expect(heard).toEqual(['d1', 'd2']);
});
