import { z } from 'zod';
import { rateSchema } from '../../src/training/rate.ts';
import { normalizationOptions } from './observationStatistics.ts';
import { partSchemas } from './partSchemas.ts';

/** Options of the agents that learn from a replay buffer. */
export const offPolicyOptions = {
  policy: partSchemas.policy,
  /** Parallel environments that reset in the step that ends an episode, or a single environment. */
  env: partSchemas.env,
  /** Streams the initial weights of the agent's own networks. */
  rng: partSchemas.rng,
  /** Transitions that the replay buffer holds. */
  bufferSize: z.int().positive().default(1_000_000),
  /** Transitions of a minibatch. */
  batchSize: z.int().positive().default(256),
  /** Environment steps before the first update. */
  learningStarts: z.int().positive().default(100),
  /** Updates for each environment step after that; 0.25 is one update every four steps. */
  updatesPerStep: z.number().positive().default(1),
  /** A number, or a function of the share of the training that is done. */
  learningRate: rateSchema.default(3e-4),
  /** γ, the discount. */
  gamma: z.number().min(0).max(1).default(0.99),
  /** τ of the target networks' averaging after each update. */
  tau: z.number().positive().max(1).default(0.005),
  ...normalizationOptions,
  /** Environment steps from one report to the next. */
  reportEvery: z.int().positive().default(1000),
};

/** Options of the noise that agents of continuous actions add to what they try. */
export const noiseOptions = {
  /** σ of the noise on the actions that are tried, in units of half the width of their bounds. */
  explorationNoise: z.number().nonnegative().default(0),
  /** ρ: how much of the noise stays from one step to the next; see `ExplorationNoise`. */
  noiseCorrelation: z.number().min(0).lt(1).default(0),
};
