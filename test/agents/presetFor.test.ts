import { expect, test, vi } from 'vitest';
import { presetFor, trainingDefaults } from '../../agents/train.ts';

vi.mock(import('../../agents/presets.ts'), () => ({
  presets: {
    'Task-v0': {
      ppo: {
        steps: 1000,
        envs: 4,
        agent: { gamma: 0.9, learningRate: 1e-3 },
        policy: { hidden: [8] },
        byPolicy: { spline: { agent: { learningRate: 3e-4 }, policy: { hidden: [16], bins: 4 } } },
      },
    },
  } as never,
}));

test('what a preset has for a policy comes before what all have', () => {
  const common = { steps: 1000, envs: 4, agent: { gamma: 0.9, learningRate: 1e-3 }, policy: { hidden: [8] } };
  expect(presetFor('Task-v0', 'ppo')).toEqual(common);
  expect(presetFor('Task-v0', 'ppo', 'gaussian')).toEqual(common);
  expect(presetFor('Task-v0', 'ppo', 'toString')).toEqual(common);
  expect(presetFor('Task-v0', 'ppo', 'spline')).toEqual({
    ...common,
    agent: { gamma: 0.9, learningRate: 3e-4 },
    policy: { hidden: [16], bins: 4 },
  });
  expect(presetFor('Task-v0', 'sac', 'spline')).toBeUndefined();
});

test('several policies that are compared have the common settings', () => {
  expect(trainingDefaults('ppo', 'Task-v0', ['spline']).agent.learningRate).toBe(3e-4);
  expect(trainingDefaults('ppo', 'Task-v0', ['gaussian', 'spline']).agent.learningRate).toBe(1e-3);
});
