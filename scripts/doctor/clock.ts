import { type Found, looked, note, ok, wrong } from './finding.ts';

/** More than this off, signatures and tokens begin to be refused (ms): AWS takes five minutes, vendors less. */
const OFF_MS = 60_000;

export interface ClockRoomDeps {
  /** The Date header of an answer of AWS, whatever the answer is; undefined without one. */
  awsDate: () => Promise<string | undefined>;
  clock: () => number;
}

/** This machine's clock beside that of AWS. */
export function lookAtClock({ awsDate, clock }: ClockRoomDeps): Promise<Found[]> {
  return looked("This machine's clock", async () => {
    const startedAt = clock();
    const second = Date.parse((await awsDate()) ?? '');
    if (Number.isNaN(second)) return [note("This machine's clock cannot be compared: AWS sent no Date.")];
    const off = (startedAt + clock()) / 2 - second;
    if (Math.abs(off) <= OFF_MS) return [ok("This machine's clock is right.")];
    const minutes = Math.round(Math.abs(off) / 60_000);
    return [
      wrong(
        `This machine's clock is ${minutes} min ${off > 0 ? 'fast' : 'slow'}: what it signs is refused.`,
        'Set it, by a time server.',
      ),
    ];
  });
}
