import { defineConfig } from 'vitest/config';

/** Checks that install, start and stop whole programs: too slow for `npm test`. */
export default defineConfig({
  test: { include: ['check/*.check.ts'], fileParallelism: false, testTimeout: 1_200_000, hookTimeout: 1_200_000 },
});
