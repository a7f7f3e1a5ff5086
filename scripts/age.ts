import { BadArguments } from './command.ts';

const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** An age such as `30m`, `2h` or `3d` in ms. Throws BadArguments, with the name of the flag, for what is none. */
export function msOf(flag: string, age: string): number {
  const [, count = '', unit = ''] = /^(\d+)([mhd])$/.exec(age) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? Number.NaN);
  if (count === '' || Number.isNaN(ms))
    throw new BadArguments(`--${flag} is ${age}, and no age such as 30m, 2h or 3d`);
  return ms;
}
