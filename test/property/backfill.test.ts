import { expect, test } from 'vitest';
import { anyAuth0Reading, verifyAuth0Reading } from './auth0-reading.ts';
import { anyReading, verifyReading } from './reading.ts';
import { firstFailure } from './search.ts';

const SEED = 20_260_901;
const okta = (search: { runs: number }) =>
  firstFailure(anyReading(), verifyReading, { ...search, seed: SEED });
const auth0 = (search: { runs: number }) =>
  firstFailure(anyAuth0Reading(), verifyAuth0Reading, { ...search, seed: SEED });

test.each([
  ['Okta', 150, okta],
  ['Auth0', 100, auth0],
])(
  `brings Velt to %s's directory with each of %i complete readings, whatever was lost and wherever processes were killed (seed ${SEED})`,
  async (_vendor, runs, search) => {
    const failure = await search({ runs });

    expect(failure ?? '').toBe('');
  },
  60_000,
);
