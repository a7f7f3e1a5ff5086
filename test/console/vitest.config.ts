import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.test.ts'],
    globalSetup: ['install.ts'],
    // One browser at a time.
    fileParallelism: false,
    // Only for what would never end: a busy machine is slow.
    testTimeout: 600_000,
    hookTimeout: 300_000,
  },
});
