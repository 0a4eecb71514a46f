import { availableParallelism, totalmem } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The memory of one worker with the processes that its tests start. */
const WORKER_BYTES = 2 ** 31;

/** With libtensorflow as backend, which breaks when a thread that has used it ends. */
const isNative = process.env.OXBOW_BACKEND !== undefined;

/** Slow files first, the others fill the workers up at the end. */
class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = ({ moduleId }: TestSpecification): number => Number(moduleId.endsWith('.slow.test.ts'));
    return (await super.sort(files)).sort((a, b) => isSlow(b) - isSlow(a));
  }
}

/** `--sequence.shuffle` looks for tests that depend on others, and mixes the files, too. */
const isShuffled = process.argv.some((argument) => argument.startsWith('--sequence.shuffle'));

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Against hanging, not for speed: the machine may be busy.
    testTimeout: 240_000,
    // The reporter shows the time of what takes longer: it belongs into a file *.slow.test.ts.
    slowTestThreshold: 1000,
    maxWorkers: Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / WORKER_BYTES))),
    // Most of a short file's time is the import of tfjs and the sources, which a worker does once for all its files.
    pool: isNative ? 'forks' : 'threads',
    isolate: isNative,
    ...(!isShuffled && { sequence: { sequencer: SlowFirst } }),
    setupFiles: ['test/support/setUp.ts'],
    restoreMocks: true,
    unstubEnvs: true,
  },
});
