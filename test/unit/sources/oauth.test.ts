import { describe, expect, test } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../../lib/http/client.ts';
import { createTokens } from '../../../lib/sources/oauth.ts';
import { NOW } from '../../support/factories.ts';

const credentials = { clientSecret: 's3cret' };

function makeTokens(answer: Partial<HttpResponse> = {}) {
  const requests: HttpRequest[] = [];
  const time = { now: NOW };
  const http = async (request: HttpRequest) => {
    requests.push(request);
    const body = JSON.stringify({
      token_type: 'Bearer',
      expires_in: 86_400,
      access_token: `token-${requests.length}`,
    });
    return { status: 200, headers: {}, body, ...answer };
  };
  const tokens = createTokens<typeof credentials>(
    {
      vendor: 'Example',
      request: async ({ clientSecret }) => ({
        url: 'https://example.com/token',
        headers: {},
        body: clientSecret,
      }),
      explain: ({ status }) => `mend ${status}`,
    },
    { http, clock: () => time.now },
  );
  return { tokens, requests, time };
}

describe('an access token', () => {
  test('is fetched once for everyone who waits, and again a minute before it ends', async () => {
    const { tokens, requests, time } = makeTokens();

    const atOnce = await Promise.all([1, 2, 3].map(() => tokens.authorization(credentials)));
    time.now += 86_339_000;
    const late = await tokens.authorization(credentials);
    time.now += 1_000;
    const tooLate = await tokens.authorization(credentials);

    expect([...atOnce, late, tooLate].map((header) => header.slice(-1))).toEqual(['1', '1', '1', '1', '2']);
    expect(requests).toHaveLength(2);
  });

  test('is fetched once more after a refusal, however many were refused', async () => {
    const { tokens, requests } = makeTokens();
    const refused = await tokens.authorization(credentials);

    tokens.forget(refused);
    const fresh = await tokens.authorization(credentials);
    tokens.forget(refused);
    await tokens.authorization(credentials);

    expect([refused, fresh]).toEqual(['Bearer token-1', 'Bearer token-2']);
    expect(requests).toHaveLength(2);
  });

  test('of other credentials is another one, even while the first is on its way', async () => {
    const { tokens } = makeTokens();

    const headers = await Promise.all([
      tokens.authorization(credentials),
      tokens.authorization({ ...credentials, clientSecret: 'new' }),
    ]);

    expect(headers).toEqual(['Bearer token-1', 'Bearer token-2']);
  });
});

describe('a refused request for a token', () => {
  test.each([
    [401, 'credentials'],
    [403, 'credentials'],
    [200, 'credentials'],
    [429, 'throttled'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ])('answered %i is a fault of the world: %s', async (status, code) => {
    const { tokens } = makeTokens({ status, body: '{}' });

    await expect(tokens.authorization(credentials)).rejects.toMatchObject({ name: 'WorldFault', code });
  });

  test('is tried again by whoever comes next', async () => {
    const { tokens, requests } = makeTokens({ status: 503 });

    const faults = [
      await tokens.authorization(credentials).catch((error: unknown) => error),
      await tokens.authorization(credentials).catch((error: unknown) => error),
    ];

    expect(faults).toMatchObject([{ code: 'unavailable' }, { code: 'unavailable' }]);
    expect(requests).toHaveLength(2);
  });
});
