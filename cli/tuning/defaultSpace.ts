import type { ActingAgentName } from '../../agents/registry.ts';
import type { Dimension, SearchSpace } from '../experiment/searchSpace.ts';

type Space = Readonly<Record<string, Dimension>>;

/** γ and λ, which matter by how far they are from 1. */
const gamma: Dimension = { choice: [0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999] };
const lambda: Dimension = { choice: [0.8, 0.9, 0.92, 0.95, 0.98, 0.99, 1] };

const rate = (low: number, high: number): Dimension => ({ logUniform: [low, high], schedule: ['constant', 'linear'] });

/** What is searched for agents that learn from whole rollouts. */
const onPolicy = {
  learningRate: rate(1e-5, 1e-2),
  gamma,
  maxGradientNorm: { choice: [0.3, 0.5, 1, 2, 5] },
} satisfies Space;

/** What is searched for agents that learn from a replay buffer. */
const offPolicy = {
  learningRate: rate(1e-5, 1e-2),
  gamma,
  batchSize: { choice: [32, 64, 128, 256, 512] },
  learningStarts: { choice: [100, 500, 1000] },
} satisfies Space;

/** What is searched for those of them whose actions are continuous. */
const continuous = {
  ...offPolicy,
  tau: { choice: [0.001, 0.005, 0.01, 0.02, 0.05] },
  updateEvery: { choice: [1, 4, 16, 64] },
} satisfies Space;

const { tau: _, ...withoutTargets } = continuous;

const qLearning = {
  ...offPolicy,
  targetUpdateEvery: { choice: [250, 500, 1000, 5000, 10_000] },
  updateEvery: { choice: [1, 2, 4, 8, 16] },
  updatesPerStep: { choice: [0.125, 0.25, 0.5, 1] },
  explorationFraction: { uniform: [0.02, 0.5] },
  nSteps: { choice: [1, 3, 5] },
} satisfies Space;

/** Where horizons lie so that rollouts over all environments have one of these sizes. */
const horizons = (rollouts: readonly number[], envs: number): Dimension => ({
  choice: [...new Set(rollouts.map((size) => Math.max(1, Math.ceil(size / envs))))],
});

/** What is searched of an agent's options, by its name, for so many environments. */
const spaces: { readonly [N in ActingAgentName]: (envs: number) => Space } = {
  reinforce: () => ({
    ...onPolicy,
    valueLearningRate: rate(1e-4, 1e-2),
    episodesPerEnv: { choice: [1, 2, 4, 8] },
    valueUpdates: { choice: [1, 5, 10, 20] },
    normalizeAdvantages: { choice: [true, false] },
  }),
  a2c: () => ({
    ...onPolicy,
    horizon: { choice: [5, 8, 16, 32, 64, 128] },
    lambda,
    entropyCoefficient: { logUniform: [1e-8, 0.1] },
    valueCoefficient: { uniform: [0.1, 1] },
    normalizeAdvantages: { choice: [true, false] },
  }),
  ppo: (envs) => ({
    ...onPolicy,
    horizon: horizons([256, 512, 1024, 2048, 4096], envs),
    batchSize: { choice: [32, 64, 128, 256] },
    epochs: { choice: [1, 5, 10, 20] },
    lambda,
    clip: { uniform: [0.1, 0.4], schedule: ['constant', 'linear'] },
    entropyCoefficient: { logUniform: [1e-8, 0.1] },
  }),
  fpo: (envs) => ({
    ...onPolicy,
    horizon: horizons([1024, 2048, 4096], envs),
    batchSize: { choice: [64, 128, 256] },
    epochs: { choice: [5, 10] },
    lambda,
    clip: { uniform: [0.03, 0.2], schedule: ['constant', 'linear'] },
  }),
  sac: () => continuous,
  tqc: () => ({ ...continuous, droppedPerCritic: { choice: [0, 1, 2, 3, 5] } }),
  crossq: () => ({ ...withoutTargets, policyDelay: { choice: [1, 2, 3] } }),
  'soft-q-learning': () => ({ ...continuous, temperature: { logUniform: [0.01, 10] } }),
  td3: () => ({
    ...continuous,
    explorationNoise: { uniform: [0, 0.5] },
    policyDelay: { choice: [1, 2, 3] },
  }),
  dqn: () => qLearning,
  'qr-dqn': () => qLearning,
};

/**
 * Where the settings of an agent are searched, unless another space is given: what the samplers of RL Baselines3 Zoo search, with bounds like
 * theirs. Networks stay as they are.
 *
 * Raffin, "RL Baselines3 Zoo", 2020.
 *
 * @param envs parallel environments of the training: where an agent learns from rollouts, their sizes are the same for any number
 */
export function defaultSpace(agent: ActingAgentName, envs: number): SearchSpace {
  return { agent: spaces[agent](envs) };
}
