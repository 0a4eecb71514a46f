import { describe, expect, test } from 'vitest';
import { train } from '../../agents/index.ts';
import { trainingDefaults } from '../../agents/train.ts';
import { trainSettings } from '../../cli/train/trainConfig.ts';
import { Box, make } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';

const box = new Box({ low: -1, high: 1, shape: [1] });
const spaces = { observationSpace: box, actionSpace: box };
const scales = { normalizeObservations: true, normalizeRewards: true };

describe('without a preset', () => {
  test.each(['ppo', 'a2c', 'reinforce'])('%s brings observations and rewards to one scale', (agent) => {
    expect(trainingDefaults(agent, 'My-v0', ['gaussian']).agent).toEqual(scales);
    expect(trainingDefaults(agent, undefined, ['gaussian', 'spline']).agent).toEqual(scales);
  });

  test('a policy that is not built in sees observations as they are: it need not be able to normalize them', () => {
    expect(trainingDefaults('ppo', 'My-v0', ['mine']).agent).toEqual({ normalizeRewards: true });
    expect(trainingDefaults('ppo', 'My-v0', ['gaussian', 'mine']).agent).toEqual({ normalizeRewards: true });
    expect(trainingDefaults('ppo', 'My-v0', [{}]).agent).toEqual({ normalizeRewards: true });
  });

  test('agents that weigh rewards against an entropy are left alone', () => {
    for (const agent of ['sac', 'tqc', 'crossq', 'soft-q-learning', 'td3']) {
      expect(trainingDefaults(agent, 'My-v0', ['gaussian']).agent).toEqual({});
    }
  });

  test.each(['td3', 'td3-bc'])('samples of what %s learns are near the mode, the one thing that it trains', (agent) => {
    expect(trainingDefaults(agent, 'My-v0', ['gaussian']).policy).toMatchObject({ initialScale: 0.05 });
    const { initialScale } = makePolicy('gaussian', { ...spaces, for: agent as 'td3', rng: new Rng(0) }).config!
      .options as { initialScale: number };
    expect(initialScale).toBe(0.05);
  });

  test('the command has the same defaults', () => {
    const job = { study: 'ppo', env: 'My-v0', policy: 'gaussian' };
    expect(trainSettings(job, {}).agent).toMatchObject(scales);
    expect(trainSettings(job, { agent: { normalizeRewards: false } }).agent).toMatchObject({
      normalizeObservations: true,
      normalizeRewards: false,
    });
  });
});

test('a squash is left out where an action has no bounds', () => {
  const policyOf = (high: number) =>
    trainingDefaults('sac', 'My-v0', ['gaussian'], new Box({ low: -1, high, shape: [2] })).policy;
  expect(policyOf(Infinity)).toMatchObject({ squash: 'rescale' });
  expect(policyOf(1).squash).toBe('tanh');
});

test('a preset stands as it is', () => {
  expect(trainingDefaults('ppo', 'Pendulum-v1', ['gaussian']).agent).not.toHaveProperty('normalizeRewards');
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
