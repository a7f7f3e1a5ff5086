import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../lib/config.ts';
import { faceOf, inbound } from '../../lib/sources/inbound.ts';
import { startConsole } from '../../scripts/console/console.ts';
import { localCloudOf } from '../../scripts/local-cloud.ts';
import { createCall } from '../../scripts/sync.ts';
import type { Cloud, CloudOptions } from '../cloud/cloud.ts';
import { auth0Face } from './auth0.ts';
import { entryIn } from './known.ts';
import { oktaFace } from './okta.ts';
import { quietly } from './quietly.ts';
import { createRecorder } from './recorder.ts';
import { createMovableClock, createTry } from './try.ts';

export interface LocalConsole {
  /** What the cloud has to be started with, so that it can be watched. */
  options: Pick<CloudOptions, 'watchHttp' | 'velt' | 'auth0' | 'directory'>;
  /** Serves the page for the cloud that was started so; see `startConsole`. */
  open(
    cloud: Cloud,
    how: { port: number; isReadOnly: boolean; token?: string },
  ): ReturnType<typeof startConsole>;
}

/** The console of a local cloud of the package under `root`, which also sees what its doubles see. */
export function createLocalConsole(
  root: string,
  { directory, configFile }: { directory?: CloudOptions['directory']; configFile?: string | undefined } = {},
): LocalConsole {
  const config = readConfig(JSON.parse(readFileSync(join(root, 'dist', 'config.json'), 'utf8')));
  const headers = Object.values(config.sources).map(
    (source) => faceOf(source, inbound).credential(source).header,
  );
  const secretHeaders = ['authorization', ...headers.map((name) => name.toLowerCase())];
  const recorder = createRecorder({ config, secretHeaders });
  const clock = createMovableClock();
  return {
    options: {
      watchHttp: recorder.watchHttp,
      velt: { onCall: recorder.onCall },
      directory: { ...directory, clock: clock.now },
      auth0: { clock: clock.now },
    },
    async open(cloud, { port, isReadOnly, token }) {
      const unwatch = cloud.aws?.watch(
        quietly(({ permission, input }) => {
          const write = permission === 'dynamodb:PutItem' ? entryIn(input) : undefined;
          if (write) recorder.onWrite(write);
        }, undefined),
      );
      const localCloud = () => ({ pid: process.pid, ...localCloudOf(cloud) });
      const flags = ['--local', ...(configFile === undefined ? [] : [`--config=${configFile}`])];
      const faces = { okta: oktaFace(cloud.okta), auth0: auth0Face(cloud.auth0) };
      const opened = await startConsole({
        ...{ call: createCall(flags, { localCloud }), config, port, isReadOnly, token },
        ...{ stage: 'dev', flags: ' --local', isLocal: true },
        ...{ deliveries: recorder, try: createTry(cloud, faces, clock) },
        alarms: () => cloud.alarms().filter(({ isOn }) => isOn),
      });
      return {
        url: opened.url,
        async close() {
          unwatch?.();
          recorder.close();
          await opened.close();
        },
      };
    },
  };
}
