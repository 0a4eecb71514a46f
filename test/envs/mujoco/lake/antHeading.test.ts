import { beforeAll, describe, expect, it } from 'vitest';
import { AntHeadingEnv, loadMujoco } from '../../../../envs/mujoco/index.ts';
import { antGait } from '../../../../envs/mujoco/lake/antGait.ts';
import { PlainGaussian } from '../../../../envs/mujoco/lake/robotLakeEnv.ts';
import { rotated } from '../../../../envs/mujoco/robotScene.ts';
import { policyFromJson, Rng } from '../../../../src/index.ts';

beforeAll(() => loadMujoco());

type Vector = readonly [number, number, number];

/** What a snapshot says, in plain numbers: MuJoCo's state begins with the time, `qpos` and `qvel`. */
function read(env: AntHeadingEnv) {
  const { physics, more } = env.state() as { physics: number[]; more: number[] };
  return { qpos: physics.slice(1, 16), qvel: physics.slice(16, 30), heading: [more[0]!, more[1]!, 0] as const };
}

const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

describe('AntHeadingEnv', () => {
  it('pays for speed along its heading, and takes for sway, effort and falls, as its docs say', () => {
    const env = new AntHeadingEnv();
    const rng = new Rng('ant');
    const seen = { falls: 0, fast: 0, left: 0, right: 0 };
    for (let episode = 0; episode < 12; episode++) {
      env.reset({ seed: episode });
      for (let t = 0; t < 40; t++) {
        const before = read(env);
        // Odd episodes begin with a push, so that some are fast and some fall.
        if (t === 0 && episode % 2 === 1) {
          const state = env.state() as unknown as { physics: number[] };
          state.physics[16] = 4 * before.heading[0];
          state.physics[17] = 4 * before.heading[1];
          state.physics[19] = 6;
          env.setState(state as never);
        }
        const action = Float32Array.from({ length: 8 }, () => rng.uniform(-1, 1));
        const [, reward, terminated] = env.step(action);
        const { qpos, qvel } = read(env);
        const moved: Vector = [(qpos[0]! - before.qpos[0]!) / 0.05, (qpos[1]! - before.qpos[1]!) / 0.05, 0];
        const along = dot(moved, before.heading);
        const across = cross(before.heading, moved)[2];
        const upright = rotated(qpos.slice(3, 7) as never, [0, 0, 1])[2];
        const effort = action.reduce((sum, a) => sum + a * a, 0);
        const sway = qvel[3]! ** 2 + qvel[4]! ** 2;
        const paid = Math.min(along, 1.2) - 0.3 * Math.abs(across) + 0.3 - 0.03 * effort - 0.05 * sway;
        expect(reward).toBeCloseTo(paid - (terminated ? 2 : 0), 9);
        if (upright < 0) expect(terminated).toBe(true);
        if (upright > 0.99 && qpos[2]! > 0.5 && qpos[2]! < 0.9) expect(terminated).toBe(false);
        seen.falls += Number(terminated);
        seen.fast += Number(along > 1.2);
        seen[across > 0 ? 'left' : 'right']++;
        if (terminated) break;
      }
    }
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
    env.close();
  });

  it('sees the world from its torso, whose front is the side that faces the heading', () => {
    const env = new AntHeadingEnv();
    const rng = new Rng('tilted');
    for (let seed = 0; seed < 30; seed++) {
      env.reset({ seed });
      // Until it is tilted.
      for (let t = 0; t < 9; t++) env.step(env.actionSpace.sample(rng));
      const [observation] = env.step(env.actionSpace.sample(rng));
      const { qpos, qvel, heading } = read(env);
      const own = (v: Vector) => rotated(qpos.slice(3, 7) as never, v);
      const sides = [own([1, 0, 0]), own([0, 1, 0]), own([-1, 0, 0]), own([0, -1, 0])];
      const front = sides.reduce((best, side, i) => (dot(side, heading) > dot(sides[best]!, heading) ? i : best), 0);
      const [ahead, left, up] = [sides[front]!, sides[(front + 1) % 4]!, own([0, 0, 1])];
      const velocity = qvel.slice(0, 3) as unknown as Vector;
      const seen = [qpos[2]!, ahead[2], left[2], up[2], dot(ahead, velocity), dot(left, velocity), dot(up, velocity)];
      seen.forEach((value, i) => expect(observation[i]).toBeCloseTo(value, 12));
      const length = Math.sqrt(dot(ahead, heading) ** 2 + dot(left, heading) ** 2);
      expect(observation[26]).toBeCloseTo(dot(ahead, heading) / length, 12);
      expect(observation[27]).toBeCloseTo(dot(left, heading) / length, 12);
      for (let leg = 0; leg < 4; leg++) expect(observation[10 + 2 * leg]).toBe(qpos[7 + 2 * ((leg + front) % 4)]);
    }
    env.close();
  });
});

it('PlainGaussian acts as the policy does that was saved', () => {
  const { policy, about } = policyFromJson(antGait);
  expect(about.env).toBe('mujoco/AntHeading-v0');
  const plain = new PlainGaussian(antGait);
  const actor = policy.actor({ rng: new Rng(0), greedy: true });
  const rng = new Rng(1);
  const { mean, variance } = policy.normalizer!.moments();
  for (let i = 0; i < 100; i++) {
    // Some beyond what the policy clips.
    const observation = Array.from(
      mean,
      (at, j) => at + Math.sqrt(variance[j]!) * rng.normal(0, i % 10 === 0 ? 20 : 1),
    );
    const wanted = Array.from(actor.act(observation).action as Float32Array);
    // Sums of 64 terms in float32.
    plain.act(observation).forEach((value, j) => expect(Math.abs(value - wanted[j]!)).toBeLessThan(2e-5));
  }
  policy.dispose();
});
