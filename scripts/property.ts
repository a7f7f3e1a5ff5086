import { parseArgs } from 'node:util';
import { firstFailure } from '../test/property/search.ts';

// npm run test:property -- --runs 10000 --seed 7: the same search as in `npm test`, for as long as one likes.
const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' } } });
const runs = numberOf('runs', values.runs ?? process.env.RUNS ?? '10000');
const seed = numberOf('seed', values.seed ?? process.env.SEED ?? String(Date.now() % 2 ** 31));

console.log(`${runs} histories, seed ${seed}`);
const started = performance.now();
const failure = await firstFailure({
  runs,
  seed,
  onRun(done) {
    if (done % 1_000 === 0) console.log(`${done} in ${Math.round((performance.now() - started) / 1000)} s`);
  },
});
console.log(failure ?? 'Every one ended in the truth and in silence.');
process.exitCode = failure === undefined ? 0 : 1;

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} ${text} is not a count`);
  return number;
}
