import { expect } from 'vitest';
import type { CloudOptions } from '../../local/cloud/cloud.ts';
import { commandIn, createOperator, type Operator, type Values } from '../support/manual.ts';
import { type CloudWithTime, standUpWithTime } from './alarm-clock.ts';

/** One command of the manual, and how it ends in a test. */
export interface Step {
  /** The heading above it; default: that of the incident. */
  section?: string;
  /** The command without `npm run sync --` and the stage, or what it begins with. */
  command: string;
  /** What stands for the placeholders; where it is only known then, what finds it. */
  values?: Values | ((cloud: CloudWithTime, operator: Operator) => Promise<Values>);
  /** Default 0. */
  code?: number;
  /** What it writes, to either end. */
  says?: RegExp;
  /** What somebody does before it that no command of ours does. */
  before?: (cloud: CloudWithTime) => unknown;
}

/** From a fault to its alarm, and by the commands of the manual to the alarm's end. */
export interface Incident {
  title: string;
  /** The heading of the manual that the alarm names. */
  section: string;
  /** Those that are on at last, without the name of the stage. */
  alarms: string[];
  /** One that may be on as well, as it depends on how often something failed meanwhile. */
  besides?: string;
  fault(cloud: CloudWithTime, operator: Operator): Promise<unknown>;
  steps: Step[];
  /** What mends itself, or somebody else mends, after these commands. */
  mended?(cloud: CloudWithTime): unknown;
  /** How the minutes pass until it is over. */
  over(cloud: CloudWithTime): unknown;
  /** What holds in the end. */
  proof?(cloud: CloudWithTime, operator: Operator): unknown;
}

/** Incidents that happen one after the other in one cloud, which costs seconds to stand up. */
export interface Play {
  options?: () => CloudOptions | Promise<CloudOptions>;
  incidents: Incident[];
}

export const titleOf = ({ incidents }: Play) => incidents.map(({ title }) => title).join('; ');

/** Has each incident happen in a cloud, and follows the manual until its alarm is over. */
export async function play({ options, incidents }: Play): Promise<void> {
  const cloud = await standUpWithTime(await options?.());
  const operator = await createOperator(cloud);
  for (const { title, section, alarms, besides, fault, steps, mended, over, proof } of incidents) {
    await fault(cloud, operator);
    const on = cloud.on().filter((name) => name !== besides);
    expect(on.toSorted(), title).toEqual(alarms.toSorted());
    const named = cloud.alarms().flatMap(({ isOn, description }) => (isOn ? [description] : []));
    expect(named.join(), title).toContain(`docs/operations.md#${section.toLowerCase().replaceAll(' ', '-')}`);
    await follow(steps, section, cloud, operator);
    await mended?.(cloud);
    await cloud.idle({ withinMs: 60_000 });
    await over(cloud);
    expect(cloud.on(), title).toEqual([]);
    await proof?.(cloud, operator);
  }
}

/** Runs commands of the manual, and looks at how each ends. */
export async function follow(
  steps: Step[],
  section: string,
  cloud: CloudWithTime,
  operator: Operator,
): Promise<void> {
  for (const { command, values = {}, code = 0, says = /^/, before, ...step } of steps) {
    await before?.(cloud);
    const line = commandIn(step.section ?? section, command);
    const found = typeof values === 'function' ? await values(cloud, operator) : values;
    const ran = await operator.follow(line, found);
    expect(`${ran.stdout}${ran.stderr}`, line).toMatch(says);
    expect(ran.code, `${line}\n${ran.stdout}${ran.stderr}`).toBe(code);
  }
}
