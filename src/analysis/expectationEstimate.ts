import type * as tf from '@tensorflow/tfjs-core';
import { Distribution } from '../distributions/distribution.ts';
import { checkedSamples, type Estimate, meanWithError } from '../distributions/estimate.ts';
import { checkArgument, checkOptions, type Kinds } from '../options/checkArguments.ts';
import { Rng } from '../random.ts';

/** Options of estimates from samples. */
export interface SampleOptions {
  readonly rng: Rng;
  /** How many draws. */
  readonly samples?: number;
}

export const sampleKinds: Kinds<SampleOptions> = { rng: Rng, samples: [Number, undefined] };

/**
 * E[f(X)] estimated from `samples` draws, unbiased, with its standard error.
 * @param f from draws `[samples, ...batch, ...event]` to a tensor `[samples, ...]`, draw by draw
 * @throws if `samples` is no integer above 1
 */
export function expectationEstimate(
  distribution: Distribution,
  f: (draws: tf.Tensor) => tf.Tensor,
  options: SampleOptions,
): Estimate {
  checkArgument('expectationEstimate', 'distribution', distribution, Distribution);
  checkArgument('expectationEstimate', 'f', f, Function);
  const { rng, samples = 1024 } = checkOptions('expectationEstimate', options, sampleKinds);
  checkedSamples('expectationEstimate', samples);
  return meanWithError('expectationEstimate', f(distribution.sample(rng, [samples])));
}
