import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Distribution, type Estimate, meanWithError } from '../distributions/distribution.ts';
import { count } from '../options/fields.ts';
import { checkArgument, parseOptions } from '../options/parse.ts';
import { rngSchema } from '../random.ts';
import { MarginalByQuadrature } from './quadrature.ts';

/** @param usual how many draws unless given: two or more, since one has no standard error */
export const sampleOptions = (usual: number) =>
  z.strictObject({
    rng: rngSchema.describe('the stream of the draws'),
    samples: z.int().min(2).default(usual).meta({ description: 'how many draws', unit: 'draws' }),
  });

/** Options of estimates from samples. */
export type SampleOptions = z.input<ReturnType<typeof sampleOptions>>;

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
  const { rng, samples } = parseOptions('expectationEstimate', sampleOptions(1024), options);
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
  const owner = 'momentsEstimate';
  const { rng, samples } = parseOptions(owner, sampleOptions(4096), options);
  if (distribution.eventShape.length !== 1) {
    throw new Error(`${owner}: got event shape [${distribution.eventShape}], expected a distribution over vectors`);
  }
  if (distribution.angles) {
    throw new Error(
      `${owner}: got angles, expected numbers on a line: cosine and sine of angles have moments (expectationEstimate)`,
    );
  }
  const draws = distribution.sample(rng, [samples]);
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

const interval = z.tuple([z.number(), z.number()]).readonly();

const mutualInformationOptions = sampleOptions(512).extend({
  ranges: z
    .tuple([interval, interval])
    .readonly()
    .describe('intervals that the two components are integrated over for the marginals'),
  points: count(256, 'points of the midpoint rule', 'points'),
});

/** From how many samples, and where the marginals are integrated. */
export type MutualInformationOptions = z.input<typeof mutualInformationOptions>;

/**
 * The mutual information of two components, I = E[log p(x₁, x₂) − log p(x₁) − log p(x₂)], nats, estimated from `samples` draws, with its
 * standard error. The marginal densities are integrals by {@link MarginalByQuadrature}: they cost `samples · points` evaluations of
 * the joint density each.
 * @throws if the joint's events are no vectors of two, the ranges or points do not fit, or `samples` is no integer above 1
 */
export function mutualInformationEstimate(joint: Distribution, options: MutualInformationOptions): Estimate {
  checkArgument('mutualInformationEstimate', 'joint', joint, Distribution);
  const owner = 'mutualInformationEstimate';
  const { rng, samples, ranges, points } = parseOptions(owner, mutualInformationOptions, options);
  if (joint.eventShape.length !== 1 || joint.eventShape[0] !== 2) {
    throw new Error(
      `${owner}: got event shape [${joint.eventShape}], expected a distribution over vectors of two numbers`,
    );
  }
  const { sample, logProb } = joint.sampleWithLogProb(rng, [samples]);
  const components = tf.split(sample, 2, -1) as [tf.Tensor, tf.Tensor];
  const logs = components.map((component, i) => {
    const out = 1 - i;
    return new MarginalByQuadrature({ joint, out, range: ranges[out as 0 | 1], points }).logProb(component);
  }) as [tf.Tensor, tf.Tensor];
  return meanWithError(owner, tf.sub(logProb, tf.add(...logs)));
}
