import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Against hanging, not for speed: the machine may be busy.
    testTimeout: 240_000,
    // libtensorflow breaks when a thread that has used it ends.
    pool: process.env.OXBOW_BACKEND ? 'forks' : 'threads',
    maxWorkers: 2,
    setupFiles: ['test/support/backend.ts'],
  },
});
