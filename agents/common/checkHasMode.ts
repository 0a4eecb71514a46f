import * as tf from '@tensorflow/tfjs-core';
import type { Policy } from '../../src/index.ts';
import { withArticle } from './withArticle.ts';

/**
 * @param owner who asks, as errors name it: `Td3`
 * @throws if the policy has no exact mode, or one that is cut off at bounds, where the gradient ends
 */
export function checkHasMode(owner: string, policy: Policy): void {
  const hasMode = tf.tidy(() => Number(policy.given(tf.zeros([1, policy.observationDim])).mode !== undefined));
  const got = `${owner}: policy: got ${withArticle(policy.constructor.name)}, whose mode`;
  if (!hasMode) throw new Error(`${got} is not known, expected one with an exact mode, as a Gaussian has`);
  if (policy.boundedActions === undefined) return;
  throw new Error(`${got} stays at a bound without a gradient, expected one with squash: 'tanh', as a Gaussian`);
}
