import { availableParallelism, totalmem } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Of one worker at the most, with the processes that its tests start. */
const WORKER_BYTES = 2 ** 31;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Against hanging, not for speed: the machine may be busy.
    testTimeout: 240_000,
    // What a test takes that belongs into a file `*.slow.test.ts`: the reporter shows its time.
    slowTestThreshold: 1000,
    // libtensorflow breaks when a thread that has used it ends.
    pool: process.env.OXBOW_BACKEND ? 'forks' : 'threads',
    maxWorkers: Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / WORKER_BYTES))),
    // Files share a worker's modules: every one leaves engine, backend and process as it has found them.
    isolate: false,
    setupFiles: ['test/support/setUp.ts'],
  },
});
