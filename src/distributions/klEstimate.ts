import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../random.ts';
import type { Distribution } from './distribution.ts';
import { checkedSamples, type Estimate, meanWithError } from './estimate.ts';

/**
 * KL(p ‖ q) = E_p[log p(X) − log q(X)] estimated from `samples` draws of p, unbiased, nats, with its standard error. Its gradient is
 * right where p's samples are reparameterized.
 * @throws if `samples` is no integer above 1
 */
export function klEstimate(p: Distribution, q: Distribution, rng: Rng, samples = 1024): Estimate {
  const { sample, logProb } = p.sampleWithLogProb(rng, [checkedSamples('klEstimate', samples)]);
  return meanWithError('klEstimate', tf.sub(logProb, q.logProb(sample)));
}
