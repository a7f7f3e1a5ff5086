import type { Run } from '../lib/aws/runs.ts';
import type { Change } from '../lib/directory/change.ts';
import { type BackfillDeps, backfill } from '../lib/pipeline/backfill.ts';
import { createOktaApi } from '../lib/sources/okta/api.ts';
import { createOktaDirectory } from '../lib/sources/okta/directory.ts';
import type { Directory } from '../lib/sources/source.ts';
import { createOkta, type OktaUser } from '../local/okta.ts';
import { makeDelivery } from './delivery.ts';
import { makeMeter } from './factories.ts';
import { makeRuns } from './memory-runs.ts';

/** The n-th user of the double. */
export function person(n: number, user: Partial<OktaUser> = {}): OktaUser {
  const id = `00u${String(n).padStart(5, '0')}`;
  return {
    id,
    status: 'ACTIVE',
    created: '2026-01-01T00:00:00.000Z',
    lastUpdated: '2026-02-01T00:00:00.000Z',
    profile: { login: `${id}@example.com`, email: `${id}@example.com`, displayName: `Person ${n}` },
    ...user,
  } as OktaUser;
}

/** An Okta org, the whole path behind it in memory, and readings of the one into the other. */
export function makeReading({
  people = 30,
  groups = { '00gEng': [1, 2, 3] } as Record<string, number[]>,
  source = {} as Record<string, unknown>,
} = {}) {
  const config = { kind: 'okta', organization: 'acme', ...source };
  const delivery = makeDelivery({ okta: config });
  const { time, deps, queued } = delivery;
  const clock = () => time.now;
  const okta = createOkta({
    orgUrl: 'https://example-org.okta.com',
    clock,
    users: Array.from({ length: people }, (_, n) => person(n + 1)),
    groups: Object.keys(groups).map((id) => ({
      id,
      created: '2026-01-01T00:00:00.000Z',
      lastUpdated: '2026-01-01T00:00:00.000Z',
      profile: { name: `Group ${id}` },
    })),
    members: Object.entries(groups).flatMap(([id, members]) =>
      members.map((n) => [id, person(n).id] as const),
    ),
  });
  const api = createOktaApi({
    http: async ({ url, ...request }) =>
      okta.handle({ ...request, path: url.slice('https://example-org.okta.com'.length) }),
    credentials: async () => ({ url: 'https://example-org.okta.com', ssws: 'example-ssws-token' }),
    random: () => 0,
    headroom: 0,
    clock,
  });
  const real = createOktaDirectory('okta', deps.config.sources.okta as never, api);
  const directory: Directory = { ...real };
  const runs = makeRuns();
  const meter = makeMeter();
  let owners = 0;

  /** What is on the queue is delivered, and what that queues. */
  async function settle(): Promise<void> {
    for (const changes of queued.splice(0)) await delivery.run(...changes);
  }

  function depsOf(over: Partial<BackfillDeps> = {}): BackfillDeps {
    owners += 1;
    return {
      ...{ config: deps.config, directories: new Map([['okta', directory]]), mirror: deps.mirror, runs },
      ...{
        queue: deps.queue,
        clock,
        sleep: time.sleep,
        owner: `process ${owners}`,
        log: delivery.log,
        meter,
      },
      ...over,
    };
  }

  /** One reading from begin to end, delivered. */
  async function read(
    over: Partial<BackfillDeps> = {},
    input: { plan?: boolean; resume?: boolean } = {},
  ): Promise<Run | 'busy' | 'nothing'> {
    time.now += 3_600_000;
    const run = await backfill({ source: 'okta', ...input }, time.now + 900_000, depsOf(over));
    await settle();
    return run;
  }

  /** Changes that a webhook brought. */
  async function hear(...changes: Change[]): Promise<void> {
    await delivery.run(...changes);
  }

  return { ...delivery, okta, directory, runs, meter, read, hear, settle, depsOf };
}
