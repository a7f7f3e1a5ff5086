import type { Cloud } from '../../local/cloud/cloud.ts';
import { seeded } from './seeded.ts';

/** Calls of backfill to Okta and AWS, and of deliver to Velt. */
export interface Work {
  backfill: number;
  deliver: number;
}

/**
 * Kills backfill `kills` times at random points of its work, told by its calls to Okta and AWS, and deliver half as often,
 * told by its calls to Velt. No point is later than the work of a run that nobody disturbed.
 */
export function startKilling(
  cloud: Cloud,
  undisturbed: Work,
  { kills, seed, say }: { kills: number; seed: number; say: (text: string) => void },
) {
  const random = seeded(seed);
  const points = {
    backfill: pointsWithin(kills, undisturbed.backfill, random),
    deliver: pointsWithin(Math.ceil(kills / 2), undisturbed.deliver, random),
  };
  const killed = { backfill: 0, deliver: 0 };
  const killedAt = { backfill: 0, deliver: 0 };
  const watched = watch(cloud);
  const strike = (name: keyof Work, progress: number) => {
    const [next = Number.POSITIVE_INFINITY] = points[name];
    // Without progress since the last kill there is nobody at work.
    if (progress < next || progress === killedAt[name] || !cloud.killOne(name)) return;
    points[name].shift();
    killed[name] += 1;
    killedAt[name] = progress;
    say(`${name} killed (${killed[name]})`);
  };
  const timer = setInterval(() => {
    const { backfill, deliver } = watched.work();
    strike('backfill', backfill);
    strike('deliver', deliver);
  }, 1);
  return {
    stop() {
      clearInterval(timer);
      watched.stop();
      return killed;
    },
  };
}

function pointsWithin(count: number, end: number, random: () => number): number[] {
  return Array.from({ length: count }, () => Math.floor(random() * end)).sort((a, b) => a - b);
}

/** Counts from now on: writes to the table, of entries and memberships and those of a run itself, and who called how often. */
export function watch(cloud: Cloud) {
  const writes = { entries: 0, run: 0 };
  const count = (pk: string | undefined) => {
    if (pk?.startsWith('run#')) writes.run += 1;
    else writes.entries += 1;
  };
  const before = { okta: cloud.okta.calls.length, velt: cloud.velt?.calls.length ?? 0 };
  const backfill = cloud.functions.backfill?.roleArn;
  let awsCalls = 0;
  const stop = cloud.aws?.watch(({ principal, permission, input }) => {
    if (principal === backfill) awsCalls += 1;
    const { Item, Key, RequestItems = {} } = input as WriteInput;
    if (['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'].includes(permission))
      count((Item ?? Key)?.pk?.S);
    if (permission !== 'dynamodb:BatchWriteItem') return;
    for (const { PutRequest, DeleteRequest } of Object.values(RequestItems).flat())
      count((PutRequest?.Item ?? DeleteRequest?.Key)?.pk?.S);
  });
  const work = (): Work => ({
    backfill: awsCalls + cloud.okta.calls.length - before.okta,
    deliver: (cloud.velt?.calls.length ?? 0) - before.velt,
  });
  return { writes, work, stop: () => stop?.() };
}

type Attributes = { pk?: { S?: string } };
interface WriteInput {
  Item?: Attributes;
  Key?: Attributes;
  RequestItems?: Record<string, { PutRequest?: { Item: Attributes }; DeleteRequest?: { Key: Attributes } }[]>;
}
