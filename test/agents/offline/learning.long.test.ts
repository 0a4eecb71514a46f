import { expect, test } from 'vitest';
import { type Agent, evaluate, Fql, Iql, NfRlbc, Td3Bc } from '../../../agents/index.ts';
import { type Episode, type EpisodeSource, EpisodesInMemory } from '../../../datasets/index.ts';
import { type AnyEnv, BaseEnv, Box, type ResetResult, type StepResult, TimeLimit } from '../../../envs/index.ts';
import { makePolicy, type Policy, Rng } from '../../../src/index.ts';

/** Moves on the line by at most ½, for −|x| a step. */
class Line extends BaseEnv<Float32Array, Float32Array> {
  readonly observationSpace = new Box({ low: -9, high: 9, shape: [1] });
  readonly actionSpace = new Box({ low: -0.5, high: 0.5, shape: [1] });
  #x = 0;

  protected begin(): ResetResult {
    this.#x = this.rng.uniform(-1.5, 1.5);
    return [Float32Array.of(this.#x), {}];
  }

  step(action: Float32Array): StepResult {
    this.#x += action[0]!;
    return [Float32Array.of(this.#x), -Math.abs(this.#x), false, false, {}];
  }
}
const line = () => new TimeLimit(new Line(), 8) as AnyEnv;

/** Episodes of uniform actions, which go nowhere. */
function aimless(sign: number): EpisodeSource {
  const env = line();
  const rng = new Rng('aimless');
  const episodes = Array.from({ length: 300 }, (_, i): Episode => {
    const observations = [...(env.reset(i === 0 ? { seed: 0 } : undefined)[0] as Float32Array)];
    const actions = Float32Array.from({ length: 8 }, () => rng.uniform(-0.5, 0.5));
    const rewards = actions.map((action) => {
      const [observation, reward] = env.step(Float32Array.of(action));
      observations.push(...(observation as Float32Array));
      return sign * reward;
    });
    const ends = { terminations: new Uint8Array(8), truncations: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1) };
    return { observations: Float32Array.from(observations), actions, rewards, ...ends };
  });
  return new EpisodesInMemory({
    observationSpace: env.observationSpace as Box,
    actionSpace: env.actionSpace as Box,
    episodes,
  });
}

const common = { batchSize: 64, learningRate: 0.01, gamma: 0.9, tau: 0.05, criticHidden: [32] };
type Parts = { policy: Policy; dataset: EpisodeSource; rng: Rng };
const tanh = { squash: 'tanh', scale: 'state' };

test.each<[string, string, object, boolean, (parts: Parts) => Agent]>([
  ['TD3+BC', 'gaussian', { squash: 'tanh' }, true, (parts) => new Td3Bc({ ...common, alpha: 40, ...parts })],
  ['IQL', 'gaussian', { scale: 'state' }, true, (parts) => new Iql({ ...common, expectile: 0.9, beta: 10, ...parts })],
  ['NF-RLBC', 'gaussian', tanh, true, (parts) => new NfRlbc({ ...common, alpha: 'mixed', ...parts })],
  [
    'FQL',
    'implicit',
    {},
    false,
    (parts) => new Fql({ ...common, alpha: 'mixed', targetValue: 'least', behaviorHidden: [32], ...parts }),
  ],
])('%s learns from aimless episodes where to go, or to go away', async (...args) => {
  const [, name, options, greedy, make] = args;
  const returns: number[] = [];
  for (const sign of [1, -1]) {
    const rng = new Rng(`line-${sign}`);
    const dataset = aimless(sign);
    const { observationSpace, actionSpace } = dataset;
    const spaces = { observationSpace, actionSpace, rng: rng.split('policy') };
    const policy = makePolicy(name as string, { ...spaces, hidden: [32], activation: 'relu', ...options });
    const agent = make({ policy, dataset, rng: rng.split('agent') });
    for await (const _ of agent.train({ steps: 800, rng: rng.split('train') }));
    returns.push(evaluate({ policy, env: line, episodes: 100, greedy, seed: 0 }).meanReturn);
    agent.dispose();
    policy.dispose();
  }
  // The best are −0.6 and −24; uniform actions have −7.
  expect(returns[0]).toBeGreaterThan(-1.5);
  expect(returns[1]).toBeLessThan(-16);
});
