import * as tf from '@tensorflow/tfjs-core';
import { checkArgument } from '../options/checkArguments.ts';
import { Rng } from '../random.ts';
import { BatchBroadcast } from './batchBroadcast.ts';
import type { Distribution } from './distribution.ts';
import { divergenceBatch } from './divergenceBatch.ts';
import { checkedSamples, type Estimate, meanWithError } from './estimate.ts';

/**
 * KL(p ‖ q) = E_p[log p(X) − log q(X)] estimated from `samples` draws of p, unbiased, nats, with its standard error, of the batch shape that
 * the two broadcast to, each entry by draws of its own. Its gradient is right where p's samples are reparameterized.
 * @throws if `samples` is no integer above 1, or the events or batches do not fit
 */
export function klEstimate(p: Distribution, q: Distribution, rng: Rng, samples = 1024): Estimate {
  const batch = divergenceBatch('klEstimate', p, q);
  checkArgument('klEstimate', 'rng', rng, Rng);
  const whole = tf.util.arraysEqual(batch, p.batchShape) ? p : new BatchBroadcast(p, batch);
  const { sample, logProb } = whole.sampleWithLogProb(rng, [checkedSamples('klEstimate', samples)]);
  return meanWithError('klEstimate', tf.sub(logProb, q.logProb(sample)));
}
