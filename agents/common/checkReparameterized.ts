import * as tf from '@tensorflow/tfjs-core';
import { MixturePolicy, type Policy } from '../../src/index.ts';
import { withArticle } from './withArticle.ts';

/**
 * @param owner who asks, as errors name it: `Sac`
 * @throws if the gradient does not go through the policy's samples
 */
export function checkReparameterized(owner: string, policy: Policy): void {
  const isReparameterized = tf.tidy(() => policy.given(tf.zeros([1, policy.observationDim])).reparameterized);
  if (isReparameterized) return;
  throw new Error(
    `${owner}: policy: got ${withArticle(policy.constructor.name)}, whose samples are not reparameterized, expected one whose ` +
      'samples are, as those of a Gaussian or a flow: the gradient goes through the sample' +
      (policy instanceof MixturePolicy ? "; a mixture's are with reparameterize: true" : ''),
  );
}
