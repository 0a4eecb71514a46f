import * as tf from '@tensorflow/tfjs-core';
import { broadcast, broadcastShape } from '../nn/tensors.ts';
import { show } from '../options/describe.ts';
import { checkArgument, checkOptions } from '../options/parse.ts';
import { Bijector, fixedDim, type Monotonicity, type WithLogDet } from './bijector.ts';

/** A map of each number by itself, with parameters that broadcast. */
export abstract class ParameterBijector extends Bijector {
  readonly eventNdims = 0;
  override readonly dim: number | undefined;
  readonly #parameterShape: readonly number[];

  /** @throws if they do not broadcast with one another */
  constructor(parameters: readonly Parameter[]) {
    super();
    const owner = new.target.name;
    for (const parameter of parameters) {
      const wrong = numbersOf(parameter).find((number) => typeof number !== 'number' || Number.isNaN(number));
      if (wrong !== undefined) throw new Error(`${owner}: got ${show(wrong)}, expected numbers`);
    }
    const shapes = parameters.map((parameter) => {
      if (parameter instanceof tf.Tensor) return parameter.shape;
      return typeof parameter === 'number' ? [] : [parameter.length];
    });
    const shape = broadcastShape(...shapes);
    if (shape === undefined) {
      const list = shapes.map((each) => `[${each}]`).join(' and ');
      throw new Error(`${owner}: got shapes ${list}, expected parameters that broadcast with one another`);
    }
    this.#parameterShape = shape;
    // Numbers are listed one for each entry, also where there is one.
    this.dim = fixedDim(shape) ?? (parameters.some(Array.isArray) ? 1 : undefined);
  }

  override get parameterShape(): readonly number[] {
    return this.#parameterShape;
  }
}

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
export class ShiftScale extends ParameterBijector {
  readonly shift: Parameter | undefined;
  readonly scale: Parameter | undefined;
  readonly logScale: Parameter | undefined;

  /**
   * @throws if both `scale` and `logScale` are given, the parameters do not broadcast with one another, or a scale given in
   *   numbers is 0 or not finite
   */
  constructor(options: ShiftScaleOptions) {
    const { shift, scale, logScale } = checkOptions(new.target.name, options, {
      shift: [Number, Array, tf.Tensor, undefined],
      scale: [Number, Array, tf.Tensor, undefined],
      logScale: [Number, Array, tf.Tensor, undefined],
    });
    if (scale !== undefined && logScale !== undefined) {
      throw new Error(`${new.target.name}: got both, expected one of scale and logScale`);
    }
    const bad = numbersOf(scale).find((value) => value === 0 || !Number.isFinite(value));
    if (bad !== undefined) throw new Error(`${new.target.name}: got ${bad}, expected a finite scale other than 0`);
    super([shift, scale, logScale].filter((parameter) => parameter !== undefined));
    this.shift = shift;
    this.scale = scale;
    this.logScale = logScale;
  }

  /** The sign of the scale. */
  override monotonicity(): Monotonicity {
    return this.scale === undefined ? 1 : tf.sign(tensorOf(this.scale));
  }

  override get isConstantJacobian(): boolean {
    return true;
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

/** y = x + shift, log-determinant 0. */
export class Shift extends ShiftScale {
  constructor(shift: Parameter) {
    checkArgument('Shift', 'shift', shift, [Number, Array, tf.Tensor]);
    super({ shift });
  }
}

/** y = scale·x, log-determinant log|scale|. */
export class Scale extends ShiftScale {
  /** @throws if `scale` is given in numbers and one is 0 or not finite */
  constructor(scale: Parameter) {
    checkArgument('Scale', 'scale', scale, [Number, Array, tf.Tensor]);
    super({ scale });
  }
}

/** A number, one number for each entry of the last axis, or a tensor or variable that broadcasts with the input. */
export type Parameter = number | readonly number[] | tf.Tensor;

/** The tensor of a parameter: a tensor as it is, numbers in float32. */
export function tensorOf(parameter: Parameter): tf.Tensor {
  return parameter instanceof tf.Tensor ? parameter : tf.tensor(parameter as number | number[], undefined, 'float32');
}

/** The numbers of a parameter, which can be checked when it is given; none of a tensor, whose values may change. */
export function numbersOf(parameter: Parameter | undefined): readonly number[] {
  if (parameter === undefined || parameter instanceof tf.Tensor) return [];
  return typeof parameter === 'number' ? [parameter] : parameter;
}
