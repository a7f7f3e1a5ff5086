import type { Call, Item } from '../../lib/directory/calls.ts';
import type { Http, HttpRequest } from '../../lib/http/client.ts';
import { createVelt, type VeltDeps } from '../../lib/velt/client.ts';
import {
  createVelt as createDouble,
  type FaultRule,
  type VeltOptions,
} from '../../local/doubles/velt/velt.ts';
import { makeClock, NOW } from './factories.ts';
import { httpTo } from './velt-http.ts';

export const right = { apiKey: 'example-key', authToken: 'example-token' };
export const LATE = NOW + 60 * 60_000;

interface Setup {
  faults?: FaultRule[];
  options?: Partial<VeltOptions>;
  deps?: Partial<VeltDeps>;
  /** What the secret holds, one fetch after the other; the last one stays. */
  secrets?: (typeof right)[];
}

/** The client against the Velt double, in a time of its own; a misbehaving Velt costs the whole time-out. */
export function makeVelt({ faults = [], options = {}, deps = {}, secrets = [right] }: Setup = {}) {
  const time = makeClock();
  const double = createDouble({ ...right, clock: time.clock, ...options });
  for (const fault of faults) double.faults.add(fault);
  const requests: HttpRequest[] = [];
  const refusals: (typeof right)[] = [];
  const reported: unknown[] = [];
  const reach = httpTo(double, time);
  const http: Http = (request) => {
    requests.push(request);
    return reach(request);
  };
  const velt = createVelt({
    http,
    credentials: async ({ refused } = {}) => {
      if (refused) refusals.push(refused);
      return secrets[Math.min(refusals.length, secrets.length - 1)] ?? right;
    },
    baseUrl: 'https://api.velt.dev',
    usersAdd: 'v1',
    clock: time.clock,
    sleep: time.sleep,
    random: () => 0.5,
    onCall: (call) => reported.push(call),
    ...deps,
  });
  return { velt, double, time, requests, refusals, reported };
}

export const ids = (count: number) => Array.from({ length: count }, (_, n) => `person-${n}`);
const itemOf = (id: string): Item => ({
  id,
  owners: [`okta#person#${id}`],
  digest: 'd',
  user: { userId: id, name: id, email: `${id}@example.com` },
});
export const usersAdd = (userIds: string[], scope: Call['scope'] = { organizationId: 'acme' }): Call => ({
  kind: 'users.add',
  scope,
  items: userIds.map(itemOf),
});
export const callOf = (kind: Call['kind'], scope: Call['scope'], userIds: string[]): Call => ({
  kind,
  scope,
  items: userIds.map((id) => ({ id, owners: [] })),
});
export const status = (code: number, more: object = {}): FaultRule => ({
  answer: { kind: 'status', status: code, ...more },
  times: 1,
});
export const kindsOf = (outcomes: Map<string, { kind: string }>) =>
  Object.fromEntries([...outcomes].map(([id, { kind }]) => [id, kind]));
