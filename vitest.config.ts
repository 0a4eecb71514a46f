import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The memory of one worker with the processes that its tests start. */
const WORKER_BYTES = 2 ** 31;

/** With libtensorflow as backend, which breaks when a thread that has used it ends. */
const isNative = process.env.OXBOW_BACKEND !== undefined;

const SLOW = 'test/**/*.slow.test.ts';
/** What `npm run test:all` has beside `npm test`: trainings until they have learned, what many draws show, whole runs that are stopped and go on. */
const LONG = 'test/**/*.long.test.ts';

/** The tests that replace a module: that of another file may be there already, or their own stays. */
const REPLACING = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts') && readFileSync(`test/${file}`, 'utf8').includes('vi.mock('))
  .map((file) => `test/${file.replaceAll('\\', '/')}`);

/** These and what registers a policy or an environment, which stays: each has a worker to itself. */
const ALONE = [
  // What is said once, a worker says once.
  'test/agents/adviseOnPolicy.test.ts',
  'test/agents/presets.test.ts',
  'test/envs/core/registry.test.ts',
  'test/envs/core/threads/threadedVectorEnv.long.test.ts',
  'test/envs/core/vectorEnv.test.ts',
  'test/envs/box2d/box2dEnv.slow.test.ts',
  'test/envs/box2d/loadBox2d.test.ts',
  'test/envs/mujoco/faults.test.ts',
  'test/envs/mujoco/loadMujoco.test.ts',
  'test/envs/mujoco/mujocoEnv.test.ts',
  'test/cli/commands/readingRunsNothing.slow.test.ts',
  'test/cli/train/mujoco.slow.test.ts',
  'test/cli/train/train.slow.test.ts',
  'test/policies/registry.test.ts',
  ...REPLACING,
];

const aloneIn = (tier: string): string[] => ALONE.filter((file) => file.endsWith(`.${tier}.test.ts`));

/** Most of a short file's time is the import of tfjs and the sources, which a worker does once for all its files. */
const isolate = isNative;
const PROJECTS = [
  { name: 'fast', include: ['test/**/*.test.ts'], exclude: [SLOW, LONG, ...ALONE], isolate },
  { name: 'fast, alone', include: ALONE, exclude: [SLOW, LONG], isolate: true },
  { name: 'slow', include: [SLOW], exclude: ALONE, isolate },
  { name: 'slow, alone', include: aloneIn('slow'), isolate: true },
  { name: 'long', include: [LONG], exclude: ALONE, isolate },
  { name: 'long, alone', include: aloneIn('long'), isolate: true },
];

/** Long and slow files first, the others fill the workers up at the end. */
class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number =>
      ['.slow.test.ts', '.long.test.ts'].findIndex((end) => moduleId.endsWith(end));
    return (await super.sort(files)).sort((a, b) => rank(b) - rank(a));
  }
}

/** `--sequence.shuffle` looks for tests that depend on others, and mixes the files, too. */
const isShuffled = process.argv.some((argument) => argument.startsWith('--sequence.shuffle'));

export default defineConfig({
  // Pages and programs name the package, which a clone has not built.
  resolve: {
    alias: [
      { find: /^oxbow$/, replacement: `${import.meta.dirname}/src/index.ts` },
      { find: /^oxbow\/engine$/, replacement: `${import.meta.dirname}/src/engine/index.ts` },
      { find: /^oxbow\/mujoco$/, replacement: `${import.meta.dirname}/envs/mujoco/index.ts` },
      { find: /^oxbow\/experiments$/, replacement: `${import.meta.dirname}/cli/index.ts` },
      { find: /^oxbow\/(envs|datasets|agents)$/, replacement: `${import.meta.dirname}/$1/index.ts` },
    ],
  },
  test: {
    projects: PROJECTS.map((test) => ({ extends: true, test })),
    // Against hanging, not for speed: the machine may be busy.
    testTimeout: 240_000,
    // What tests share is made in a hook.
    hookTimeout: 900_000,
    // The reporter shows the time of what takes longer: it belongs into a file *.slow.test.ts.
    slowTestThreshold: 1000,
    maxWorkers: Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / WORKER_BYTES))),
    pool: isNative ? 'forks' : 'threads',
    ...(!isShuffled && { sequence: { sequencer: SlowFirst } }),
    setupFiles: ['test/support/setUp.ts'],
    restoreMocks: true,
    unstubEnvs: true,
  },
});
