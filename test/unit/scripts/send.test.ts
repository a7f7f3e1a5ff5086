import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readEventFile } from '../../../scripts/event-file.ts';
import { sendBusEvent, sendRequest, sentText } from '../../../scripts/send.ts';
import { sourceConfig } from '../../support/factories.ts';
import { sync } from '../../support/sync.ts';

interface Got {
  method: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A webhook that answers as it is told, and keeps what it got. */
const got: Got[] = [];
let answer: { status: number; body: string };
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  got.push({ method: request.method, headers: request.headers, body: Buffer.concat(chunks).toString() });
  response.writeHead(answer.status).end(answer.body);
});
beforeAll(() => new Promise<void>((done) => void server.listen(0, '127.0.0.1', done)));
afterAll(() => void server.close());
beforeEach(() => {
  got.length = 0;
  answer = { status: 200, body: '{"changes":1,"ignored":0}' };
});

const FILE = 'events/okta/user.lifecycle.create.json';
const urlOf = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/okta`;

function send(file: string, { credentials = { okta: { current: 'secret-of-okta' } }, url = urlOf() } = {}) {
  const event = readEventFile('<event file>', file);
  if ('event' in event) throw new Error('an event of a bus');
  const { signal } = new AbortController();
  return sendRequest(event, { url, source: 'okta', config: sourceConfig(), credentials, signal });
}

test('a sample goes to the webhook as its vendor would send it, with the credential of the source', async () => {
  const sent = await send(FILE);

  expect(sent).toEqual({
    ...{ to: urlOf(), status: 200, isTaken: true },
    answer: { changes: 1, ignored: 0 },
  });
  expect(got).toMatchObject([
    { method: 'POST', headers: { authorization: expect.stringContaining('secret-of-okta') } },
  ]);
  expect(JSON.parse(got[0]?.body ?? '')).toMatchObject({
    data: { events: [{ eventType: 'user.lifecycle.create' }] },
  });
});

test.each([
  ['user.lifecycle.create.invalid-wrong-credential', expect.stringContaining('secret-of-oktax')],
  ['user.lifecycle.create.invalid-missing-credential', undefined],
])('a sample that is to be refused is sent so: %s', async (name, authorization) => {
  await send(`events/okta/${name}.json`);

  expect(got[0]?.headers.authorization).toEqual(authorization);
});

test.each([
  ['a refusal', { status: 401, body: '{"error":"no"}' }, { error: 'no' }],
  ['what was parked', { status: 200, body: '{"changes":0,"parked":true}' }, { changes: 0, parked: true }],
  ['an answer of somebody else', { status: 502, body: '<html>' }, '<html>'],
])('%s is not taken, and told as it came', async (_what, answered, told) => {
  answer = answered;

  expect(await send(FILE)).toMatchObject({ status: answered.status, answer: told, isTaken: false });
});

test('without a credential, and where nobody answers, it says so', async () => {
  await expect(send(FILE, { credentials: {} as never })).rejects.toThrow(
    'the webhook secret holds no credential for source okta',
  );
  await expect(send(FILE, { url: 'http://127.0.0.1:1/' })).rejects.toThrow(
    'http://127.0.0.1:1/ does not answer',
  );
  expect(got).toEqual([]);
});

test('an event of a bus goes to the function, as EventBridge hands it over', async () => {
  const event = readEventFile('<event file>', 'events/eventbridge/user.lifecycle.deactivate.json');
  if (!('event' in event)) throw new Error('a request');
  const invoked: unknown[] = [];
  const invoke = (failed: boolean) => async (name: string, handed: object) => {
    invoked.push([name, handed]);
    return { answer: { changes: 1 }, failed };
  };

  expect(await sendBusEvent(event, 'prod', invoke(false))).toEqual({
    ...{ to: 'velt-directory-sync-prod-webhook', answer: { changes: 1 }, isTaken: true },
  });
  expect((await sendBusEvent(event, 'prod', invoke(true))).isTaken).toBe(false);
  expect(invoked[0]).toEqual(['velt-directory-sync-prod-webhook', event.event]);
});

test('the command that tells what became of it names whom the event was about', () => {
  const sent = { to: 'x', status: 200, answer: {}, isTaken: true };

  expect(sentText(sent, ['00uA'], { flags: ' --local' })).toMatch(/npm run sync -- person --local -- 00uA$/);
  expect(sentText(sent, ['auth0|ada'], { flags: '' })).toMatch(/npm run sync -- person -- 'auth0\|ada'$/);
  expect(sentText(sent, ["--o'x"], { flags: '' })).toMatch(/person -- '--o'\\''x'$/);
  expect(sentText(sent, [], { flags: '' })).toBe('x answered 200:\n  {}');
});

test.each([
  ['nobody can type the stage', [FILE], '--yes dev is needed where nobody can type, to send it to stage dev'],
  ['there is no such file', ['nowhere.json'], '<event file> ENOENT'],
  ['the address is none', [FILE, '--url', 'webhooks'], '--url webhooks is no address'],
])('nothing is sent where %s', async (_why, args, message) => {
  const { code, stderr } = await sync(['send', ...args, '--source', 'okta']);

  expect(code).toBe(2);
  expect(stderr).toContain(`send: ${message}`);
  expect(got).toEqual([]);
});

test('an event of a bus that is not of this source is refused before anybody is asked', async () => {
  const file = 'events/eventbridge/user.lifecycle.deactivate.json';

  const { code, stderr } = await sync(['send', file, '--source', 'auth0']);

  expect(code).toBe(2);
  expect(stderr).toContain('which is no partnerEventSource of auth0');
});

test('with another stage than the one that it is for, nothing is sent', async () => {
  const { code, stdout } = await sync(['send', FILE, '--source', 'okta', '--url', urlOf(), '--yes', 'prod']);

  expect([code, stdout, got]).toEqual([1, 'Nothing was sent.\n', []]);
});
