import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const SITE = 'e2e/site*.check.ts';
/** They bound what takes a time: alone, when all others are done. */
const TIMED = 'e2e/site{Start,Times}.check.ts';
const globalSetup = 'e2e/site/serve.ts';

/** What takes longest begins first: a worker that ends with it leaves the other without work. */
const LONG = ['siteLab', 'siteStory', 'siteWidths'];
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): number => Number(LONG.some((name) => moduleId.includes(name)));
    return (await super.sort(files)).sort((a, b) => isLong(b) - isLong(a));
  }
}

/** Checks that install, start and stop whole programs: too slow for `npm test`. Those of the site share one build. */
export default defineConfig({
  test: {
    fileParallelism: false,
    projects: [
      { extends: true, test: { name: 'programs', include: ['e2e/*.check.ts'], exclude: [SITE] } },
      {
        extends: true,
        test: { name: 'site', include: [SITE], exclude: [TIMED], globalSetup, fileParallelism: true, maxWorkers: 2 },
      },
      { extends: true, test: { name: 'site, timed', include: [TIMED], globalSetup } },
    ],
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    // How long one waits for what takes no time on a machine with nothing else to do.
    expect: { poll: { timeout: 10_000 } },
    maxConcurrency: 2,
    sequence: { sequencer: LongFirst },
  },
});
