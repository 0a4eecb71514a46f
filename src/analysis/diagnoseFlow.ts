import * as tf from '@tensorflow/tfjs-core';
import { type Bijector, observeBijectors, sumLogDet } from '../bijectors/bijector.ts';
import { jacobians, logAbsDeterminant } from '../bijectors/jacobian.ts';
import { BoundedMonotone } from '../bijectors/monotone.ts';
import { RationalQuadraticSpline } from '../bijectors/spline.ts';
import { Sigmoid, SoftClip, Softsign, Tanh } from '../bijectors/squashing.ts';
import type { SampleWithLogProb } from '../distributions/distribution.ts';
import { TransformedDistribution } from '../distributions/transformedDistribution.ts';
import { checkArgument, parseOptions } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import { negentropies, type SampleOptions, sampleOptions } from './estimates.ts';

/** Beyond it tanh x does not hold x to three digits in float32; nor does a sigmoid above twice of it, where it comes near 1. */
const SATURATED = 6;
/** Below it a sigmoid, there eˣ, has no normal number in float32. */
const VANISHED = -87;

/** Beyond it x / (1 + |x|) does not hold x to three digits. */
const SOFTSIGN_SATURATED = 2 ** 14;

/** Up to so many numbers of an event a Jacobian is made, a pass for each, and a covariance. */
const MOST_NUMBERS = 64;

/** How well a flow's maps are conditioned where its samples lie, and what shape they give it. */
export interface FlowDiagnosis {
  /** Share of the draws that are not finite, or whose log-determinant is not: nothing else is said of them. Of 1, errors and range are NaN. */
  readonly nonFiniteShare: number;
  /** The largest |f⁻¹(f(z)) − z| / (1 + |z|) of an entry. */
  readonly roundTripError: number;
  /** The largest |log|det ∂f| + log|det ∂f⁻¹||, nats: an error of the log-density. */
  readonly logDetError: number;
  /**
   * The largest |log|det ∂f| − log|det J|| of 8 draws, nats, J by gradients of f: what a wrong log-determinant adds to the log-density. Absent for
   * events of more than 64 numbers, or of more than one axis.
   */
  readonly jacobianError?: number;
  /** The least and the largest log|det ∂f| of a draw. */
  readonly logDetRange: readonly [least: number, largest: number];
  /** Share of the entries that met a spline, or another map of [−bound, bound], in its straight tails; absent without one. */
  readonly tailShare?: number;
  /** Share of the entries that met a tanh, sigmoid, softsign or soft clip where float32 does not hold its argument to three digits; absent without one. */
  readonly saturationShare?: number;
  /** The largest condition number of a capacitance matrix of a low-rank affine map; absent without one. */
  readonly capacitanceCondition?: number;
  /**
   * How far the flow is from a Gaussian, nats, with its standard error, as `negentropyEstimate` has it; of a batch the mean. Absent for angles,
   * for events of more than 64 numbers, or of more than one axis, where a draw is not finite, and of too few draws for a covariance.
   */
  readonly negentropy?: { readonly value: number; readonly standardError: number };
  /** Where the negentropy is that of a Gaussian within its error, says so. */
  readonly remark?: string;
}

/**
 * Pushes `samples` draws of the base through the bijector and back, and looks at every map that they meet, those inside of
 * couplings and other layers too; and compares log-determinants with the Jacobian of a few draws.
 * @throws if `samples` is no integer above 1
 */
export function diagnoseFlow(distribution: TransformedDistribution, options: SampleOptions): FlowDiagnosis {
  checkArgument('diagnoseFlow', 'distribution', distribution, TransformedDistribution);
  const { rng, samples } = parseOptions('diagnoseFlow', sampleOptions(1024), options);
  const { base, bijector } = distribution;
  const shares = { tail: new Share(), saturation: new Share() };
  let capacitanceCondition: number | undefined;
  const scope = tf.engine();
  scope.startScope();
  try {
    const noise = base.sample(rng, [samples]);
    const rank = base.eventShape.length;
    const perEvent = (logDet: tf.Tensor) => sumLogDet(logDet, bijector.eventNdims, rank);
    const [value, ownLogDet] = observeBijectors(
      ({ bijector: part, input }) => {
        if (part instanceof RationalQuadraticSpline || part instanceof BoundedMonotone)
          shares.tail.add(tf.greater(tf.abs(input), part.bound));
        if (part instanceof Tanh) shares.saturation.add(tf.greater(tf.abs(input), SATURATED));
        if (part instanceof Sigmoid) {
          shares.saturation.add(tf.logicalOr(tf.greater(input, 2 * SATURATED), tf.less(input, VANISHED)));
        }
        if (part instanceof Softsign) shares.saturation.add(tf.greater(tf.abs(input), SOFTSIGN_SATURATED));
        if (part instanceof SoftClip) shares.saturation.add(isClipped(part, input));
        if (hasCapacitance(part)) {
          const largest = tf.max(part.capacitanceCondition()).dataSync()[0]!;
          capacitanceCondition = Math.max(capacitanceCondition ?? 0, largest);
        }
      },
      () => bijector.forwardAndLogDet(noise),
    );
    const [again, inverseLogDet] = bijector.inverseAndLogDet(value);
    const logDet = perEvent(ownLogDet);
    const finite = tf.logicalAnd(tf.all(tf.isFinite(value), lastAxes(value, rank)), tf.isFinite(logDet));
    const apart = tf.div(tf.abs(tf.sub(again, noise)), tf.add(tf.abs(noise), 1));
    const errors = rank === 0 ? apart : tf.max(apart, lastAxes(apart, rank));
    const good = finite.dataSync();
    const jacobianError = jacobianErrorOf(bijector, tf.slice(noise, [0], [Math.min(8, samples)]), logDet, rank);
    const kept = (x: tf.Tensor) => x.dataSync().filter((_, i) => good[i] === 1) as Float32Array;
    const logDets = kept(logDet);
    const isOnTheLine = rank <= 1 && !distribution.angles && logDets.length === good.length;
    const sample = rank === 0 ? tf.expandDims(value, -1) : value;
    return {
      nonFiniteShare: 1 - logDets.length / good.length,
      roundTripError: largest(kept(errors)),
      logDetError: largest(kept(tf.abs(tf.add(logDet, perEvent(inverseLogDet))))),
      ...(jacobianError !== undefined && { jacobianError }),
      logDetRange: [-largest(logDets.map((each) => -each)), largest(logDets)],
      ...(shares.tail.count > 0 && { tailShare: shares.tail.value }),
      ...(shares.saturation.count > 0 && { saturationShare: shares.saturation.value }),
      ...(capacitanceCondition !== undefined && { capacitanceCondition }),
      ...(isOnTheLine && negentropyOf({ sample, logProb: tf.sub(base.logProb(noise), logDet) })),
    };
  } finally {
    scope.endScope();
  }
}

/** Of the first draws, `noise`; undefined where a Jacobian is too large. NaN where all are flat or infinite. */
function jacobianErrorOf(bijector: Bijector, noise: tf.Tensor, logDet: tf.Tensor, rank: number): number | undefined {
  if (rank > 1 || (rank === 1 && noise.shape.at(-1)! > MOST_NUMBERS)) return undefined;
  const vectors = rank === 1 ? noise : tf.expandDims(noise, -1);
  const f = (x: tf.Tensor): tf.Tensor =>
    rank === 1 ? bijector.forward(x) : tf.expandDims(bijector.forward(tf.squeeze(x, [-1])), -1);
  const said = logDet.dataSync();
  const errors = jacobians(f, vectors).map((map, i) => Math.abs(said[i]! - logAbsDeterminant(map)));
  return largest(Float32Array.from(errors.filter(Number.isFinite)));
}

/**
 * Of draws `[samples, ...batch, dim]` with their log-densities `[samples, ...batch]`. That of a Gaussian's draws is d (d + 3) / (4 samples) at
 * most, besides its standard error.
 */
function negentropyOf(drawn: SampleWithLogProb): Pick<FlowDiagnosis, 'negentropy' | 'remark'> {
  const [samples, dim] = [drawn.sample.shape[0]!, drawn.sample.shape.at(-1)!];
  if (dim > MOST_NUMBERS || samples <= dim + 1) return {};
  const { value: each, standardError: errors } = negentropies(drawn);
  const [value, squares] = [tf.mean(each), tf.mean(tf.square(errors))].map((mean) => mean.dataSync()[0]!);
  const standardError = Math.sqrt(squares! / each.size);
  const isGaussian = Math.abs(value!) < 2 * standardError + (dim * (dim + 3)) / (4 * samples);
  return {
    negentropy: { value: value!, standardError },
    ...(isGaussian && { remark: `a Gaussian, within the error of ${samples} draws` }),
  };
}

/** The share of entries that are true. */
class Share {
  count = 0;
  #true = 0;

  add(entries: tf.Tensor): void {
    this.count += entries.size;
    this.#true += tf.sum(tf.cast(entries, 'float32')).dataSync()[0]!;
  }

  get value(): number {
    return this.#true / this.count;
  }
}

function hasCapacitance(part: Bijector): part is Bijector & { capacitanceCondition(): tf.Tensor } {
  return 'capacitanceCondition' in part;
}

/**
 * Whether float32 does not hold x to three digits of a hinge: t hinges beyond a bound y is e⁻ᵗ hinges from it, which is a sigmoid's
 * distance from 1 where the bound is as large as the hinge. Next to a bound of 0 y vanishes only.
 */
function isClipped({ low, high, hingeSoftness }: SoftClip, x: tf.Tensor): tf.Tensor {
  const beyond = (bounds: readonly number[], outwards: 1 | -1) => {
    const hinges = tf.mul(tf.div(tf.sub(x, [...bounds]), hingeSoftness), outwards);
    const most = bounds.map((bound) => {
      const room = 2 * SATURATED + portableMath.log(hingeSoftness / Math.abs(bound));
      return Math.min(Math.max(room, 0), -VANISHED);
    });
    return tf.greater(hinges, most);
  };
  const [below, above] = [low && beyond(low, -1), high && beyond(high, 1)];
  return below && above ? tf.logicalOr(below, above) : (below ?? above)!;
}

function lastAxes(x: tf.Tensor, count: number): number[] {
  return Array.from({ length: count }, (_, i) => x.rank - 1 - i);
}

function largest(values: Float32Array): number {
  if (values.length === 0) return Number.NaN;
  return values.reduce((most, value) => (value > most || Number.isNaN(value) ? value : most), Number.NEGATIVE_INFINITY);
}
