import { expect, test } from 'vitest';
import { evaluate, train } from '../../agents/index.ts';

/* Seeds that failed with settings close to these: TD3 returned −408, SAC 43. */
test.each([
  ['Pendulum-v1', 'td3', 301, -200],
  ['MountainCarContinuous-v0', 'sac', 308, 88],
] as const)('%s, %s: the preset learns with seed %i', async (env, agent, seed, wanted) => {
  const { policy } = await train({ env, agent, seed });
  expect(evaluate({ policy, env, episodes: 100, greedy: true }).meanReturn).toBeGreaterThan(wanted);
  policy.dispose();
});
