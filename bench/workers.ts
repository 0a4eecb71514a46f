import { Command } from 'commander';
import { makeVec } from '../envs/index.ts';
import { burn } from './burner.ts';
import { inTurns } from './timing.ts';

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
    }));
    const actions = new Int32Array(numEnvs);
    const steps = Math.max(1, Math.round((1000 * BLOCK) / (numEnvs * (microseconds + 1))));
    for (const { env } of subjects) {
      env.reset({ seed: 0 });
      for (let i = 0; i < steps; i++) env.step(actions);
    }
    const sides = subjects.map(({ workers, env }) => {
      const time = () => {
        const begin = performance.now();
        for (let i = 0; i < steps; i++) env.step(actions);
        return (1000 * (performance.now() - begin)) / steps;
      };
      return [workers === 1 ? 'none' : String(workers), time] as const;
    });
    const times = await inTurns(Number(options.rounds), Object.fromEntries(sides));
    for (const { env } of subjects) env.close();
    const shown = sides.map(([name]) => {
      const { median, least } = times[name]!;
      return `${name}: ${median.toFixed(1)} (${(times.none!.median / median).toFixed(2)}, least ${least.toFixed(1)})`;
    });
    console.log(`${numEnvs} environments of ${microseconds} µs, µs by number of threads: ${shown.join('; ')}`);
  }
}
