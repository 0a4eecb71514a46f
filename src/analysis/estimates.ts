import * as tf from '@tensorflow/tfjs-core';
import { checkedSamples, Distribution, type Estimate, meanWithError } from '../distributions/distribution.ts';
import { checkArgument, checkOptions, type Kinds } from '../options/parse.ts';
import { Rng } from '../random.ts';
import { MarginalByQuadrature } from './quadrature.ts';

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
    throw new Error(`${owner}: got event shape [${distribution.eventShape}], expected a distribution over vectors`);
  }
  if (distribution.angles) {
    throw new Error(
      `${owner}: got angles, expected numbers on a line: cosine and sine of angles have moments (expectationEstimate)`,
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
      `${owner}: got event shape [${joint.eventShape}], expected a distribution over vectors of two numbers`,
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
