import { expect, test } from 'vitest';
import { presets, train } from '../../agents/index.ts';
import { presetFor, trainingDefaults } from '../../agents/train.ts';
import { trainSettings } from '../../cli/train/trainConfig.ts';
import { Box, make } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';

const box = new Box({ low: -1, high: 1, shape: [1] });
const spaces = { observationSpace: box, actionSpace: box };
const scales = { normalizeObservations: true, normalizeRewards: true };

test.each(['ppo', 'a2c', 'reinforce'])('without a preset %s brings observations and rewards to one scale', (agent) => {
  expect(trainingDefaults(agent, 'My-v0', ['gaussian']).agent).toEqual(scales);
  expect(trainingDefaults(agent, undefined, ['gaussian', 'spline']).agent).toEqual(scales);
  // A policy that is not built in need not be able to normalize observations.
  for (const policies of [['mine'], ['gaussian', 'mine'], [{}]]) {
    expect(trainingDefaults(agent, 'My-v0', policies).agent).toEqual({ normalizeRewards: true });
  }
});

test('agents that weigh rewards against an entropy are left alone', () => {
  for (const agent of ['sac', 'tqc', 'crossq', 'soft-q-learning', 'meow', 'dsrl', 'td3']) {
    expect(trainingDefaults(agent, 'My-v0', ['gaussian']).agent).toEqual({});
  }
});

test.each(['td3', 'td3-bc'] as const)('samples of %s are near the mode that it trains', (agent) => {
  expect(trainingDefaults(agent, 'My-v0', ['gaussian']).policy).toMatchObject({ initialScale: 0.05 });
  const { config } = makePolicy('gaussian', { ...spaces, for: agent, rng: new Rng(0) });
  expect(config!.options).toMatchObject({ initialScale: 0.05 });
});

test('the command has the same defaults', () => {
  const job = { study: 'ppo', env: 'My-v0', policy: 'gaussian' };
  expect(trainSettings(job, {}).agent).toMatchObject(scales);
  const own = trainSettings(job, { agent: { normalizeRewards: false } });
  expect(own.agent).toMatchObject({ normalizeObservations: true, normalizeRewards: false });
});

test('a squash is left out where an action has no bounds', () => {
  const policyOf = (high: number) =>
    trainingDefaults('sac', 'My-v0', ['gaussian'], new Box({ low: -1, high, shape: [2] })).policy;
  expect(policyOf(Infinity)).toMatchObject({ squash: 'rescale' });
  expect(policyOf(1).squash).toBe('tanh');
});

test('a preset stands as it is; what it has for a policy comes before what all have, unless several are compared', () => {
  expect(trainingDefaults('ppo', 'Pendulum-v1', ['gaussian']).agent).not.toHaveProperty('normalizeRewards');
  const id = 'mujoco/Hopper-v5';
  const { byPolicy, ...common } = presets[id].ppo;
  const { agent } = byPolicy.spline;
  for (const name of [undefined, 'gaussian', 'toString']) expect(presetFor(id, 'ppo', name)).toEqual(common);
  expect(presetFor(id, 'ppo', 'spline')).toEqual({ ...common, agent: { ...common.agent, ...agent } });
  expect(presetFor(id, 'ppo', 'mixture')).toEqual({ ...common, policy: { ...common.policy, components: 4 } });
  expect(presetFor(id, 'reinforce', 'spline')).toBeUndefined();
  expect(trainingDefaults('ppo', id, ['spline']).agent).toMatchObject(agent);
  expect(trainingDefaults('ppo', id, ['gaussian', 'spline']).agent).toEqual(common.agent);
});

test('`train` normalizes by itself a policy that it makes, and none that it is given', async () => {
  const env = () => make('Pendulum-v1');
  const settings = { env, agent: 'ppo', steps: 128, agentOptions: { horizon: 64 } } as const;
  const { policy } = await train(settings);
  expect(policy.normalizer!.moments().count).toBeGreaterThan(60);
  policy.dispose();
  const { observationSpace, actionSpace } = env();
  const own = makePolicy('gaussian', { observationSpace, actionSpace, rng: new Rng(0) });
  await train({ ...settings, policy: own });
  expect(own.normalizer).toBeUndefined();
  own.dispose();
});
