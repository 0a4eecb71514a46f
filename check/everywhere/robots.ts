import { type Env, make } from '../../envs/index.ts';
import { loadMujoco } from '../../envs/mujoco/index.ts';
import { mujocoEnvs } from '../../envs/mujoco/mujocoEnvs.ts';
import { fingerprint, Rng } from '../../src/index.ts';

/** The fingerprint of that many random steps of each environment in MuJoCo's physics. */
export async function robots(steps: number): Promise<Record<string, string>> {
  await loadMujoco();
  return Object.fromEntries(Object.keys(mujocoEnvs).map((id) => [id, walk(id, steps)]));
}

function walk(id: string, steps: number): string {
  const env = make(id) as unknown as Env<Float64Array, Float32Array>;
  const rng = new Rng(`everywhere/${id}`);
  const seen: unknown[] = [env.reset({ seed: 1 })];
  for (let i = 0; i < steps; i++) {
    const step = env.step(env.actionSpace.sample(rng));
    seen.push(step);
    if (step[2] || step[3]) seen.push(env.reset());
  }
  env.close();
  return fingerprint(seen);
}
