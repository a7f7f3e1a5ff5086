import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.test.ts'],
    globalSetup: ['install.ts'],
    // One compiler at a time looks at the folder.
    fileParallelism: false,
    // Only for what would never end: a busy machine is slow.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: '../../.vitest/clients.json' }]]
      : ['default'],
  },
});
