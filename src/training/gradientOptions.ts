import type * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Adam } from '../engine/optimizers/adam.ts';
import type { Optimizer } from '../engine/optimizers/optimizer.ts';
import { Rng } from '../random.ts';
import { rateSchema } from './rate.ts';

/** Options of everything that is learned by one gradient step after the other. */
export const gradientOptions = {
  /** Updates. */
  steps: z.int().positive(),
  /** All randomness comes from streams of this one. */
  rng: z.custom<Rng>((value) => value instanceof Rng, 'an Rng'),
  /** Rows, or samples, of an update. */
  batchSize: z.int().positive().default(256),
  /** A number, or a function of the share of the steps that is done. */
  learningRate: rateSchema.default(1e-3),
  /** From the parameters to what updates them; Adam by default. */
  optimizer: z
    .custom<(parameters: tf.Variable[]) => Optimizer>((value) => typeof value === 'function', 'a function')
    .default(() => (parameters: tf.Variable[]) => new Adam(parameters)),
  /** The largest global norm of the gradient. */
  maxGradientNorm: z.number().positive().default(10),
  /** Updates from one report to the next. */
  reportEvery: z.int().positive().default(100),
};
