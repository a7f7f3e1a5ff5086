import { anyHistory, NARROW, WIDE } from './any-history.ts';
import { anyAuth0Reading, verifyAuth0Reading } from './auth0-reading.ts';
import { eventOf } from './history.ts';
import { keptHistories, livesOf } from './kept-histories.ts';
import { keptAuth0Readings, keptReadings, readingsOf } from './kept-readings.ts';
import { anyReading, verifyReading } from './reading.ts';
import { type Found, firstFailure, type Search } from './search.ts';
import { reachedBy, verify } from './verify.ts';

/** What can be searched for: a name, what was found before, and how one looks for more. */
export interface Kind {
  title: string;
  kept: { title: string; replay: () => Promise<unknown> }[];
  search: (search: Search) => Promise<Found<unknown>>;
  /** Lives through one case as a failure was printed. */
  replay: (json: string) => Promise<unknown>;
}

/** By which a world can be made narrower again. */
export const WIDENINGS = [...Object.keys(WIDE), 'meetings'];

/** All searches, in a world without some of what can happen. */
export function searchesOf(without: string[] = []): Record<'histories' | 'okta' | 'auth0', Kind> {
  const narrower = Object.keys(NARROW).filter((name) => without.includes(name));
  const width = { ...WIDE, ...Object.fromEntries(narrower.map((name) => [name, false])) };
  const meetings = !without.includes('meetings');
  const live = async (history: Parameters<typeof verify>[0]) => reachedBy(await verify(history));
  return {
    histories: {
      title: 'histories',
      kept: keptHistories.map((kept) => ({
        title: kept.title,
        replay: async () => {
          for (const history of livesOf(kept)) await verify(history);
        },
      })),
      search: (search) => firstFailure(anyHistory(width), live, search),
      replay: (json) => {
        const { events, ...history } = JSON.parse(json);
        return live({ ...history, events: events.map(eventOf) });
      },
    },
    okta: {
      title: 'readings of Okta',
      kept: keptReadings.map((kept) => ({
        title: kept.title,
        replay: async () => {
          for (const given of readingsOf(kept)) await verifyReading(given);
        },
      })),
      search: (search) => firstFailure(anyReading({ meetings }), verifyReading, search),
      replay: (json) => verifyReading(JSON.parse(json)),
    },
    auth0: {
      title: 'readings of Auth0',
      kept: keptAuth0Readings.map((kept) => ({
        title: kept.title,
        replay: async () => {
          for (const given of readingsOf(kept)) await verifyAuth0Reading(given);
        },
      })),
      search: (search) => firstFailure(anyAuth0Reading({ meetings }), verifyAuth0Reading, search),
      replay: (json) => verifyAuth0Reading(JSON.parse(json)),
    },
  };
}
