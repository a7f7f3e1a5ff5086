import * as z from 'zod';
import type { Try, TryDone, TryState } from '../../scripts/console/try.ts';
import type { Cloud } from '../cloud/cloud.ts';
import { VELT_FAULTS } from './velt-faults.ts';
import type { VendorFace } from './vendor.ts';

/** As far as the clock of the vendors can be off (ms). */
const YEAR_MS = 365 * 24 * 60 * 60_000;

const Given = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('vendor'),
    source: z.string(),
    act: z.string(),
    values: z.record(z.string(), z.string().max(300)),
  }),
  z.strictObject({ kind: z.literal('fault'), name: z.string(), isOn: z.boolean() }),
  z.strictObject({ kind: z.literal('schedule'), name: z.string() }),
  z.strictObject({ kind: z.literal('clock'), ms: z.int().min(-YEAR_MS).max(YEAR_MS) }),
]);
type Given = z.infer<typeof Given>;

/** The functions that schedules run. */
const SCHEDULES: Record<string, string> = {
  sweep: 'tries again what is owed',
  'catch-up': 'reads the vendors’ own records for what webhooks lost',
  backfill: 'runs over every directory',
  'read-back': 'compares Velt’s own lists with what it confirmed',
};

/** A clock that is off by so many ms, and can be moved. */
export interface MovableClock {
  now: () => number;
  offset: () => number;
  move(ms: number): void;
}

export function createMovableClock(clock: () => number = Date.now): MovableClock {
  let offset = 0;
  return {
    now: () => clock() + offset,
    offset: () => offset,
    move(ms) {
      offset += ms;
    },
  };
}

/** As many people and groups of a vendor as the page offers to choose from: the newest. */
const OFFERED = 500;

/** What somebody can try in a local cloud: `faces` are its vendors' doubles by kind, whose clock can be moved. */
export function createTry(
  { sources, velt, fire }: Pick<Cloud, 'sources' | 'velt' | 'fire'>,
  faces: Record<string, VendorFace>,
  clock: MovableClock,
): Try {
  const faults = new Set<string>();
  const faceOf = (source: string) => faces[sources[source]?.kind ?? ''];

  const acts = {
    async vendor({ source, act: name, values }: Given & { kind: 'vendor' }): Promise<TryDone> {
      const acts = faceOf(source)?.acts ?? {};
      const act = Object.hasOwn(acts, name) ? acts[name] : undefined;
      if (!act) throw new Error(`nobody can ${name} at ${source}`);
      const missing = act.fields.find((field) => !values[field.name]?.trim());
      if (missing) throw new Error(`${missing.label} is missing`);
      const bodies = act.run(values);
      const statuses: number[] = [];
      // One after the other, as a vendor does of one person.
      for (const body of bodies) statuses.push(await deliver(source, body));
      return {
        said:
          bodies.length === 0
            ? 'Nothing changed, so that nothing was sent.'
            : `Delivered: ${statuses.join(', ')}.`,
      };
    },
    async fault({ name, isOn }: Given & { kind: 'fault' }): Promise<TryDone> {
      if (!velt) throw new Error('this is no double of Velt');
      if (!Object.hasOwn(VELT_FAULTS, name)) throw new Error(`Velt does not know how to fail by ${name}`);
      if (isOn) faults.add(name);
      else faults.delete(name);
      velt.faults.clear();
      for (const one of faults) velt.faults.add((VELT_FAULTS[one] as (typeof VELT_FAULTS)[string]).rule);
      return { said: faults.size === 0 ? 'Velt works.' : `Velt fails: ${[...faults].join(', ')}.` };
    },
    async schedule({ name }: Given & { kind: 'schedule' }): Promise<TryDone> {
      if (!Object.hasOwn(SCHEDULES, name)) throw new Error(`there is no schedule of ${name}`);
      const { error } = await fire(name);
      return { said: error ? `It failed: ${error.message}` : 'It ran.' };
    },
    async clock({ ms }: Given & { kind: 'clock' }): Promise<TryDone> {
      if (Math.abs(clock.offset() + ms) > YEAR_MS)
        throw new Error('the clock of the vendors goes no further than a year from now');
      clock.move(ms);
      return { said: `At the vendors it is ${new Date(clock.now()).toISOString()}.` };
    },
  };

  async function deliver(source: string, body: object): Promise<number> {
    const { url = '', headers = {} } = sources[source] ?? {};
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    await answer.arrayBuffer();
    return answer.status;
  }

  return {
    given: Given,
    act: (given: never) => acts[(given as Given).kind](given),
    state: (): TryState => ({
      vendors: Object.entries(sources).flatMap(([source, { kind }]) => {
        const face = faceOf(source);
        if (!face) return [];
        const named = Object.entries(face.acts).map(([name, { about, fields }]) => ({ name, about, fields }));
        const [people, groups] = [face.people().slice(-OFFERED), face.groups().slice(-OFFERED)];
        return { source, kind, people, groups, acts: named };
      }),
      faults: velt
        ? Object.entries(VELT_FAULTS).map(([name, { about }]) => ({ name, about, isOn: faults.has(name) }))
        : [],
      schedules: Object.entries(SCHEDULES).map(([name, about]) => ({ name, about })),
      clockMs: clock.offset(),
    }),
  };
}
