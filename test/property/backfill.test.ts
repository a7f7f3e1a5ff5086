import { expect, test } from 'vitest';
import { describeFailure, describeFound } from './search.ts';
import { searchesOf } from './searches.ts';

const SEED = 20_260_901;
const { okta, auth0 } = searchesOf();

// Found by searches; the first thing that is tried.
test.each([...okta.kept, ...auth0.kept])('$title', async ({ replay }) => {
  await replay();
});

test.each([
  ['Okta', 100, okta],
  ['Auth0', 70, auth0],
])(
  `brings Velt to %s's directory with each of %i complete runs, whatever was lost and wherever processes were killed (seed ${SEED})`,
  async (_vendor, runs, { search }) => {
    const found = await search({ runs, seed: SEED, budgetMs: 60_000 });

    console.info(describeFound(found, runs));
    expect(describeFailure(found)).toBe('');
  },
  240_000,
);
