import { defineConfig } from 'vitest/config';

/** What stands up something of its own when it is loaded, or changes what a process has once, such as its environment. */
const ALONE = [
  'test/{contract,faults,pipeline,property,template}/**/*.test.ts',
  'test/unit/cloud/**/*.test.ts',
  'test/unit/scripts/doctor/*.test.ts',
  'test/unit/observability.test.ts',
];

export default defineConfig({
  test: {
    // The pipeline tests start function processes: on two cores, more workers than cores only adds noise.
    maxWorkers: 2,
    // Only for what would never end: a busy machine is slow.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: process.env.CI ? ['default', ['json', { outputFile: '.vitest/results.json' }]] : ['default'],
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE } },
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [...ALONE, 'test/bench/**', 'test/clients/**', 'test/console/**', 'test/long/**'],
          // A process and its modules anew for each file would take longer than these tests, which share no state.
          isolate: false,
        },
      },
    ],
  },
});
