import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createHttp } from '../../../../lib/http/client.ts';
import { startAuth0 } from '../../../../local/doubles/auth0/auth0.ts';
import { ada, grant, idsOf, makeAuth0, saml, streamBody } from './tenant.ts';

describe('an export of all users', () => {
  test('is a job whose file can be fetched for a minute, time and again', () => {
    const { auth0, call, get, time } = makeAuth0();

    const job = call('POST', 'jobs/users-exports', { format: 'json', fields: [{ name: 'user_id' }] }).json;
    const pending = get(`jobs/${job.id}`).json;
    time.now += 1_000;
    const done = get(`jobs/${job.id}`).json;
    const file = auth0.download(done.location);
    time.now += 60_000;
    const late = auth0.download(done.location);
    const again = auth0.download(get(`jobs/${job.id}`).json.location);

    expect([job.status, pending.status, done.status]).toEqual(['pending', 'pending', 'completed']);
    expect(gunzipSync(file.body).toString()).toBe(
      '{"user_id":"auth0|ada"}\n{"user_id":"google-oauth2|alan"}\n',
    );
    expect([late.status, again.status]).toEqual([403, 200]);
  });

  test('is forgotten after a day, and can be of one connection', () => {
    const { auth0, call, get, time } = makeAuth0({ exportMs: 0, expiresIn: 172_800 });
    auth0.createUser({ user_id: 'samlp|acme-saml|grace@example.com' });

    const job = call('POST', 'jobs/users-exports', { connection_id: saml.id }).json;
    const file = gunzipSync(auth0.download(job.location).body).toString();
    time.now += 86_400_000;

    expect(JSON.parse(file)).toMatchObject({ user_id: 'samlp|acme-saml|grace@example.com' });
    expect(call('POST', 'jobs/users-exports', { connection_id: 'con_none' }).status).toBe(404);
    expect(get(`jobs/${job.id}`).status).toBe(404);
  });
});

describe('behind HTTP', () => {
  test('answers, delivers to a loopback webhook and serves its exports', async () => {
    const { url, auth0, close } = await startAuth0({ directory: { users: [ada] }, exportMs: 0 });
    const http = createHttp();
    const send = async (method: 'GET' | 'POST', path: string, token?: string, body?: object) => {
      const headers = {
        'content-type': 'application/json',
        ...(token && { authorization: `Bearer ${token}` }),
      };
      const request = { method, url: url + path, headers, timeoutMs: 5_000 };
      return JSON.parse((await http({ ...request, ...(body && { body: JSON.stringify(body) }) })).body);
    };

    const token = (await send('POST', '/oauth/token', undefined, { ...grant, audience: `${url}/api/v2/` }))
      .access_token;
    const users = await send('GET', '/api/v2/users', token);
    const job = await send('POST', '/api/v2/jobs/users-exports', token, {});
    const file = Buffer.from(await (await fetch(job.location)).arrayBuffer());
    await send('POST', '/api/v2/event-streams', token, streamBody(undefined, `${url}/oauth/token`));
    auth0.login(ada.user_id);
    await auth0.settled();
    await close();

    expect(idsOf(users)).toEqual([ada.user_id]);
    expect(JSON.parse(gunzipSync(file).toString())).toMatchObject({ user_id: ada.user_id });
    expect(auth0.calls.at(-1)).toMatchObject({ method: 'POST', path: '/oauth/token', status: 400 });
  });
});
