import type { Run } from '../../lib/aws/runs.ts';
import { type DirectoryConfig, policiesOf, readConfig } from '../../lib/config.ts';
import type { QueueItem } from '../../lib/directory/change.ts';
import { deliveredTo, mapEvent } from '../../lib/inbound/map.ts';
import { runSource } from '../../lib/reconcile/run.ts';
import type { RunDeps } from '../../lib/reconcile/work.ts';
import { createDirectories } from '../../lib/sources/directories.ts';
import type { Directory } from '../../lib/sources/source.ts';
import {
  type Auth0Directory,
  type Auth0Event,
  type Auth0Options,
  createAuth0,
} from '../../local/doubles/auth0/auth0.ts';
import { makeDelivery } from './delivery.ts';
import { makeMeter } from './factories.ts';
import { makeRuns } from './memory-runs.ts';

const url = 'https://example-tenant.us.auth0.com';

/** The id of the n-th user of the double. */
export const auth0Id = (n: number) => `auth0|${String(n).padStart(5, '0')}`;

/** An Auth0 tenant, the whole path behind it in memory, and runs of the one into the other. */
export function makeAuth0Runs({
  people = 30,
  source = {} as Record<string, unknown>,
  tenant = {} as Omit<Auth0Directory, 'users'>,
  auth0: options = {} as Pick<Auth0Options, 'cascades' | 'deliver' | 'groupsTellOrganization'>,
  reconcile = {} as Record<string, unknown>,
  /** Whether runs alone may take something from anybody, and no event of a container. */
  strict = false,
} = {}) {
  const directories = new Map<string, Directory>();
  const configure = (over: Record<string, unknown>) =>
    readConfig({
      sources: { auth0: { kind: 'auth0', organization: 'acme', ...source, ...over } },
      reconcile,
    });
  const config = configure({});
  const delivery = makeDelivery(config.sources, () => directories);
  const { time, deps, queued } = delivery;
  const delivering = (config: DirectoryConfig): DirectoryConfig =>
    strict ? { ...config, reconcile: { removalShare: 0, removalsAtLeast: 0 } } : config;
  deps.config = delivering(config);
  deps.policies = policiesOf(config);
  const clock = () => time.now;
  const auth0 = createAuth0({
    tenantUrl: url,
    clock,
    random: () => 0,
    clientId: 'client',
    clientSecret: 'secret',
    ...options,
    directory: {
      users: Array.from({ length: people }, (_, n) => ({
        user_id: auth0Id(n + 1),
        name: `Person ${n + 1}`,
        email: `person.${n + 1}@example.com`,
        email_verified: true,
        created_at: new Date(Date.parse('2026-01-05T08:00:00.000Z') + n).toISOString(),
      })),
      ...tenant,
    },
  });
  const secret = { auth0: { url, clientId: 'client', clientSecret: 'secret' } };
  const connect = (config: DirectoryConfig) =>
    createDirectories(config, {
      http: async ({ url: address, method, headers, body = '' }) =>
        auth0.handle({ method, headers, body, path: address.slice(url.length) }) as never,
      secret: async () => secret,
      random: () => 0,
      clock,
    }).get('auth0') as Directory;
  const directory = connect(config);
  directories.set('auth0', directory);
  const runs = makeRuns();
  deps.runs = runs;
  let owners = 0;

  /** Another configuration of the source from now on. */
  function reconfigure(over: Record<string, unknown>): void {
    deps.config = delivering(configure(over));
    deps.policies = policiesOf(deps.config);
    Object.assign(directory, connect(deps.config));
  }

  /** What another process has. */
  function depsOf(over: Partial<RunDeps> = {}): RunDeps {
    owners += 1;
    return {
      ...{
        config: { ...deps.config, reconcile: config.reconcile },
        policies: deps.policies,
        directories,
        mirror: deps.mirror,
        runs,
        queue: deps.queue,
        clock,
      },
      ...{ sleep: time.sleep, owner: `process ${owners}`, log: delivery.log, meter: makeMeter() },
      ...over,
    };
  }

  /** What is on the queue is delivered, and what that queues. */
  async function settle(): Promise<void> {
    for (const changes of queued.splice(0)) await delivery.run(...changes);
  }

  /** One run by a process of its own, an hour later; what it queues stays there. */
  async function readOnly(over: Partial<RunDeps> = {}): Promise<Run | 'busy' | 'nothing'> {
    time.now += 3_600_000;
    return runSource({ source: 'auth0' }, time.now + 900_000, depsOf(over));
  }

  /** One run, delivered. */
  async function read(over: Partial<RunDeps> = {}): Promise<Run | 'busy' | 'nothing'> {
    const run = await readOnly(over);
    await settle();
    return run;
  }

  /** Changes that came by some other way. */
  async function hear(...changes: QueueItem[]): Promise<void> {
    await delivery.run(...changes);
  }

  /** The messages that a stream's webhook puts on the queue that brings these events. */
  function mapped(...events: Auth0Event[]) {
    const of = deps.config.sources.auth0 as never;
    return events
      .map((event) => mapEvent(event, deliveredTo('auth0', of, clock())).changes)
      .filter((changes) => changes.length > 0);
  }

  /** What a stream's webhook comes to that brings these events. */
  async function webhook(...events: Auth0Event[]): Promise<void> {
    for (const changes of mapped(...events)) await delivery.run(...changes);
  }

  return {
    ...{ ...delivery, auth0, directory, runs, reconfigure },
    ...{ read, readOnly, hear, mapped, webhook, settle, depsOf },
  };
}

/** The ids of these users of the double. */
export const idsOf = (...numbers: number[]) => numbers.map(auth0Id);

export const membersOf = (organization: string, ...numbers: number[]) =>
  numbers.map((n) => [organization, auth0Id(n)] as const);

export const organizations = [
  { id: 'org_1', name: 'acme' },
  { id: 'org_2', name: 'globex' },
];

export const mapped = { organization: { org_1: 'velt-acme', globex: 'velt-globex' } };

export const roles = [{ id: 'rol_1', name: 'editor' }];

/** Two organizations, a role in one of them, a group of the tenant. */
export function makeTenant(source: Record<string, unknown> = mapped) {
  return makeAuth0Runs({
    people: 12,
    source,
    tenant: {
      organizations,
      roles,
      members: [...membersOf('org_1', 1, 2, 3, 4, 5, 6), ...membersOf('org_2', 6, 7, 8, 9)],
      memberRoles: [
        ['org_1', auth0Id(1), 'rol_1'],
        ['org_1', auth0Id(2), 'rol_1'],
      ],
      groups: [{ id: 'grp_1', type: 'tenant', name: 'Engineers' }],
      groupMembers: [1, 6, 12].map(
        (n) => ['grp_1', { member_type: 'user' as const, id: auth0Id(n) }] as const,
      ),
    },
  });
}

/** Who is in which Velt organization, and in which of its groups. */
export function atVelt({ organizations }: Pick<ReturnType<typeof makeAuth0Runs>, 'organizations'>) {
  return Object.fromEntries(
    Object.entries(organizations()).map(([id, { users, groups }]) => [
      id,
      {
        users: Object.keys(users).sort(),
        groups: Object.fromEntries(
          Object.entries(groups).map(([group, { members }]) => [group, [...members].sort()]),
        ),
      },
    ]),
  );
}
