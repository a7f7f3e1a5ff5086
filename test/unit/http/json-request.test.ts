import { expect, test } from 'vitest';
import { jsonRequest } from '../../../lib/http/json-request.ts';

const asked = { url: 'https://api.example.com/things', authorization: 'Bearer abc', timeoutMs: 500 };
const headers = { accept: 'application/json', authorization: 'Bearer abc' };

test('a request for JSON asks for it as somebody, and sends nothing', () => {
  const request = jsonRequest({ ...asked, method: 'GET', body: undefined });

  expect(request).toStrictEqual({ method: 'GET', url: asked.url, headers, timeoutMs: 500 });
});

test('what a request for JSON sends is JSON, and called so', () => {
  const request = jsonRequest({ ...asked, method: 'PATCH', body: { name: 'Ada' } });

  expect(request).toStrictEqual({
    method: 'PATCH',
    url: asked.url,
    headers: { ...headers, 'content-type': 'application/json' },
    body: '{"name":"Ada"}',
    timeoutMs: 500,
  });
});
