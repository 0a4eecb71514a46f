import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { inverseOf, logAbsDeterminant } from '../bijectors/jacobian.ts';
import { Distribution, type Estimate, meanWithError } from '../distributions/distribution.ts';
import { count } from '../options/fields.ts';
import { checkArgument, parseOptions } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import { rngSchema } from '../random.ts';
import { digamma } from '../special/gamma.ts';
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
  checkVectors(owner, distribution);
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

/**
 * The negentropy J = KL(p ‖ q), nats, where q is the Gaussian of p's mean and covariance: 0 of a Gaussian, and the more the shape of p matters
 * the larger. `[...batch]`, of vectors that are numbers on a line, from `samples` draws: with their covariance S and Mahalanobis distances mᵢ,
 *
 *     J = mean(log p(xᵢ) + ½ mᵢ) + ½ (d log 2π + log det S) − b,
 *
 * b what ½ log det S is off by in the mean for a Gaussian's draws. The standard error is the one of log p(xᵢ) + ½ mᵢ; beyond it J is uncertain by
 * some d² / samples.
 *
 * Hyvärinen & Oja, "Independent Component Analysis: Algorithms and Applications", 2000.
 * @throws if the events are no vectors or are angles, or there are not more samples than numbers in an event, or two
 */
export function negentropyEstimate(distribution: Distribution, options: SampleOptions): Estimate {
  const owner = 'negentropyEstimate';
  checkArgument(owner, 'distribution', distribution, Distribution);
  const { rng, samples } = parseOptions(owner, sampleOptions(4096), options);
  checkVectors(owner, distribution);
  const [dim] = distribution.eventShape as [number];
  if (samples <= dim + 1) throw new Error(`${owner}: samples: got ${samples}, expected more than ${dim + 1}`);
  const { sample, logProb } = distribution.sampleWithLogProb(rng, [samples]);
  const { batchShape } = distribution;
  const [draws, logs] = [sample.dataSync(), logProb.dataSync()];
  const cells = logs.length / samples;
  // E[log det S] − log det Σ = Σⱼ ψ((n − j) / 2) + d log(2 / n), of a Wishart matrix.
  const degrees = Array.from({ length: dim }, (_, j) => (samples - 1 - j) / 2);
  const bias = tf.sum(digamma(tf.tensor1d(degrees))).dataSync()[0]! + dim * portableMath.log(2 / samples);
  const values: number[] = [];
  const errors: number[] = [];
  for (let cell = 0; cell < cells; cell++) {
    const events = Array.from({ length: samples }, (_, i) =>
      draws.subarray((i * cells + cell) * dim, (i * cells + cell + 1) * dim),
    );
    const { distances, logDet } = mahalanobis(events);
    const terms = distances.map((distance, i) => logs[i * cells + cell]! + 0.5 * distance);
    const mean = terms.reduce((sum, term) => sum + term, 0) / samples;
    const spread = terms.reduce((sum, term) => sum + (term - mean) * (term - mean), 0) / (samples - 1);
    values.push(mean + 0.5 * (dim * portableMath.log(2 * Math.PI) + logDet - bias));
    errors.push(Math.sqrt(spread / samples));
  }
  return { value: tf.tensor(values, [...batchShape]), standardError: tf.tensor(errors, [...batchShape]) };
}

/** @throws unless the events are vectors of numbers on a line */
function checkVectors(owner: string, { eventShape, angles }: Distribution): void {
  if (eventShape.length !== 1) {
    throw new Error(`${owner}: got event shape [${eventShape}], expected a distribution over vectors`);
  }
  if (angles) {
    throw new Error(
      `${owner}: got angles, expected numbers on a line: cosine and sine of angles have moments (expectationEstimate)`,
    );
  }
}

/** The draws' squared Mahalanobis distances (x − x̄)ᵀS⁻¹(x − x̄), and log det S, S = (1/n) Σ (x − x̄)(x − x̄)ᵀ. */
function mahalanobis(draws: readonly tf.TypedArray[]): { distances: number[]; logDet: number } {
  const axes = Array.from(draws[0]!, (_, axis) => axis);
  const means = axes.map((axis) => draws.reduce((sum, draw) => sum + draw[axis]!, 0) / draws.length);
  const apart = draws.map((draw) => means.map((mean, axis) => draw[axis]! - mean));
  const covariance = axes.map((i) => axes.map((j) => apart.reduce((sum, x) => sum + x[i]! * x[j]!, 0) / draws.length));
  const precision = inverseOf(covariance);
  const distances = apart.map((x) =>
    precision.reduce((sum, row, i) => sum + x[i]! * row.reduce((inner, p, j) => inner + p * x[j]!, 0), 0),
  );
  return { distances, logDet: logAbsDeterminant(covariance) };
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
