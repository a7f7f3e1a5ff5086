import type { Mirror } from '../../lib/aws/mirror.ts';
import type { Run } from '../../lib/aws/runs.ts';
import { type DirectoryConfig, policiesOf, readConfig } from '../../lib/config.ts';
import type { QueueItem } from '../../lib/directory/change.ts';
import { catchUp } from '../../lib/inbound/catch-up.ts';
import { deliveredTo, mapEvent } from '../../lib/inbound/map.ts';
import { runSource } from '../../lib/reconcile/run.ts';
import type { RunDeps } from '../../lib/reconcile/work.ts';
import { inbound } from '../../lib/sources/inbound.ts';
import type { Mappable } from '../../lib/sources/mapping.ts';
import { createOktaApi } from '../../lib/sources/okta/api.ts';
import { mappingOf } from '../../lib/sources/okta/config.ts';
import type { OktaCredentials } from '../../lib/sources/okta/credentials.ts';
import { createOktaDirectory } from '../../lib/sources/okta/directory.ts';
import type { RestDeps } from '../../lib/sources/rest.ts';
import type { Directory } from '../../lib/sources/source.ts';
import type { OktaLogEvent } from '../../local/doubles/okta/log.ts';
import { createOkta, type OktaUser } from '../../local/doubles/okta/okta.ts';
import type { OktaOrgOptions } from '../../local/doubles/okta/org.ts';
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

/** An Okta org, the whole path behind it in memory, and runs of the one into the other. */
export function makeOktaRuns({
  people = 30,
  groups = { '00gEng': [1, 2, 3] } as Record<string, number[]>,
  source = {} as Record<string, unknown>,
  org = {} as Pick<OktaOrgOptions, 'apps' | 'assignments'>,
  reconcile = {} as Record<string, unknown>,
  /** Whether runs alone may take something from anybody, and no event of a container. */
  strict = false,
} = {}) {
  const directories = new Map<string, Directory>();
  const configure = (over: Record<string, unknown>) =>
    readConfig({ sources: { okta: { kind: 'okta', organization: 'acme', ...source, ...over } }, reconcile });
  const config = configure({});
  const delivery = makeDelivery(config.sources, () => directories);
  const { time, deps, queued } = delivery;
  const delivering = (config: DirectoryConfig): DirectoryConfig =>
    strict ? { ...config, reconcile: { removalShare: 0, removalsAtLeast: 0 } } : config;
  deps.config = delivering(config);
  deps.policies = policiesOf(config);
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
    ...org,
  });
  const connect = ({ sources }: DirectoryConfig) => {
    const reading: RestDeps<OktaCredentials> = {
      http: async ({ url, ...request }) =>
        okta.handle({ ...request, path: url.slice('https://example-org.okta.com'.length) }),
      credentials: async () => ({ url: 'https://example-org.okta.com', ssws: 'example-ssws-token' }),
      random: () => 0,
      headroom: 0,
      clock,
      onLeftOut: (count) => meter.record({ AttributesLeftOut: count }),
    };
    const mapping = mappingOf(sources.okta as Mappable);
    return createOktaDirectory('okta', sources.okta as never, createOktaApi(reading, mapping));
  };
  const meter = makeMeter();
  const directory: Directory = connect(config);
  directories.set('okta', directory);
  const runs = makeRuns();
  deps.runs = runs;
  let owners = 0;

  /** Another configuration of the source from now on. */
  function reconfigure(over: Record<string, unknown>): void {
    deps.config = delivering(configure(over));
    deps.policies = policiesOf(deps.config);
    Object.assign(directory, connect(deps.config));
  }

  /** What is on the queue is delivered, and what that queues. */
  async function settle(): Promise<void> {
    for (const changes of queued.splice(0)) await delivery.run(...changes);
  }

  /** What another process has. */
  function depsOf(over: Partial<RunDeps> = {}): RunDeps {
    owners += 1;
    return {
      config: { ...deps.config, reconcile: config.reconcile },
      ...{ policies: deps.policies, directories, mirror: deps.mirror, runs },
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

  /** One run by a process of its own, an hour later; what it queues stays there. */
  async function readOnly(
    over: Partial<RunDeps> = {},
    input: { resume?: boolean } = {},
    forMs = 900_000,
  ): Promise<Run | 'busy' | 'nothing'> {
    time.now += 3_600_000;
    return runSource({ source: 'okta', ...input }, time.now + forMs, depsOf(over));
  }

  /** One run, delivered. */
  async function read(
    over: Partial<RunDeps> = {},
    input: { resume?: boolean } = {},
  ): Promise<Run | 'busy' | 'nothing'> {
    const run = await readOnly(over, input);
    await settle();
    return run;
  }

  /** Changes that came by some other way. */
  async function hear(...changes: QueueItem[]): Promise<void> {
    await delivery.run(...changes);
  }

  /** The messages that a webhook puts on the queue that brings these events. */
  function mapped(...events: OktaLogEvent[]) {
    const config = deps.config.sources.okta as never;
    return events
      .map((event) => mapEvent(event, deliveredTo('okta', config, clock())).changes)
      .filter((changes) => changes.length > 0);
  }

  /** What a webhook comes to that brings these events. */
  async function webhook(...events: OktaLogEvent[]): Promise<void> {
    for (const changes of mapped(...events)) await delivery.run(...changes);
  }

  /** One run of catching up, delivered. */
  async function catchUpOnce(): Promise<Record<string, number>> {
    const told = await catchUp(time.now + 60_000, { ...depsOf(), inbound });
    await settle();
    return told;
  }

  return {
    ...delivery,
    ...{ okta, directory, runs, meter, directories, clock },
    ...{ read, readOnly, hear, mapped, webhook, settle, depsOf, reconfigure, catchUpOnce },
  };
}

/** A run that goes as it should, or an error that says what came instead. */
export function runOf(run: Run | 'busy' | 'nothing'): Run {
  if (typeof run === 'string') throw new Error(`the run was ${run}`);
  return run;
}

/** The numbers of people, first and last included. */
export function everyone(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

export function idsOf(numbers: number[]): string[] {
  return numbers.map((n) => person(n).id);
}

/** A table whose scans have pages of so many entries. */
export function inPages(mirror: Mirror, size: number): Mirror {
  return {
    ...mirror,
    async scan(source, cursor = '0') {
      const { entries } = await mirror.scan(source, undefined);
      const end = Number(cursor) + size;
      return {
        entries: entries.slice(Number(cursor), end),
        next: end < entries.length ? String(end) : undefined,
      };
    },
  };
}

/** Everyone is at Velt, and one of them left since without a webhook. */
export async function makeLoss(options: Parameters<typeof makeOktaRuns>[0] = {}) {
  const world = makeOktaRuns({ people: 450, groups: { '00gEng': everyone(1, 300) }, ...options });
  await world.read();
  world.okta.deleteUser(person(7).id);
  return world;
}
