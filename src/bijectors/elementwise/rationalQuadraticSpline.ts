import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from '../../options/checkArguments.ts';
import { Bijector, fixedDim, type WithLogDet } from '../bijector.ts';
import { type RationalQuadraticParameters, rationalQuadratic } from './rationalQuadratic.ts';
import type { SplineShape } from './splineBins.ts';
import { checkSpline, type SplineLimits } from './splineLimits.ts';

/** Options of {@link RationalQuadraticSpline}. */
export type RationalQuadraticSplineOptions = RationalQuadraticParameters &
  SplineLimits & {
    /** The spline maps [−bound, bound] onto itself. */
    readonly bound: number;
  };

/**
 * Elementwise monotone rational-quadratic spline on [−bound, bound], the identity outside; see `rationalQuadratic` for
 * the formula. Derivatives at ±bound are 1, so that the map is continuously differentiable.
 *
 * `bins` `[2, K, ...rows]` holds the unconstrained widths and heights (`tf.stack([widths, heights])` makes it of two),
 * `derivatives` `[K − 1, ...rows]` those of the inner knots; `rows` broadcasts with the input's shape. All zero is the identity.
 *
 * Durkan et al., "Neural Spline Flows", arXiv:1906.04032.
 */
export class RationalQuadraticSpline extends Bijector {
  readonly eventNdims = 0;
  override readonly dim: number | undefined;
  readonly bins: tf.Tensor;
  readonly derivatives: tf.Tensor;
  readonly #shape: SplineShape;

  /** @throws if the shapes do not fit one another, or a limit is out of range */
  constructor(options: RationalQuadraticSplineOptions) {
    super();
    const { bins, derivatives, ...limits } = checkOptions('RationalQuadraticSpline', options, {
      bins: tf.Tensor,
      derivatives: tf.Tensor,
      bound: Number,
      minBinSize: [Number, undefined],
      minDerivative: [Number, undefined],
    });
    this.dim = fixedDim(bins.shape.slice(2));
    this.bins = bins;
    this.derivatives = derivatives;
    this.#shape = checkSpline('RationalQuadraticSpline', { bins, derivatives }, limits, false);
  }

  /** Beyond ±bound the spline is the identity. */
  get bound(): number {
    return this.#shape.bound;
  }

  override get parameterShape(): readonly number[] {
    return this.bins.shape.slice(2);
  }

  override monotonicity(): 1 {
    return 1;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return rationalQuadratic(x, this, this.#shape, 'forward');
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return rationalQuadratic(y, this, this.#shape, 'inverse');
  }
}
