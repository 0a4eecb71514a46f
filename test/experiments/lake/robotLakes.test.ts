import { expect, test } from 'vitest';
import type { SummaryRow } from '../../../cli/experiment/experiment.ts';
import { cloningSettings } from '../../../experiments/lake/cloneJobs.ts';
import { cloningLakes } from '../../../experiments/lake/cloning.ts';
import { type LakeConfig, lakeSchema } from '../../../experiments/lake/config.ts';
import { lake } from '../../../experiments/lake/lake.ts';
import { isRobotLake, ppoSettings, readTuned, robotLakes } from '../../../experiments/lake/tuned.ts';

test('a run has robots only if it names them', () => {
  const { environments } = lakeSchema.parse({});
  expect(environments).toContain('Lake-v0');
  expect(environments.filter(isRobotLake)).toEqual([]);
});

test.each(robotLakes)('%s is cloned and learned on, with the settings of its lake until it has its own', (env) => {
  const grain = env.includes('Stride') ? 'LakeStride-v0' : 'Lake-v0';
  const config: LakeConfig = lakeSchema.parse({ environments: [env], policies: ['realnvp'], seeds: [4] });
  expect(lake.jobs(config).map(({ id }) => id)).toEqual([`ppo/${env}/realnvp/seed-4`, `cloning/${env}/realnvp/seed-4`]);
  expect(cloningSettings(config, env, 'realnvp')).toEqual(cloningSettings(config, grain, 'realnvp'));
  expect(ppoSettings(config.tuned, 'realnvp', env)).toEqual(ppoSettings(config.tuned, 'realnvp'));
  const own = { learningRate: 0.001 };
  const tuned = lakeSchema.parse({ environments: [env], tuned: { cloning: { [env]: { spline: own } } } });
  expect(cloningSettings(tuned, env, 'spline').learningRate).toBe(0.001);
  expect(cloningSettings(tuned, grain, 'spline').learningRate).not.toBe(0.001);
});

test('a class that was searched on a robot has its own settings there', () => {
  const config = lakeSchema.parse({});
  const env = 'mujoco/AntLakeStride-v0';
  expect(cloningSettings(config, env, 'mixture')).toEqual(readTuned().cloning![env]!.mixture);
  expect(cloningSettings(config, env, 'mixture')).not.toEqual(cloningSettings(config, 'LakeStride-v0', 'mixture'));
});

const row = (env: string, study: string, policy: string, metric: string, value: number) => ({
  ...{ env, study, policy, metric },
  ...{ iqm: value, low: value, high: value, perSeed: [value] },
});

test('a run of robots alone is answered by their stride lakes, another by the lake of two numbers', () => {
  const drowned = (env: string, gaussian: number, spline: number) => [
    row(env, 'cloning', 'gaussian', 'drownRate', gaussian),
    row(env, 'cloning', 'spline', 'drownRate', spline),
  ];
  const robots = [
    ...drowned('mujoco/PointLakeStride-v0', 0.36, 0.02),
    ...drowned('mujoco/AntLakeStride-v0', 0.31, 0.03),
    ...drowned('mujoco/AntLake-v0', 0.1, 0.01),
  ];
  const answerOf = (summary: SummaryRow[]) => lake.conclusions!([], summary, lakeSchema.parse({})).E1!.answer!;
  const plain = (text: string) => text.replaceAll('\u00a0', ' ');
  const gaussian = (value: string) =>
    `Gaussian that cloned walkers of both banks drowns in ${value} % [${value}, ${value}] of its walks`;
  const { text, chart } = answerOf(robots);
  expect(plain(text)).toBe(
    `On the stride lake of the ball a ${gaussian('36.0')}, a spline flow in 2.0 % [2.0, 2.0]. ` +
      `On the stride lake of the ant a ${gaussian('31.0')}, a spline flow in 3.0 % [3.0, 3.0].`,
  );
  expect(chart!.caption).toBe('walks that drown, stride lake of the ball');
  expect(chart!.bars.map(({ value }) => value)).toEqual([0.36, 0.02]);
  const own = answerOf([...robots, ...drowned('LakeStride-v0', 0.4, 0.01)]);
  expect(plain(own.text)).toBe(`A ${gaussian('40.0')}, a spline flow in 1.0 % [1.0, 1.0].`);
  expect(own.chart!.caption).toBe('walks that drown, stride lake');
});

test('the law of a first step is a column of lakes where it is known', () => {
  const columnsOf = (env: string) =>
    cloningLakes.tables!([row(env, 'cloning', 'spline', 'drownRate', 0.02)], lakeSchema.parse({})).map(
      ({ columns }) => columns,
    );
  expect(columnsOf('LakeStride-v0')).toEqual([expect.arrayContaining(['at the start, nats above the entropy'])]);
  expect(columnsOf('mujoco/AntLakeStride-v0')).toEqual([
    ['policy', 'seeds', 'drowned', 'banks off by', 'held-out −log π, nats'],
  ]);
});

test('what robots learn by PPO is answered by their lakes, where the lake of two numbers is not in the run', () => {
  const home = (env: string, gaussian: number, spline: number) => [
    row(env, 'ppo', 'gaussian', 'homeRate', gaussian),
    row(env, 'ppo', 'spline', 'homeRate', spline),
  ];
  const answerOf = (...summary: SummaryRow[]) => lake.conclusions!([], summary, lakeSchema.parse({})).E0!.answer!;
  const [fine, stride] = [home('mujoco/PointLake-v0', 0.2, 0.99), home('mujoco/PointLakeStride-v0', 0.95, 0.99)];
  const one = answerOf(...stride);
  expect(one.text).toMatch(
    /^On the stride lake of the ball, 1 of 1 seeds of a Gaussian and 1 of a spline flow learn the way home /,
  );
  expect(one.chart!.bars.map(({ value }) => value)).toEqual([1, 1]);
  expect(answerOf(...stride, ...fine).text).toMatch(
    /^On the stride lake of the ball, 1 of 1 .*On the fine lake of the ball, 0 of 1 /,
  );
  expect(answerOf(...stride, ...home('Lake-v0', 0, 0)).text).toMatch(/^On the fine lake, 0 of 1 /);
});
