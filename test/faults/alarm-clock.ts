import { standUp } from '../pipeline/cloud.ts';
import { PUBLIC_URL } from '../support/manual.ts';

export const MINUTE_MS = 60_000;
/** What all of these begin with. */
const STAGE = 'velt-directory-sync-dev-';

export type CloudWithTime = Awaited<ReturnType<typeof standUpWithTime>>;

/** A cloud whose alarms see other times pass, and that vendors reach under a public address. */
export async function standUpWithTime(options: Parameters<typeof standUp>[0] = {}) {
  const time = { passed: 0 };
  const reach = async (url: string, init: RequestInit) => {
    const response = await fetch(url.replace(PUBLIC_URL, cloud.baseUrl), init);
    return { status: response.status, body: await response.text() };
  };
  const cloud = await standUp({
    ...{ secondMs: 20, clock: () => Date.now() + time.passed },
    ...options,
    directory: { challenge: (url, headers) => reach(url, { headers }), ...options.directory },
    auth0: {
      deliver: (url, headers, body) => reach(url, { method: 'POST', headers, body }),
      ...options.auth0,
    },
  });
  return {
    ...cloud,
    pass: (minutes: number) => {
      time.passed += minutes * MINUTE_MS;
    },
    on: () => cloud.alarms().flatMap(({ isOn, name }) => (isOn ? [name.replace(STAGE, '')] : [])),
  };
}
