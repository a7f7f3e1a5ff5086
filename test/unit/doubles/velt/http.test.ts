import { afterEach, describe, expect, test } from 'vitest';
import { startVelt } from '../../../../local/doubles/velt/velt.ts';
import { ada, credentials, headersOf } from './calls.ts';

describe('over HTTP', () => {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((server) => server.close()));
  });
  const open = async () => {
    const server = await startVelt(credentials);
    opened.push(server);
    return server;
  };
  const post = (url: string, body: unknown) =>
    fetch(url, { method: 'POST', headers: headersOf(credentials), body: JSON.stringify(body) });
  const add = { data: { organizationId: 'acme', users: [ada] } };

  test('serves the API, and its state to a process that steers it, without credentials', async () => {
    const { url } = await open();

    const answer = await post(`${url}/v1/users/add`, add);
    const seen = await (await fetch(`${url}/__state`)).text();

    expect(answer.status).toBe(200);
    expect(JSON.parse(seen)).toMatchObject({
      state: { organizations: { acme: { users: { ada: { name: 'Ada Example' } } } } },
      calls: [{ path: '/v1/users/add', effective: true }],
    });
    expect(seen).not.toContain(credentials.authToken);
  });

  test('takes faults and a reset from outside', async () => {
    const { url } = await open();

    const refused = await post(`${url}/__faults`, { answer: { kind: 'unheard-of' } });
    await post(`${url}/__faults`, [{ answer: { kind: 'status', status: 503 } }]);
    const faulty = await post(`${url}/v1/users/add`, add);
    await post(`${url}/__reset`, {});
    const healthy = await post(`${url}/v1/users/add`, add);

    expect([refused.status, faulty.status, healthy.status]).toEqual([400, 503, 200]);
  });

  test('resets the connection', async () => {
    const { url, velt } = await open();
    velt.faults.add({ answer: { kind: 'reset' } });

    const failure = post(`${url}/v1/users/add`, add);

    await expect(failure).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
  });

  test('answers nothing while it hangs, and lets go of the caller on close', async () => {
    const { url, velt, close } = await open();
    velt.faults.add({ answer: { kind: 'hang' } });
    const waiting = post(`${url}/v1/users/add`, add).catch((error: Error) => error);
    while (velt.calls.length === 0) await new Promise(setImmediate);

    await close();

    expect(await waiting).toBeInstanceOf(Error);
    expect(velt.calls[0]).toMatchObject({ status: 'hang' });
  });

  test('answers the truth late when slow', async () => {
    const { url, velt } = await open();
    velt.faults.add({ answer: { kind: 'slow', ms: 5 } });

    const answer = await post(`${url}/v1/users/add`, add);

    expect(await answer.json()).toMatchObject({ result: { status: 'success' } });
  });
});
