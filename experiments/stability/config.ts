import { z } from 'zod';
import { commonShape, engineSetting } from '../../cli/experiment/experiment.ts';
import { makePolicy, type Policy, type Rng } from '../../src/index.ts';
import type { AnySpace } from '../../src/policies/spaces.ts';

export const choices = {
  studies: ['ppo', 'soft'],
  policies: ['gaussian', 'tanh-gaussian', 'mixture', 'realnvp', 'spline'],
  environments: ['Pendulum-v1', 'Multigoal-v0', 'SoftBandit-v0'],
} as const;

export type StabilityPolicy = (typeof choices.policies)[number];
export type StabilityEnv = (typeof choices.environments)[number];

/** Where each study asks its question, and of whom. In one dimension RealNVP is a Gaussian. */
export const questions: Record<
  (typeof choices.studies)[number],
  Partial<Record<StabilityEnv, readonly StabilityPolicy[]>>
> = {
  ppo: {
    'Pendulum-v1': ['gaussian', 'tanh-gaussian', 'mixture', 'spline'],
    'Multigoal-v0': ['gaussian', 'tanh-gaussian', 'mixture', 'realnvp', 'spline'],
  },
  soft: { 'SoftBandit-v0': ['gaussian', 'mixture', 'spline'] },
};

const count = (most = 1_000_000) => z.int().positive().max(most);

export const stabilitySchema = z.strictObject({
  ...commonShape(choices, { seeds: 10 }),
  engine: engineSetting('wasm'),
  evaluationEpisodes: count()
    .default(300)
    .meta({ description: 'episodes of each trained policy, with sampled actions', unit: 'episodes' }),
  greedyEpisodes: count()
    .default(100)
    .meta({ description: 'episodes of each trained policy, with greedy actions', unit: 'episodes' }),
  ppo: z
    .strictObject({
      steps: count(1e9)
        .default(100_000)
        .meta({ description: 'length of a training, over all environments', unit: 'steps' }),
      envs: count(10_000).default(4).meta({ description: 'parallel environments', unit: 'environments' }),
      horizon: count().default(1024).meta({ description: 'steps of each environment between updates', unit: 'steps' }),
      epochs: count().default(10).meta({ description: 'passes over a rollout', unit: 'passes' }),
      batchSize: count().default(64).meta({ description: 'size of a minibatch', unit: 'steps' }),
      learningRate: z.number().positive().default(1e-3).describe('learning rate of policy and value function'),
      gamma: z.number().min(0).max(1).default(0.9).describe('γ, the discount of a step'),
      lambda: z.number().min(0).max(1).default(0.95).describe('λ of the generalized advantages'),
    })
    .prefault({}),
  soft: z
    .strictObject({
      steps: count(1e9).default(4000).meta({ description: 'length of a training', unit: 'updates' }),
      batchSize: count()
        .multipleOf(2)
        .default(512)
        .meta({ description: 'actions of an update, in antithetic pairs', unit: 'actions' }),
      learningRate: z.number().positive().default(1.2e-2).describe('learning rate at first; half a cosine down to 0'),
      temperature: z
        .number()
        .positive()
        .max(1)
        .default(0.15)
        .meta({ description: 'τ, the weight of the entropy, after annealing from 1', unit: 'reward per nat' }),
    })
    .prefault({}),
});

export type StabilityConfig = z.infer<typeof stabilitySchema>;

/** A policy as its name makes it: no class has a setting of its own. */
export function makeStabilityPolicy(
  name: StabilityPolicy,
  task: { observationSpace: AnySpace; actionSpace: AnySpace; rng: Rng },
): Policy {
  return name === 'tanh-gaussian' ? makePolicy('gaussian', { ...task, squash: 'tanh' }) : makePolicy(name, task);
}
