import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from '../../options/checkArguments.ts';
import { Bijector, fixedDim, type WithLogDet } from '../bijector.ts';
import { type RationalQuadraticParameters, rationalQuadratic } from './rationalQuadratic.ts';
import type { SplineShape } from './splineBins.ts';
import { checkSpline, type SplineLimits } from './splineLimits.ts';
import { wrapAngle } from './wrapAngle.ts';

/** Options of {@link CircularSpline}. */
export type CircularSplineOptions = RationalQuadraticParameters &
  SplineLimits & {
    /** `[...rows]`, radians, added after the spline. */
    readonly phase: tf.Tensor;
  };

/**
 * Elementwise monotone map of the circle, angles in [−π, π): a rational-quadratic spline from [−π, π] onto itself whose
 * derivatives at both ends are one, then a turn by `phase`, so that no angle is special. Results are wrapped into [−π, π);
 * inputs may be any angles.
 *
 * `bins` `[2, K, ...rows]`, `derivatives` `[K, ...rows]` and `phase` `[...rows]` are unconstrained; `rows` broadcasts with the
 * input's shape. All zero is the identity.
 *
 * Rezende et al., "Normalizing Flows on Tori and Spheres", arXiv:2002.02428.
 */
export class CircularSpline extends Bijector {
  readonly eventNdims = 0;
  override readonly dim: number | undefined;
  readonly bins: tf.Tensor;
  readonly derivatives: tf.Tensor;
  readonly phase: tf.Tensor;
  readonly #shape: SplineShape;

  /** @throws if the shapes do not fit one another, or a limit is out of range */
  constructor(options: CircularSplineOptions) {
    super();
    const { bins, derivatives, phase, ...limits } = checkOptions('CircularSpline', options, {
      bins: tf.Tensor,
      derivatives: tf.Tensor,
      phase: tf.Tensor,
      minBinSize: [Number, undefined],
      minDerivative: [Number, undefined],
    });
    this.dim = fixedDim(bins.shape.slice(2));
    this.bins = bins;
    this.derivatives = derivatives;
    this.phase = phase;
    this.#shape = checkSpline('CircularSpline', { bins, derivatives }, { ...limits, bound: Math.PI }, true);
    const rows = bins.shape.slice(2);
    if (!tf.util.arraysEqual(phase.shape, rows)) {
      throw new Error(`CircularSpline: wanted a phase [${rows}] for bins [${bins.shape}], got [${phase.shape}]`);
    }
  }

  override get parameterShape(): readonly number[] {
    return this.bins.shape.slice(2);
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    const [turned, logDet] = rationalQuadratic(wrapAngle(x), this, this.#shape, 'forward');
    return [wrapAngle(tf.add(turned, this.phase)), logDet];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const [x, logDet] = rationalQuadratic(wrapAngle(tf.sub(y, this.phase)), this, this.#shape, 'inverse');
    return [wrapAngle(x), logDet];
  }
}
