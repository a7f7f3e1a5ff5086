import { type DirectoryConfig, policiesOf } from '../../lib/config.ts';
import type { AnyHttp } from '../setup-report.ts';
import { lookAtAuth0 } from './auth0.ts';
import { lookAtAws } from './aws.ts';
import { lookAtClock } from './clock.ts';
import type { AwsReads } from './deployed.ts';
import { type Finding, type Found, isHealthy, looked } from './finding.ts';
import { lookAtOkta } from './okta.ts';
import { lookAtSecrets, type ReadSecret } from './secrets.ts';
import type { SourceRoomDeps } from './source.ts';
import { lookAtVelt } from './velt.ts';

export interface DoctorDeps {
  stage: string;
  /** What names the stage in another command. */
  flags: string;
  config: DirectoryConfig;
  readSecret: ReadSecret;
  awsDate: () => Promise<string | undefined>;
  /** Undefined on the local cloud, which has no such services. */
  aws: AwsReads | undefined;
  veltUrl: string;
  http: AnyHttp;
  clock: () => number;
  random: () => number;
  sleep: (ms: number) => Promise<void>;
}

export interface Examined {
  stage: string;
  findings: Finding[];
  isHealthy: boolean;
}

/** How each kind of source is looked at. */
const KINDS: Record<string, { look(deps: SourceRoomDeps): Promise<Found[]> }> = {
  okta: { look: lookAtOkta },
  auth0: { look: lookAtAuth0 },
};

/** Looks at everything that can be wrong with a stage while nothing fails yet. Changes nothing, and throws nothing. */
export async function examine(deps: DoctorDeps): Promise<Examined> {
  const { stage, flags, config, veltUrl: baseUrl, http, clock, random, sleep, readSecret, aws } = deps;
  const rooms: { room: string; source?: string; look: () => Promise<Found[]> }[] = [
    { room: 'secrets', look: () => lookAtSecrets(deps) },
    {
      room: 'velt',
      look: () =>
        lookAtVelt({ policies: policiesOf(config), baseUrl, http, clock, random, sleep, readSecret }),
    },
    ...Object.entries(config.sources).map(([source, config]) => ({
      ...{ room: config.kind, source },
      look: async () =>
        (await KINDS[config.kind]?.look({ ...deps, source, config, deployed: aws?.deployed })) ?? [],
    })),
    { room: 'aws', look: () => lookAtAws({ aws, flags }) },
    { room: 'clock', look: () => lookAtClock(deps) },
  ];
  const found = await Promise.all(
    rooms.map(async ({ look, ...at }) =>
      (await looked(`The room ${at.room}`, look)).map((one) => ({ ...at, ...one })),
    ),
  );
  const findings = found.flat();
  return { stage, findings, isHealthy: isHealthy(findings) };
}
