import { z } from 'zod';
import { makePolicy, type Policy, type Rng } from '../../src/index.ts';
import type { AnySpace } from '../../src/policies/boxSpace.ts';
import { commonShape, engineSetting } from '../harness/experiment.ts';

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
  evaluationEpisodes: count().default(300).describe('episodes of each trained policy, with sampled actions'),
  greedyEpisodes: count().default(100).describe('the same with greedy actions'),
  ppo: z
    .strictObject({
      steps: count(1e9).default(100_000).describe('steps of all environments together'),
      envs: count(10_000).default(4).describe('parallel environments'),
      horizon: count().default(1024).describe('steps of each environment between updates'),
      epochs: count().default(10).describe('passes over a rollout'),
      batchSize: count().default(64).describe('steps of a minibatch'),
      learningRate: z.number().positive().default(1e-3).describe('of policy and value function'),
      gamma: z.number().min(0).max(1).default(0.9).describe('the discount'),
      lambda: z.number().min(0).max(1).default(0.95).describe('of the generalized advantages'),
    })
    .prefault({}),
  soft: z
    .strictObject({
      steps: count(1e9).default(4000).describe('updates'),
      batchSize: count().multipleOf(2).default(512).describe('actions of an update, in antithetic pairs'),
      learningRate: z.number().positive().default(1.2e-2).describe('the first of a cosine'),
      temperature: z.number().positive().max(1).default(0.15).describe('τ, after annealing from 1'),
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
