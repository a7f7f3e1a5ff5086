import type { DirectoryConfig } from '../../lib/config.ts';
import { policiesOf } from '../../lib/config.ts';
import type { Call } from '../command.ts';
import { type Assets, bundleAssets } from './assets.ts';
import { createFolder } from './folder.ts';
import { watchHealth } from './health.ts';
import { createLive } from './live.ts';
import { createRoutes } from './routes.ts';
import { startServer } from './server.ts';
import type { Deliveries } from './stream.ts';
import type { Try } from './try.ts';

export interface ConsoleOptions {
  call: Call;
  config: DirectoryConfig;
  stage: string;
  flags: string;
  isLocal: boolean;
  isReadOnly: boolean;
  /** 0 is any free one. */
  port: number;
  /** Deliveries as they come, where they can be seen. */
  deliveries?: Deliveries | undefined;
  /** What can be made to happen, on this machine only. */
  try?: Try | undefined;
  alarms?: (() => { name: string; description: string }[]) | undefined;
  /** Default: a random one. */
  token?: string | undefined;
  /** The page's own files; default: bundled now. */
  assets?: Assets | undefined;
}

/** A stage of AWS is asked less often than one of this machine: each question is paid for (ms). */
const ASKED_EVERY = { local: 2_000, deployed: 15_000 };

/** Serves the console of a stage on this machine; see `startServer`. Throws Error where the page does not compile. */
export async function startConsole(
  options: ConsoleOptions,
): Promise<{ url: string; close: () => Promise<void> }> {
  const { call, config, stage, flags, isLocal, isReadOnly, deliveries, token } = options;
  const assets = options.assets ?? (await bundleAssets());
  const live = createLive();
  const folder = createFolder(stage);
  const everyMs = isLocal ? ASKED_EVERY.local : ASKED_EVERY.deployed;
  const health = watchHealth({ call, live, everyMs, alarms: options.alarms });
  const organizations = [...policiesOf(config).values()].flatMap(({ organizationIds }) => organizationIds);
  const about = {
    ...{ stage, flags, isLocal, isReadOnly, organizations: [...new Set(organizations)] },
    sources: Object.entries(config.sources).map(([name, { kind }]) => ({ name, kind })),
  };
  const ended = new AbortController();
  const samples = health.samples;
  const routes = createRoutes({ call, folder, about, deliveries, try: options.try, samples });
  const server = await startServer({
    ...{ port: options.port, routes, live, assets },
    ...(token !== undefined && { token }),
  }).catch((error) => {
    health.close();
    live.close();
    throw error;
  });
  // Without them the rest of the page works as it did.
  if (deliveries) tellDeliveries(deliveries, ended.signal, live).catch(() => undefined);
  return {
    url: server.url,
    async close() {
      ended.abort();
      health.close();
      await server.close();
      folder.remove();
    },
  };
}

async function tellDeliveries(
  deliveries: Deliveries,
  signal: AbortSignal,
  { tell }: Pick<ReturnType<typeof createLive>, 'tell'>,
): Promise<void> {
  for await (const data of deliveries.follow(signal)) tell({ event: 'delivery', data });
}
