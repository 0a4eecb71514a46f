import { Command } from 'commander';
import { makeVec } from '../envs/index.ts';
import { burn } from './burner.ts';
import { median } from './timing.ts';

const program = new Command('bench:workers')
  .description("Steps of environments in the caller's thread and shared out to others, in turns; medians.")
  .option('--microseconds <list>', 'what a step of one environment takes', '1,10,30,100,1000')
  .option('--num-envs <list>', 'environments', '8')
  .option('--workers <list>', 'threads that share them, beside none', '2')
  .option('--rounds <n>', 'turns of each', '300')
  .parse();
const options = program.opts<{ microseconds: string; numEnvs: string; workers: string; rounds: string }>();
const numbers = (list: string) => list.split(',').map(Number);

/** Milliseconds of a block of steps, about. */
const BLOCK = 2;

/** How many rounds of burning a microsecond has: the least time of many counts. */
function roundsOfMicrosecond(): number {
  const rounds = 100_000;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 50; i++) {
    const begin = performance.now();
    burn(rounds);
    least = Math.min(least, performance.now() - begin);
  }
  return rounds / (1000 * least);
}

const perMicrosecond = roundsOfMicrosecond();
for (const numEnvs of numbers(options.numEnvs)) {
  for (const microseconds of numbers(options.microseconds)) {
    const rounds = Math.round(microseconds * perMicrosecond);
    const subjects = [1, ...numbers(options.workers)].map((workers) => ({
      workers,
      env: makeVec('bench/Burner-v0', { rounds, numEnvs, workers }),
      times: [] as number[],
    }));
    const actions = new Int32Array(numEnvs);
    const steps = Math.max(1, Math.round((1000 * BLOCK) / (numEnvs * (microseconds + 1))));
    for (const { env } of subjects) {
      env.reset({ seed: 0 });
      for (let i = 0; i < steps; i++) env.step(actions);
    }
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const { env, times } of subjects) {
        const begin = performance.now();
        for (let i = 0; i < steps; i++) env.step(actions);
        times.push((1000 * (performance.now() - begin)) / steps);
      }
    }
    for (const { env } of subjects) env.close();
    const alone = subjects[0]!;
    const shown = subjects.map(({ workers, times }) => {
      const [middle, least] = [median(times), Math.min(...times)];
      const than = `${(median(alone.times) / middle).toFixed(2)}, least ${least.toFixed(1)}`;
      return `${workers === 1 ? 'none' : workers}: ${middle.toFixed(1)} (${than})`;
    });
    console.log(`${numEnvs} environments of ${microseconds} µs, µs by number of threads: ${shown.join('; ')}`);
  }
}
