import { expect, test } from 'vitest';
import { anyReading, verifyReading } from './reading.ts';
import { firstFailure } from './search.ts';

const RUNS = 150;
const SEED = 20_260_901;

test(`each of ${RUNS} complete readings brings Velt to the directory, whatever was lost and wherever processes were killed (seed ${SEED})`, async () => {
  const failure = await firstFailure(anyReading(), verifyReading, { runs: RUNS, seed: SEED });

  expect(failure ?? '').toBe('');
}, 60_000);
