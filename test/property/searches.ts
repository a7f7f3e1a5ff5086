import { anyHistory, NARROW, WIDE } from './any-history.ts';
import { anyAuth0Odd, verifyAuth0Odd } from './auth0-odd.ts';
import { anyAuth0Run, verifyAuth0Run } from './auth0-run.ts';
import { eventOf } from './history.ts';
import { keptHistories, livesOf } from './kept-histories.ts';
import { keptAuth0Odd, keptOktaOdd } from './kept-odd.ts';
import { keptAuth0Runs, keptOktaRuns, runsOf } from './kept-runs.ts';
import { anyOktaOdd, verifyOktaOdd } from './okta-odd.ts';
import { anyOktaRun, verifyOktaRun } from './okta-run.ts';
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
      title: 'runs of Okta',
      kept: keptOktaRuns.map((kept) => ({
        title: kept.title,
        replay: async () => {
          for (const given of runsOf(kept)) await verifyOktaRun(given);
        },
      })),
      search: (search) => firstFailure(anyOktaRun({ meetings }), verifyOktaRun, search),
      replay: (json) => verifyOktaRun(JSON.parse(json)),
    },
    auth0: {
      title: 'runs of Auth0',
      kept: keptAuth0Runs.map((kept) => ({
        title: kept.title,
        replay: async () => {
          for (const given of runsOf(kept)) await verifyAuth0Run(given);
        },
      })),
      search: (search) => firstFailure(anyAuth0Run({ meetings }), verifyAuth0Run, search),
      replay: (json) => verifyAuth0Run(JSON.parse(json)),
    },
  };
}

/** Searches among directories that answer oddly for ever. */
export const oddSearches: Record<'okta' | 'auth0', Kind> = {
  okta: {
    title: 'lives with odd answers of Okta',
    kept: keptOktaOdd.map(({ title, given }) => ({ title, replay: () => verifyOktaOdd(given) })),
    search: (search) => firstFailure(anyOktaOdd, verifyOktaOdd, search),
    replay: (json) => verifyOktaOdd(JSON.parse(json)),
  },
  auth0: {
    title: 'lives with odd answers of Auth0',
    kept: keptAuth0Odd.map(({ title, given }) => ({ title, replay: () => verifyAuth0Odd(given) })),
    search: (search) => firstFailure(anyAuth0Odd, verifyAuth0Odd, search),
    replay: (json) => verifyAuth0Odd(JSON.parse(json)),
  },
};
