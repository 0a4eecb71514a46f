import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from '../../options/checkArguments.ts';
import { Bijector, type Monotonicity, type WithLogDet } from '../bijector.ts';
import { monotoneInverse } from '../monotoneInverse.ts';
import { aboveMinusOne } from './aboveMinusOne.ts';
import type { VectorFamily } from './vectorFamily.ts';

/** ‖w‖² where w is too short for a direction. */
const LEAST = 1e-12;

/**
 * y = x + û tanh(wᵀx + b); log-determinant log(1 + wᵀû (1 − tanh²)). û is u, moved along w so that wᵀû > −0.999, where u would not
 * leave the map invertible. The inverse is the root of a monotone function of one number, wᵀx.
 *
 * Rezende & Mohamed, "Variational Inference with Normalizing Flows", arXiv:1505.05770, section 4.1 and appendix A.1.
 */
export class Planar extends Bijector {
  readonly eventNdims = 1;
  override readonly dim: number;
  /** `[..., dim]` */
  readonly w: tf.Tensor;
  /** `[..., dim]` */
  readonly u: tf.Tensor;
  /** `[...]` */
  readonly b: tf.Tensor;

  /** @throws if the shapes are not `[..., dim]`, the same and `[...]` */
  constructor(options: { readonly w: tf.Tensor; readonly u: tf.Tensor; readonly b: tf.Tensor }) {
    super();
    const { w, u, b } = checkOptions('Planar', options, { w: tf.Tensor, u: tf.Tensor, b: tf.Tensor });
    if (w.rank < 1 || !tf.util.arraysEqual(w.shape, u.shape) || !tf.util.arraysEqual(w.shape.slice(0, -1), b.shape)) {
      throw new Error(`Planar: wanted w and u [..., dim] and b [...], got [${w.shape}], [${u.shape}] and [${b.shape}]`);
    }
    this.dim = w.shape.at(-1)!;
    this.w = w;
    this.u = u;
    this.b = b;
  }

  override get parameterShape(): readonly number[] {
    return this.w.shape;
  }

  /** Rising for one number, undefined for several. */
  override monotonicity(): Monotonicity | undefined {
    return this.dim === 1 ? 1 : undefined;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    const { u, steepness } = this.#invertible();
    const bend = tf.tanh(tf.add(this.#along(x), this.b));
    return [tf.add(x, tf.mul(tf.expandDims(bend, -1), u)), logSlope(steepness, bend)];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const { u, steepness } = this.#invertible();
    const f = (along: tf.Tensor): WithLogDet => {
      const bend = tf.tanh(tf.add(along, this.b));
      return [tf.add(along, tf.mul(steepness, bend)), logSlope(steepness, bend)];
    };
    const image = this.#along(y);
    const reach = tf.add(tf.abs(steepness), 1e-3);
    const range = bendRange(tf.add(image, this.b), steepness);
    const [along, logDet] = monotoneInverse(f, image, {
      low: tf.maximum(tf.sub(image, reach), tf.sub(range.low, this.b)),
      high: tf.minimum(tf.add(image, reach), tf.sub(range.high, this.b)),
    });
    const bend = tf.tanh(tf.add(along, this.b));
    return [tf.sub(y, tf.mul(tf.expandDims(bend, -1), u)), logDet];
  }

  #along(x: tf.Tensor): tf.Tensor {
    return tf.sum(tf.mul(x, this.w), -1);
  }

  /** û, and wᵀû. */
  #invertible(): { u: tf.Tensor; steepness: tf.Tensor } {
    const wanted = this.#along(this.u);
    const steepness = aboveMinusOne(wanted);
    const square = tf.maximum(tf.sum(tf.square(this.w), -1), LEAST);
    const move = tf.expandDims(tf.div(tf.sub(steepness, wanted), square), -1);
    return { u: tf.add(this.u, tf.mul(move, this.w)), steepness };
  }
}

/** log(1 + wᵀû (1 − tanh²)). */
function logSlope(steepness: tf.Tensor, bend: tf.Tensor): tf.Tensor {
  return tf.log1p(tf.mul(steepness, tf.sub(1, tf.square(bend))));
}

/**
 * Between what the t with t + s tanh t = c lies, s > −1. It is 0 or on the side of c, and further out than 32, where tanh t is ±1, it is c − s
 * or c + s. So where s is large the range does not grow with it, as the bend, which is of width 1, does not.
 */
export function bendRange(c: tf.Tensor, s: tf.Tensor): { low: tf.Tensor; high: tf.Tensor } {
  return {
    low: tf.sub(tf.minimum(tf.add(c, s), 0), 32),
    high: tf.add(tf.maximum(tf.sub(c, s), 0), 32),
  };
}

/** {@link Planar}, the identity at first: u = 0, and w in a random direction. Parameters: w, u, b. */
export const planarFamily: VectorFamily = {
  name: 'planar',
  parameterCount: (dim) => 2 * dim + 1,
  initialParameters(dim, rng) {
    const parameters = new Float32Array(2 * dim + 1);
    parameters.set(rng.fillNormal(new Float32Array(dim)).map((value) => value / Math.sqrt(dim)));
    return parameters;
  },
  bijector(parameters, dim) {
    const [w, u, b] = tf.split(parameters, [dim, dim, 1], -1);
    return new Planar({ w: w!, u: u!, b: tf.squeeze(b!, [-1]) });
  },
};
