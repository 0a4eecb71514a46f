import * as tf from '@tensorflow/tfjs-core';
import { Distribution } from '../distributions/distribution.ts';
import { checkedSamples, type Estimate, meanWithError } from '../distributions/estimate.ts';
import { checkArgument, checkOptions } from '../options/checkArguments.ts';
import { type SampleOptions, sampleKinds } from './expectationEstimate.ts';

/** Mean and variances, each with its standard error. */
export interface MomentsEstimate {
  /** E[X], `[...batch, dim]`. */
  readonly mean: Estimate;
  /** Var[X] of each component, `[...batch, dim]`. */
  readonly variance: Estimate;
  /** Cov[X], `[...batch, dim, dim]`. */
  readonly covariance: Estimate;
}

/**
 * Mean, variance and covariance of vectors estimated from `samples` draws, unbiased, each with its standard error. That of a
 * (co)variance is the one of the mean of the products (xᵢ − x̄ᵢ)(xⱼ − x̄ⱼ).
 * @throws if the events are no vectors or are angles, or `samples` is no integer above 1
 */
export function momentsEstimate(distribution: Distribution, options: SampleOptions): MomentsEstimate {
  checkArgument('momentsEstimate', 'distribution', distribution, Distribution);
  const { rng, samples = 4096 } = checkOptions('momentsEstimate', options, sampleKinds);
  const owner = 'momentsEstimate';
  if (distribution.eventShape.length !== 1) {
    throw new Error(`${owner}: wanted a distribution over vectors, got event shape [${distribution.eventShape}]`);
  }
  if (distribution.angles) {
    throw new Error(
      `${owner}: wanted numbers on a line, got angles: their cosine and sine have moments (expectationEstimate)`,
    );
  }
  const draws = distribution.sample(rng, [checkedSamples(owner, samples)]);
  const mean = meanWithError(owner, draws);
  const apart = tf.sub(draws, mean.value);
  // n/(n − 1): the sample mean takes a degree of freedom.
  const unbiased = (products: tf.Tensor) => meanWithError(owner, tf.mul(products, samples / (samples - 1)));
  return {
    mean,
    variance: unbiased(tf.square(apart)),
    covariance: unbiased(tf.mul(tf.expandDims(apart, -1), tf.expandDims(apart, -2))),
  };
}
