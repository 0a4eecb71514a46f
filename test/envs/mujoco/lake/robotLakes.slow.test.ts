import { beforeAll, expect, it } from 'vitest';
import { collectDemonstrations, loadEnv, type RobotLakeId } from '../../../../envs/index.ts';
import { AntHeadingEnv, antGait } from '../../../../envs/mujoco/index.ts';
import { PlainGaussian } from '../../../../envs/mujoco/lake/robotLakeEnv.ts';
import { Rng } from '../../../../src/random.ts';

beforeAll(() => loadEnv('mujoco/AntLake-v0'));

it.each([
  ['mujoco/PointLake-v0', 300, 0.97],
  ['mujoco/PointLakeStride-v0', 300, 0.97],
  ['mujoco/AntLake-v0', 40, 0.97],
  ['mujoco/AntLakeStride-v0', 40, 0.97],
] satisfies [RobotLakeId, number, number][])('%s: demonstrators get home', (envId, episodes, share) => {
  for (const action of ['velocity', 'heading'] as const) {
    const made = collectDemonstrations({ envId, episodes, rng: new Rng(7), action });
    const { rejected, observations, actions } = made;
    expect(actions.length).toBe((observations.length / 2) * (action === 'velocity' ? 2 : 1));
    expect(episodes / (episodes + rejected)).toBeGreaterThanOrEqual(share);
  }
});

it('the gait follows headings, and does not fall', () => {
  const gait = new PlainGaussian(antGait);
  const env = new AntHeadingEnv();
  const degrees: number[] = [];
  const speeds: number[] = [];
  const rng = new Rng(3);
  for (let episode = 0; episode < 10; episode++) {
    env.reset({ seed: episode });
    for (let leg = 0; leg < 4; leg++) {
      const angle = rng.uniform(-Math.PI, Math.PI);
      const heading = { x: Math.cos(angle), y: Math.sin(angle) };
      const from = env.place;
      let seen = env.head(heading);
      for (let t = 0; t < 99; t++) {
        const [next, , fallen] = env.step(gait.act(seen));
        expect(fallen).toBe(false);
        seen = next;
      }
      const [dx, dy] = [env.place.x - from.x, env.place.y - from.y];
      const along = dx * heading.x + dy * heading.y;
      degrees.push((Math.abs(Math.atan2(dy * heading.x - dx * heading.y, along)) * 180) / Math.PI);
      speeds.push(along / (99 * env.dt));
    }
  }
  const quantile = (values: number[], q: number) => values.sort((a, b) => a - b)[Math.floor(q * values.length)]!;
  expect(quantile(degrees, 0.5)).toBeLessThan(6);
  expect(quantile(degrees, 0.9)).toBeLessThan(15);
  expect(quantile(speeds, 0.5)).toBeGreaterThan(1.1);
  env.close();
});
