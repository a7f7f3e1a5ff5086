import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**', 'test/clients/**', 'test/console/**', 'test/long/**'],
    // The pipeline tests start function processes: on two cores, more workers than cores only adds noise.
    maxWorkers: 2,
    // Only for what would never end: a busy machine is slow.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: process.env.CI ? ['default', ['json', { outputFile: '.vitest/results.json' }]] : ['default'],
  },
});
