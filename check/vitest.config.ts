import { defineConfig } from 'vitest/config';

const SITE = 'check/site*.check.ts';

/** Checks that install, start and stop whole programs: too slow for `npm test`. Those of the site share one build. */
export default defineConfig({
  test: {
    fileParallelism: false,
    projects: [
      { extends: true, test: { name: 'programs', include: ['check/*.check.ts'], exclude: [SITE] } },
      { extends: true, test: { name: 'site', include: [SITE], globalSetup: 'check/site/serve.ts' } },
    ],
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
  },
});
