import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    // libtensorflow breaks when a thread that has used it ends.
    pool: process.env.OXBOW_BACKEND ? 'forks' : 'threads',
    maxWorkers: 2,
    setupFiles: ['test/support/backend.ts'],
  },
});
