const DAY_MS = 86_400_000;

/** What can run once more, and tell what that came to. */
interface World {
  time: { now: number };
  read: () => Promise<unknown>;
  readOnly: () => Promise<unknown>;
  queued: unknown[];
  calls: { path: string }[];
}

/**
 * The changes and the Velt calls of a run in a quiet world, two days after the last that found something. The day before,
 * a run finds what no list could prove earlier.
 */
export async function quietRun(world: World): Promise<{ queued: unknown[]; calls: string[] }> {
  world.time.now += DAY_MS;
  await world.read();
  world.time.now += DAY_MS;
  const before = world.calls.length;
  await world.readOnly();
  return { queued: [...world.queued], calls: world.calls.slice(before).map(({ path }) => path) };
}
