import * as tf from '@tensorflow/tfjs-core';
import { Distribution } from '../distributions/distribution.ts';
import { checkedSamples, type Estimate, meanWithError } from '../distributions/estimate.ts';
import { checkArgument, checkOptions } from '../options/checkArguments.ts';
import { type SampleOptions, sampleKinds } from './expectationEstimate.ts';
import { MarginalByQuadrature } from './marginalByQuadrature.ts';

/** From how many samples, and where the marginals are integrated. */
export interface MutualInformationOptions extends SampleOptions {
  /** The intervals that the two components are integrated over for the marginals. */
  readonly ranges: readonly [first: readonly [number, number], second: readonly [number, number]];
  /** The number of points of the midpoint rule. */
  readonly points?: number;
}

/**
 * The mutual information of two components, I = E[log p(x₁, x₂) − log p(x₁) − log p(x₂)], nats, estimated from `samples` draws, with its
 * standard error. The marginal densities are integrals by {@link MarginalByQuadrature}: they cost `samples · points` evaluations of
 * the joint density each.
 * @throws if the joint's events are no vectors of two, the ranges or points do not fit, or `samples` is no integer above 1
 */
export function mutualInformationEstimate(joint: Distribution, options: MutualInformationOptions): Estimate {
  checkArgument('mutualInformationEstimate', 'joint', joint, Distribution);
  const {
    rng,
    samples = 512,
    ranges,
    points = 256,
  } = checkOptions('mutualInformationEstimate', options, {
    ...sampleKinds,
    ranges: Array,
    points: [Number, undefined],
  });
  const owner = 'mutualInformationEstimate';
  if (joint.eventShape.length !== 1 || joint.eventShape[0] !== 2) {
    throw new Error(
      `${owner}: wanted a distribution over vectors of two numbers, got event shape [${joint.eventShape}]`,
    );
  }
  const { sample, logProb } = joint.sampleWithLogProb(rng, [checkedSamples(owner, samples)]);
  const components = tf.split(sample, 2, -1) as [tf.Tensor, tf.Tensor];
  const logs = components.map((component, i) => {
    const out = 1 - i;
    return new MarginalByQuadrature({ joint, out, range: ranges[out as 0 | 1], points }).logProb(component);
  }) as [tf.Tensor, tf.Tensor];
  return meanWithError(owner, tf.sub(logProb, tf.add(...logs)));
}
