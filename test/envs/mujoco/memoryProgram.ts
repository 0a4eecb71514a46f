/**
 * What memory.slow.test.ts runs in processes of their own, of the parts that its arguments name, `many:<id>`, one after another. Prints what
 * each has found, as one line of JSON.
 */
import type { Env } from '../../../envs/core/env.ts';
import { make } from '../../../envs/core/registry.ts';
import { loadMujoco } from '../../../envs/mujoco/index.ts';
import { mujocoEnvs } from '../../../envs/mujoco/mujocoEnvs.ts';
import { Rng } from '../../../src/random.ts';
import { memory } from './ownEnv.ts';

/** How many steps, and environments, use no more memory than a few; `flat:1000000,1000` takes longer. */
const FEW = '20000,100';

await loadMujoco();
type RobotEnv = Env<Float64Array, Float32Array>;
const robot = (id: string) => make(id) as unknown as RobotEnv;

function run(env: RobotEnv, steps: number, rng: Rng): void {
  for (let i = 0; i < steps; i++) {
    const [, , terminated, truncated] = env.step(env.actionSpace.sample(rng));
    if (terminated || truncated) env.reset();
    if (i % 100 === 0) env.setState!(env.state!());
  }
}

const programs: Readonly<Record<string, (argument?: string) => Promise<unknown> | unknown>> = {
  many(id = '') {
    robot(id).close();
    const before = memory();
    const envs = Array.from({ length: 64 }, () => robot(id));
    for (const env of envs) env.reset({ seed: 0 });
    return { before, after: memory() };
  },
  async forgotten() {
    const round = async () => {
      // Each is unreachable before the next.
      for (let i = 0; i < 40; i++) robot('mujoco/HalfCheetah-v5').reset({ seed: i });
      for (let i = 0; i < 5; i++) {
        (globalThis as unknown as { gc: () => void }).gc();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await round();
    await round();
    const first = memory();
    for (let i = 0; i < 8; i++) await round();
    return { first, last: memory() };
  },
  flat(counts = FEW) {
    const [stepCount = 0, envCount = 0] = counts.split(',').map(Number);
    const gc = () => (globalThis as unknown as { gc: () => void }).gc();
    const env = robot('mujoco/HalfCheetah-v5');
    const rng = new Rng('flat');
    env.reset({ seed: 0 });
    const make = (n: number) => {
      const ids = Object.keys(mujocoEnvs);
      for (let i = 0; i < n; i++) {
        const one = robot(ids[i % ids.length]!);
        one.reset({ seed: i });
        run(one, 3, rng);
        one.close();
      }
    };
    run(env, stepCount / 10, rng);
    make(envCount / 5);
    gc();
    const [first, heapFirst] = [memory(), process.memoryUsage().heapUsed];
    run(env, stepCount, rng);
    make(envCount);
    gc();
    return { first, last: memory(), heapFirst, heapLast: process.memoryUsage().heapUsed };
  },
};

const found: unknown[] = [];
for (const part of process.argv.slice(2)) {
  const [name = '', argument] = part.split(/:(.*)/s);
  found.push(await programs[name]!(argument));
}
console.log(JSON.stringify(found));
