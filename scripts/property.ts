import { readFileSync } from 'node:fs';
import { describeFailure, describeFound } from '../test/property/search.ts';
import { type Kind, searchesOf, WIDENINGS } from '../test/property/searches.ts';
import { countOf, readCommandLine } from './command-line.ts';

// npm run test:property -- --runs 10000 --seed 7: the same searches as in `npm test`, for as long as one likes; without
// a seed other cases each time. What was found before is tried first. --from 100 leaves out the cases before, --case 100
// lives through that one alone; --without lanes,late makes the world narrower; --only okta --replay FILE lives through a
// case that a failure printed.
const KINDS = ['histories', 'okta', 'auth0'] as const;
const { values } = readCommandLine(
  `npm run test:property -- [--runs 10000] [--seed 7] [--only ${KINDS.join('|')}] [--from 1 | --case 1] ` +
    `[--without ${WIDENINGS.join(',')}] [--replay FILE]`,
  {
    options: {
      runs: { type: 'string' },
      seed: { type: 'string' },
      only: { type: 'string' },
      from: { type: 'string', default: '1' },
      case: { type: 'string' },
      without: { type: 'string', default: '' },
      replay: { type: 'string' },
    },
  },
);
const alone = values.case !== undefined;
const runs = alone ? 1 : countOf('runs', values.runs ?? process.env.RUNS ?? '10000');
const seed = countOf('seed', values.seed ?? process.env.SEED ?? String(Date.now() % 2 ** 31));
const from = Math.max(1, alone ? countOf('case', values.case ?? '1') : countOf('from', values.from));
const without = oneOf('without', values.without.split(',').filter(Boolean), WIDENINGS);
const only = oneOf('only', values.only === undefined ? [...KINDS] : [values.only], KINDS);
const searches = searchesOf(without);

for (const kind of only) {
  if (values.replay !== undefined) await attempt(values.replay, replayFrom(values.replay, searches[kind]));
  else await searchFor(searches[kind]);
}

async function searchFor({ title, kept, search }: Kind): Promise<void> {
  if (!alone) for (const one of kept) await attempt(one.title, one.replay);
  console.log(`${runs} ${title}, seed ${seed}${from > 1 ? `, from case ${from} on` : ''}`);
  const started = performance.now();
  const onRun = (done: number) => {
    if (done % 1_000 === 0) console.log(`${done} in ${Math.round((performance.now() - started) / 1000)} s`);
  };
  const found = await search({ runs, seed, from, onRun });
  console.log(describeFound(found, runs));
  console.log(describeFailure(found) || 'Every one ended in the truth and in silence.');
  if (found.failure) process.exitCode = 1;
}

async function attempt(title: string, replay: () => Promise<unknown>): Promise<void> {
  try {
    await replay();
    console.log(`ends well: ${title}`);
  } catch (error) {
    console.log(`FAILS: ${title}\n\n${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}

function replayFrom(file: string, { replay }: Kind): () => Promise<unknown> {
  return () => replay(readFileSync(file, 'utf8'));
}

/** Ends the process where one of the names is none: a search for nothing would find nothing. */
function oneOf<T extends string>(flag: string, names: string[], known: readonly T[]): T[] {
  const isKnown = (name: string): name is T => (known as readonly string[]).includes(name);
  if (names.every(isKnown)) return names;
  console.error(`--${flag} takes ${known.join(', ')}, not ${names.join(', ')}`);
  process.exit(2);
}
