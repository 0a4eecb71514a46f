import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from '../../options/checkArguments.ts';
import { Bijector, type Monotonicity, type WithLogDet } from '../bijector.ts';
import { broadcast } from '../broadcast.ts';
import { commonShape, numbersOf, type Parameter, tensorOf } from '../parameter.ts';

/** Options of {@link ShiftScale}. */
export interface ShiftScaleOptions {
  readonly shift?: Parameter;
  /** The factor itself, of either sign, nowhere 0. */
  readonly scale?: Parameter;
  /** The logarithm of the factor, which is positive then; in place of `scale`. */
  readonly logScale?: Parameter;
}

/**
 * Elementwise affine map: y = shift + scale·x, log-determinant log|scale|.
 *
 * Parameters that are variables are learnable and belong to the bijector. Tensors `[batch, dim]` make a batch of maps; a
 * result has the shape to which input and parameters broadcast.
 */
export class ShiftScale extends Bijector {
  readonly eventNdims = 0;
  override readonly dim: number | undefined;
  readonly shift: Parameter | undefined;
  readonly scale: Parameter | undefined;
  readonly logScale: Parameter | undefined;
  readonly #parameterShape: readonly number[];

  /**
   * @throws if both `scale` and `logScale` are given, the parameters do not broadcast with one another, or a scale given in
   *   numbers is 0 or not finite
   */
  constructor(options: ShiftScaleOptions) {
    super();
    const { shift, scale, logScale } = checkOptions(new.target.name, options, {
      shift: [Number, Array, tf.Tensor, undefined],
      scale: [Number, Array, tf.Tensor, undefined],
      logScale: [Number, Array, tf.Tensor, undefined],
    });
    if (scale !== undefined && logScale !== undefined) {
      throw new Error(`${new.target.name}: wanted one of scale and logScale, got both`);
    }
    const bad = numbersOf(scale).find((value) => value === 0 || !Number.isFinite(value));
    if (bad !== undefined) throw new Error(`${new.target.name}: wanted a finite scale other than 0, got ${bad}`);
    this.shift = shift;
    this.scale = scale;
    this.logScale = logScale;
    const given = [shift, scale, logScale].filter((parameter) => parameter !== undefined);
    const { shape, dim } = commonShape(new.target.name, given);
    this.#parameterShape = shape;
    this.dim = dim;
  }

  override get parameterShape(): readonly number[] {
    return this.#parameterShape;
  }

  /** The sign of the scale. */
  override monotonicity(): Monotonicity {
    return this.scale === undefined ? 1 : tf.sign(tensorOf(this.scale));
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    let y = tf.clone(x);
    if (this.scale !== undefined) y = tf.mul(y, tensorOf(this.scale));
    if (this.logScale !== undefined) y = tf.mul(y, tf.exp(tensorOf(this.logScale)));
    if (this.shift !== undefined) y = tf.add(y, tensorOf(this.shift));
    return [y, broadcast(this.#logDet(), y.shape)];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    let x = tf.clone(y);
    if (this.shift !== undefined) x = tf.sub(x, tensorOf(this.shift));
    if (this.scale !== undefined) x = tf.div(x, tensorOf(this.scale));
    if (this.logScale !== undefined) x = tf.mul(x, tf.exp(tf.neg(tensorOf(this.logScale))));
    return [x, broadcast(tf.neg(this.#logDet()), x.shape)];
  }

  #logDet(): tf.Tensor {
    if (this.logScale !== undefined) return tensorOf(this.logScale);
    return this.scale === undefined ? tf.scalar(0) : tf.log(tf.abs(tensorOf(this.scale)));
  }
}
