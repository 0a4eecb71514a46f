import { box2dEnvs } from '../../envs/box2d/box2dEnvs.ts';
import { type Env, loadEnv, make } from '../../envs/index.ts';
import { loadMujoco } from '../../envs/mujoco/index.ts';
import { mujocoEnvs } from '../../envs/mujoco/mujocoEnvs.ts';
import { fingerprint, Rng } from '../../src/index.ts';

/** Random steps of each of Gymnasium's tasks. */
const STEPS = 1000;
/** Of ours, one step at the lake may be dozens of the robot's; and in Box2D. */
const FEW_STEPS = 200;

/** The fingerprint of random steps of each environment in MuJoCo's and in Box2D's physics. */
export async function robots(): Promise<Record<string, string>> {
  await loadMujoco();
  await loadEnv('box2d/LunarLander-v3');
  const ids = [...Object.keys(mujocoEnvs), ...Object.keys(box2dEnvs)];
  return Object.fromEntries(ids.map((id) => [id, walk(id, id.endsWith('-v5') ? STEPS : FEW_STEPS)]));
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
