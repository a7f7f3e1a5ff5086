import { anyAuth0Reading, verifyAuth0Reading } from '../test/property/auth0-reading.ts';
import { anyHistory } from '../test/property/history.ts';
import { anyReading, verifyReading } from '../test/property/reading.ts';
import { firstFailure, type Search } from '../test/property/search.ts';
import { verify } from '../test/property/verify.ts';
import { countOf, readCommandLine } from './command-line.ts';

// npm run test:property -- --runs 10000 --seed 7: the same searches as in `npm test`, for as long as one likes.
const { values } = readCommandLine('npm run test:property -- [--runs 10000] [--seed 7]', {
  options: { runs: { type: 'string' }, seed: { type: 'string' } },
});
const runs = countOf('runs', values.runs ?? process.env.RUNS ?? '10000');
const seed = countOf('seed', values.seed ?? process.env.SEED ?? String(Date.now() % 2 ** 31));

const searches: [string, (search: Search) => Promise<string | undefined>][] = [
  ['histories', (search) => firstFailure(anyHistory(), verify, search)],
  ['readings of Okta', (search) => firstFailure(anyReading(), verifyReading, search)],
  ['readings of Auth0', (search) => firstFailure(anyAuth0Reading(), verifyAuth0Reading, search)],
];
for (const [cases, search] of searches) {
  console.log(`${runs} ${cases}, seed ${seed}`);
  const started = performance.now();
  const onRun = (done: number) => {
    if (done % 1_000 === 0) console.log(`${done} in ${Math.round((performance.now() - started) / 1000)} s`);
  };
  const failure = await search({ runs, seed, onRun });
  console.log(failure ?? 'Every one ended in the truth and in silence.');
  if (failure !== undefined) process.exitCode = 1;
}
