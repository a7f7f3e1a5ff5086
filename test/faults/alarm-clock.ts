import { standUp } from '../pipeline/cloud.ts';

export const MINUTE_MS = 60_000;
/** What all of these begin with. */
const STAGE = 'velt-directory-sync-dev-';

/** A cloud whose alarms see other times pass. */
export async function standUpWithTime(options: Parameters<typeof standUp>[0] = {}) {
  const time = { passed: 0 };
  const cloud = await standUp({ secondMs: 20, clock: () => Date.now() + time.passed, ...options });
  return {
    ...cloud,
    pass: (minutes: number) => {
      time.passed += minutes * MINUTE_MS;
    },
    on: () => cloud.alarms().flatMap(({ isOn, name }) => (isOn ? [name.replace(STAGE, '')] : [])),
  };
}
