import { expect, test } from 'vitest';
import { describeFailure, describeFound } from './search.ts';
import { oddSearches } from './searches.ts';

const SEED = 20_260_901;
const { okta, auth0 } = oddSearches;

// Found by searches; the first thing that is tried.
test.each([...okta.kept, ...auth0.kept])('$title', async ({ replay }) => {
  await replay();
});

test.each([
  ['Okta', okta],
  ['Auth0', auth0],
])(
  `brings everyone to what %s has of them, and takes nothing wrongly, while it answers oddly for ever (100 lives, seed ${SEED})`,
  async (_vendor, { search }) => {
    const found = await search({ runs: 100, seed: SEED, budgetMs: 60_000 });

    console.info(describeFound(found, 100));
    expect(describeFailure(found)).toBe('');
  },
);
