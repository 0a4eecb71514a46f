import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { inverseOf, logAbsDeterminant } from '../bijectors/jacobian.ts';
import { Distribution, type Estimate, meanWithError, type SampleWithLogProb } from '../distributions/distribution.ts';
import { compile } from '../engine/compile.ts';
import { count } from '../options/fields.ts';
import { checkArgument, parseOptions } from '../options/parse.ts';
import { SquashedDistribution } from '../policies/actionDistributions.ts';
import type { ActorInputs } from '../policies/actor.ts';
import { type ActionDistribution, type Past, Policy } from '../policies/policy.ts';
import { portableMath } from '../portableMath.ts';
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
  checkSamples(owner, samples, distribution.eventShape[0]!);
  return negentropies(distribution.sampleWithLogProb(rng, [samples]));
}

/**
 * The negentropy of a policy's latent distribution given each of some observations, nats, `[rows]`, as {@link negentropyEstimate} has it: whether the
 * policy uses its shape there or is a Gaussian. The squash is left out, since it bends a Gaussian, too. The same bits in every compiled engine.
 * @param observations `[rows, observationDim]`
 * @param past what a policy with a memory knows, as `given` takes it
 * @returns undefined where there is none: of choices, of angles, and of samples without a density, as of flow matching, whose `exact()` has one
 * @throws if the observations do not fit, or there are not more samples than numbers in an action, or two
 */
export function policyNegentropy(
  policy: Policy,
  observations: tf.Tensor,
  options: SampleOptions,
  past?: Pick<Past, 'state'>,
): Estimate | undefined {
  const owner = 'policyNegentropy';
  checkArgument(owner, 'policy', policy, Policy);
  checkArgument(owner, 'observations', observations, tf.Tensor);
  const { rng, samples } = parseOptions(owner, sampleOptions(512), options);
  checkSamples(owner, samples, policy.actionDim);
  const hasLatent = tf.tidy(() => latentOf(policy.given(tf.zeros([1, policy.observationDim]))) !== undefined);
  if (!hasLatent) return undefined;
  using draw = compile(
    ({ observations: at, state }: ActorInputs, stream) => ({
      ...latentOf(policy.given(at, state && { state }))!.sampleWithLogProb(stream, [samples]),
    }),
    { name: owner, state: [policy] },
  );
  const drawn = draw({ observations, ...past }, rng);
  try {
    return negentropies(drawn);
  } finally {
    tf.dispose(drawn);
  }
}

/** What a policy's actions are the squash of, where it has a density over numbers on a line. */
function latentOf(distribution: ActionDistribution): Distribution | undefined {
  return distribution instanceof SquashedDistribution && !distribution.angles ? distribution.latent : undefined;
}

/** @throws unless the covariance of so many draws has an inverse */
function checkSamples(owner: string, samples: number, dim: number): void {
  if (samples <= dim + 1) throw new Error(`${owner}: samples: got ${samples}, expected more than ${dim + 1}`);
}

/** The estimate of {@link negentropyEstimate} from draws `[samples, ...batch, dim]` with their log-densities `[samples, ...batch]`. */
export function negentropies({ sample, logProb }: SampleWithLogProb): Estimate {
  const [samples, ...batchShape] = logProb.shape as [number, ...number[]];
  const [draws, logs] = [sample.dataSync(), logProb.dataSync()];
  const [cells, dim] = [logs.length / samples, draws.length / logs.length];
  const estimates = Array.from({ length: cells }, (_, cell) => {
    const rows = Array.from({ length: samples }, (__, i) => i * cells + cell);
    return negentropyOf(
      rows.map((row) => draws.subarray(row * dim, (row + 1) * dim)),
      rows.map((row) => logs[row]!),
    );
  });
  const tensorOf = (key: keyof Estimate) =>
    tf.tensor(
      estimates.map((estimate) => estimate[key]),
      batchShape,
    );
  return { value: tensorOf('value'), standardError: tensorOf('standardError') };
}

/** From draws of one distribution. */
function negentropyOf(draws: readonly tf.TypedArray[], logs: readonly number[]): Record<keyof Estimate, number> {
  const [n, dim] = [draws.length, draws[0]!.length];
  const { distances, logDet } = mahalanobis(draws);
  // E[log det S] − log det Σ = Σⱼ ψ((n − j) / 2) + d log(2 / n), of a Wishart matrix.
  let bias = dim * portableMath.log(2 / n);
  for (let j = 1; j <= dim; j++) bias += digammaOfHalf(n - j);
  const terms = distances.map((distance, i) => logs[i]! + 0.5 * distance);
  const mean = terms.reduce((sum, term) => sum + term, 0) / n;
  const spread = terms.reduce((sum, term) => sum + (term - mean) * (term - mean), 0) / (n - 1);
  return {
    value: mean + 0.5 * (dim * portableMath.log(2 * Math.PI) + logDet - bias),
    standardError: Math.sqrt(spread / n),
  };
}

const EULER = 0.5772156649015329;

/** ψ(k / 2) of a positive integer k: ψ(x + 1) = ψ(x) + 1 / x, from ψ(1) = −γ or ψ(½) = −γ − 2 log 2. */
function digammaOfHalf(k: number): number {
  let value = k % 2 === 0 ? -EULER : -EULER - 2 * Math.LN2;
  for (let i = k % 2 === 0 ? 2 : 1; i < k; i += 2) value += 2 / i;
  return value;
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
