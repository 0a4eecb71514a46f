import * as tf from '@tensorflow/tfjs-core';
import { checkArgument } from '../../options/checkArguments.ts';
import { flatten, unflatten } from './flat.ts';

/** Keeps the quotient finite where all gradients are zero, as PyTorch does. */
const TINY = 1e-6;

/**
 * Scales all gradients by one factor so that their joint norm is at most `maxNorm`:
 * g·min(1, maxNorm / (‖g‖ + 1e-6)), ‖g‖² = Σ of the squares of all elements of all gradients.
 *
 * Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", arXiv:1211.5063.
 *
 * @param maxNorm a positive number, or a scalar tensor; `Infinity` bounds nothing
 * @returns the scaled gradients, in their order, and the norm `[]` before
 * @throws if there are no gradients, or `maxNorm` is a number and not positive
 */
export function clipByGlobalNorm(
  gradients: readonly tf.Tensor[],
  maxNorm: number | tf.Tensor,
): { gradients: tf.Tensor[]; norm: tf.Tensor } {
  checkArgument('clipByGlobalNorm', 'gradients', gradients, Array);
  for (const [i, gradient] of gradients.entries())
    checkArgument('clipByGlobalNorm', `gradients.${i}`, gradient, tf.Tensor);
  checkArgument('clipByGlobalNorm', 'maxNorm', maxNorm, [Number, tf.Tensor]);
  if (gradients.length === 0) throw new Error('clipByGlobalNorm: wanted at least one gradient, got none');
  if (typeof maxNorm === 'number' && !(maxNorm > 0)) {
    throw new Error(`clipByGlobalNorm: maxNorm must be positive, got ${maxNorm}`);
  }
  return tf.tidy(() => {
    const flat = flatten(gradients);
    const norm = tf.sqrt(tf.sum(tf.square(flat)));
    const factor = tf.minimum(1, tf.div(maxNorm, tf.add(norm, TINY)));
    return { gradients: unflatten(tf.mul(flat, factor), gradients), norm };
  });
}
