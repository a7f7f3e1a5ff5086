import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

/** How often a share is given out (µs): as finely as Lambda does, and not in one piece a tenth of a second. */
const PERIOD_US = 20_000;
const ROOT = '/sys/fs/cgroup';

/** A control group of Linux whose processes get a share of one CPU. */
export interface Quota {
  folder: string;
  /** Every process of it has to have ended. */
  close(): void;
}

/** Undefined where this machine has no control groups of the CPU, or does not let this user make one. */
export function createQuota(share: number): Quota | undefined {
  const isSecond = existsSync(`${ROOT}/cgroup.controllers`);
  const folder = `${isSecond ? ROOT : `${ROOT}/cpu`}/velt-bench-${process.pid}`;
  const quota = Math.round(share * PERIOD_US);
  try {
    if (isSecond && !readFileSync(`${ROOT}/cgroup.subtree_control`, 'utf8').includes('cpu'))
      writeFileSync(`${ROOT}/cgroup.subtree_control`, '+cpu');
    mkdirSync(folder);
    if (isSecond) writeFileSync(`${folder}/cpu.max`, `${quota} ${PERIOD_US}`);
    else {
      writeFileSync(`${folder}/cpu.cfs_period_us`, String(PERIOD_US));
      writeFileSync(`${folder}/cpu.cfs_quota_us`, String(quota));
    }
    return { folder, close: () => rmdirSync(folder) };
  } catch {
    return undefined;
  }
}
