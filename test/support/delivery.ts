import type { Mirror } from '../../lib/aws/mirror.ts';
import type { Runs } from '../../lib/aws/runs.ts';
import { type DirectoryConfig, policiesOf, readConfig } from '../../lib/config.ts';
import { deliver } from '../../lib/delivery/deliver.ts';
import type { Received } from '../../lib/delivery/messages.ts';
import type { QueueItem } from '../../lib/directory/change.ts';
import type { WorldFault } from '../../lib/errors.ts';
import type { Directory } from '../../lib/sources/source.ts';
import { createVelt as createVeltClient } from '../../lib/velt/client.ts';
import { createVelt, type VeltOptions } from '../../local/doubles/velt/velt.ts';
import { makeClock, makeLog, makeMeter } from './factories.ts';
import { createMemoryMirror } from './memory-mirror.ts';
import { makeRuns } from './memory-runs.ts';
import { httpTo } from './velt-http.ts';

const MAX_RECEIVES = 10;
const credentials = { apiKey: 'key', authToken: 'token' };

/** Deliver with everything around it in memory: the table, Velt's double, the clock. */
export function makeDelivery(
  sources: Record<string, object>,
  connect: (world: {
    config: DirectoryConfig;
    time: ReturnType<typeof makeClock>;
  }) => ReadonlyMap<string, Directory> = () => new Map(),
  options: Partial<VeltOptions> = {},
) {
  const config = readConfig({ sources });
  const double = createVelt({ ...credentials, ...options });
  const time = makeClock();
  const log = makeLog();
  const meter = makeMeter();
  const queued: QueueItem[][] = [];
  const claims: string[] = [];
  const buried: Received[] = [];
  const memory = createMemoryMirror();
  const mirror: Mirror = {
    read: async (refs) => memory.read(refs),
    write: async (stored, times) => memory.write(stored, times),
    join: async (memberships) => {
      claims.push(
        ...memberships.filter(({ container }) => container.kind === 'user').map(({ personId }) => personId),
      );
      memory.join(memberships);
    },
    leave: async (memberships) => memory.leave(memberships),
    members: async function* (from, container) {
      yield memory.members(from, container);
    },
    due: async (...asked) => memory.due(...asked),
    scan: async (source) => memory.scan(source),
  };
  const velt = createVeltClient({
    http: httpTo(double, time),
    credentials: async () => credentials,
    baseUrl: 'https://velt.example.com',
    usersAdd: config.velt.usersAdd,
    ...{ clock: time.clock, sleep: time.sleep, random: () => 0 },
  });
  const queue = { send: async (changes: QueueItem[]) => void (changes.length > 0 && queued.push(changes)) };
  const directories = connect({ config, time });
  const policies = policiesOf(config);
  const deps = {
    mirror,
    runs: makeRuns() as Runs,
    velt,
    queue,
    config,
    policies,
    directories,
    clock: time.clock,
    log,
    meter,
    bury: async (message: Received) => void buried.push(message),
  };

  /** Delivers a message that was received so often; returns the fault that sends it back. */
  const receive = async (changes: QueueItem[], receives: number): Promise<WorldFault | undefined> => {
    const attributes = { ApproximateReceiveCount: String(receives) };
    const message = { messageId: 'm', body: JSON.stringify({ v: 2, changes }), attributes };
    return (await deliver([message], time.now + 60_000, deps)).get('m');
  };
  const once = (...changes: QueueItem[]) => receive(changes, 1);
  /**
   * Delivers a message, and whatever that queues, and then again what waited for that; throws any other fault that sends one back.
   */
  const run = async (...changes: QueueItem[]): Promise<void> => {
    for (let receives = 1; ; receives += 1) {
      const fault = await receive(changes, receives);
      if (fault && (fault.code !== 'leased' || receives === MAX_RECEIVES)) throw fault;
      for (const more of queued.splice(0)) await run(...more);
      if (!fault) return;
    }
  };
  return {
    receive,
    once,
    run,
    claims,
    buried,
    deps,
    queued,
    log,
    meter,
    memory,
    time,
    calls: double.calls,
    faults: double.faults,
    /** Somebody removes them at Velt by hand. */
    gone: double.byHand.forget,
    users: () => Object.keys(double.state().organizations.acme?.users ?? {}),
    state: () => double.state().organizations.acme,
    organizations: () => double.state().organizations,
    roles: () => double.roles(),
  };
}
