import { defineConfig } from 'vitest/config';

/** Checks that install, start and stop whole programs: too slow for `npm test`. Those of the site share one build. */
export default defineConfig({
  test: {
    fileParallelism: false,
    projects: [
      { extends: true, test: { name: 'programs', include: ['e2e/*.check.ts'] } },
      {
        extends: true,
        test: {
          name: 'site',
          include: ['e2e/site/*.check.ts'],
          globalSetup: 'e2e/site/serve.ts',
          fileParallelism: true,
          maxWorkers: 2,
        },
      },
    ],
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    // How long one waits for what takes no time on a machine with nothing else to do.
    expect: { poll: { timeout: 10_000 } },
    maxConcurrency: 2,
  },
});
