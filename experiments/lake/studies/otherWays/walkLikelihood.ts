import * as tf from '@tensorflow/tfjs-core';
import { type Policy, portableMath, type Rng } from '../../../../src/index.ts';

/**
 * Walks of at most T steps, as rows of a fixed length: observations and actions `[walks, T, 2]`, and `made`, `[walks, T]`: 1 for steps that
 * were made, 0 for those behind the end.
 */
export type WalkTensors = Record<'observations' | 'actions' | 'made', tf.Tensor>;

/** The noise that a policy's network sees behind the observation. */
export interface HiddenNoiseOf {
  readonly size: number;
  readonly redraw: 'episode' | 'step';
  /** K, draws over which is averaged. */
  readonly samples: number;
}

/**
 * log p(walk), `[walks]`: Σₜ log π(aₜ | sₜ). Hidden noise z ~ N(0, I) that the policy sees is integrated out, by K draws:
 *
 *   drawn once an episode:  log 1/K Σₖ Πₜ π(aₜ | sₜ, zₖ)
 *   drawn at every step:    Σₜ log 1/K Σₖ π(aₜ | sₜ, zₜₖ)
 *
 * The mean over draws is below the logarithm of the integral, and rises to it with K: Burda, Grosse & Salakhutdinov, "Importance Weighted
 * Autoencoders", arXiv:1509.00519, with the prior as the proposal.
 */
export function walkLikelihood(
  policy: Policy,
  walks: WalkTensors,
  noise: HiddenNoiseOf | undefined,
  rng: Rng,
): tf.Tensor {
  const [count, steps] = walks.made.shape as [number, number];
  const { size, redraw, samples } = noise ?? { size: 0, redraw: 'step' as const, samples: 1 };
  const each = (x: tf.Tensor) => tf.tile(tf.expandDims(x, 2), [1, 1, samples, 1]);
  const rows = (x: tf.Tensor) => tf.reshape(x, [count * steps * samples, x.shape[3]!]);
  const shown = [each(walks.observations)];
  if (size > 0) {
    const drawn = rng.normalTensor([count, redraw === 'episode' ? 1 : steps, samples, size]);
    shown.push(redraw === 'episode' ? tf.tile(drawn, [1, steps, 1, 1]) : drawn);
  }
  const distribution = policy.given(rows(size > 0 ? tf.concat(shown, 3) : shown[0]!));
  const logProbs = distribution.logProb(distribution.unsquash(rows(each(walks.actions))));
  // [walks, T, K]
  const made = tf.mul(tf.reshape(logProbs, [count, steps, samples]), tf.expandDims(walks.made, 2));
  const logMean = (x: tf.Tensor, axis: number) => tf.sub(tf.logSumExp(x, axis), portableMath.log(samples));
  return redraw === 'episode' ? logMean(tf.sum(made, 1), 1) : tf.sum(logMean(made, 2), 1);
}
