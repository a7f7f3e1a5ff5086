import { setTimeout as delay } from 'node:timers/promises';
import { defineCommand } from '../command.ts';
import { createAwsReads, createSecretReads } from '../doctor/aws-reads.ts';
import { examine } from '../doctor/doctor.ts';
import { doctorText } from '../doctor/text.ts';

const VELT = 'https://api.velt.dev';

export const command = defineCommand({
  more: `It reads only: the three secrets, Velt's settings, one page of each list of a directory, the hook or stream, and the stack with
its schedules, alarms and subscribers. VELT_BASE_URL as at the deployment.`,
  exits: {
    0: 'nothing is wrong',
    1: 'something is, or could not be looked at',
  },
  async run(_given, { config: read, place, terminal, clock, http, env, flags }) {
    const config = read();
    const at = await place();
    const examined = await examine({
      ...{ stage: at.stage, flags, config, http, clock, ...createSecretReads(at) },
      aws: at.local ? undefined : createAwsReads(at, http),
      veltUrl: at.local?.veltUrl ?? env.VELT_BASE_URL ?? VELT,
      random: Math.random,
      sleep: async (ms) => {
        await delay(ms);
      },
    });
    terminal.show(examined, doctorText(examined));
    return examined.isHealthy;
  },
});
