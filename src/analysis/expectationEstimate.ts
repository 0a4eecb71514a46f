import type * as tf from '@tensorflow/tfjs-core';
import type { Distribution } from '../distributions/distribution.ts';
import { checkedSamples, type Estimate, meanWithError } from '../distributions/estimate.ts';
import type { Rng } from '../random.ts';
import { checkDistribution } from './checkDistribution.ts';

/** Options of estimates from samples. */
export interface SampleOptions {
  readonly rng: Rng;
  /** How many draws. */
  readonly samples?: number;
}

/**
 * E[f(X)] estimated from `samples` draws, unbiased, with its standard error.
 * @param f from draws `[samples, ...batch, ...event]` to a tensor `[samples, ...]`, draw by draw
 * @throws if `samples` is no integer above 1
 */
export function expectationEstimate(
  distribution: Distribution,
  f: (draws: tf.Tensor) => tf.Tensor,
  { rng, samples = 1024 }: SampleOptions,
): Estimate {
  checkDistribution('expectationEstimate', distribution);
  checkedSamples('expectationEstimate', samples);
  return meanWithError('expectationEstimate', f(distribution.sample(rng, [samples])));
}
