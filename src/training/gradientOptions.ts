import type * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Adam } from '../engine/optimizers/adam.ts';
import type { Optimizer } from '../engine/optimizers/optimizer.ts';
import { rngSchema } from '../options/rngSchema.ts';
import { rateSchema } from './rate.ts';

/** Options of everything that is learned by one gradient step after the other. */
export const gradientOptions = {
  steps: z.int().positive().meta({ description: 'how long, from the beginning', unit: 'updates' }),
  rng: rngSchema.describe('streams all randomness'),
  batchSize: z.int().positive().default(256).meta({ description: 'rows, or samples, of an update', unit: 'rows' }),
  learningRate: rateSchema.default(1e-3).describe('learning rate; may change over the training'),
  optimizer: z
    .custom<(parameters: tf.Variable[]) => Optimizer>((value) => typeof value === 'function', 'a function')
    .default(() => (parameters: tf.Variable[]) => new Adam(parameters))
    .describe('from the parameters to what updates them; by default Adam'),
  maxGradientNorm: z.number().positive().default(10).describe('largest global norm of the gradient'),
  reportEvery: z
    .int()
    .positive()
    .default(100)
    .meta({ description: 'updates from one report to the next', unit: 'updates' }),
};
