import * as tf from '@tensorflow/tfjs-core';
import { checkOptions, type Kinds } from '../../options/checkArguments.ts';
import { Bijector, fixedDim, type WithLogDet } from '../bijector.ts';
import { broadcast } from '../broadcast.ts';
import { type MonotoneInverseOptions, monotoneInverse } from '../monotoneInverse.ts';

/** Options of {@link BoundedMonotone}. */
export interface BoundedMonotoneOptions {
  /** Unconstrained, `[count, ...rows]`; `rows` broadcasts with the input's shape. All zero is the identity. */
  readonly parameters: tf.Tensor;
  /** The formula holds on [−bound, bound]; 5 by default. */
  readonly bound?: number;
}

export const boundedMonotoneKinds: Kinds<BoundedMonotoneOptions> = {
  parameters: tf.Tensor,
  bound: [Number, undefined],
};

/**
 * Elementwise increasing map that a formula gives on [−bound, bound] and its tangents at ±bound outside, so that it is
 * continuously differentiable and its tails are affine. The inverse is numerical, by {@link monotoneInverse}; in the tails it is exact.
 *
 * A subclass writes {@link formula}.
 */
export abstract class BoundedMonotone extends Bijector {
  readonly eventNdims = 0;
  override readonly dim: number | undefined;
  readonly parameters: tf.Tensor;
  readonly bound: number;

  /** How roots are looked for, where not as usual. */
  protected readonly search: Omit<MonotoneInverseOptions, 'low' | 'high'> = {};

  /** @throws if there are not `count` parameters, or the bound is not positive */
  constructor(options: BoundedMonotoneOptions, count: number) {
    super();
    const { parameters, bound = 5 } = checkOptions(new.target.name, options, boundedMonotoneKinds);
    const { name } = new.target;
    if (parameters.rank === 0 || parameters.shape[0] !== count) {
      throw new Error(`${name}: wanted parameters [${count}, ...rows], got [${parameters.shape}]`);
    }
    if (!(bound > 0 && Number.isFinite(bound))) throw new Error(`${name}: wanted a positive bound, got ${bound}`);
    this.dim = fixedDim(parameters.shape.slice(1));
    this.parameters = parameters;
    this.bound = bound;
  }

  override get parameterShape(): readonly number[] {
    return this.parameters.shape.slice(1);
  }

  /**
   * x → [f(x), log f′(x)] on [−bound, bound].
   * @param parameters `[count, 1, ...rows]`
   * @returns a function of x `[1, points, ...rows]`, which each size may be 1 of, with values `[1, points, ...rows]`
   */
  protected abstract formula(parameters: tf.Tensor): (x: tf.Tensor) => WithLogDet;

  override monotonicity(): 1 {
    return 1;
  }

  protected computeForward(input: tf.Tensor): WithLogDet {
    return this.#onRows(input, (x, f) => {
      const within = this.#clip(x);
      const [value, logSlope] = f(within);
      return [tf.add(value, tf.mul(tf.sub(x, within), tf.exp(logSlope))), logSlope];
    });
  }

  protected computeInverse(input: tf.Tensor): WithLogDet {
    return this.#onRows(input, (y, f) =>
      monotoneInverse((x) => f(this.#clip(x)), y, { low: -this.bound, high: this.bound, ...this.search }),
    );
  }

  #clip(x: tf.Tensor): tf.Tensor {
    return tf.clipByValue(x, -this.bound, this.bound);
  }

  /** Runs on inputs broadcast to the parameters, with f for such inputs or for `[points, ...]` of them. */
  #onRows(input: tf.Tensor, run: (input: tf.Tensor, f: (x: tf.Tensor) => WithLogDet) => WithLogDet): WithLogDet {
    const [count, ...rows] = this.parameters.shape as [number, ...number[]];
    const whole = tf.broadcast_util.assertAndGetBroadcastShape(input.shape, rows);
    // Gradients of tfjs do not sum over an axis of none.
    if (whole.includes(0)) return [broadcast(input, whole), tf.zeros(whole)];
    // Where nothing is broadcast, one long axis; else the parameters get the input's rank.
    const same = tf.util.arraysEqual(whole, rows);
    const shape = same ? [tf.util.sizeFromShape(whole)] : whole;
    const own = same ? shape : [...new Array<number>(whole.length - rows.length).fill(1), ...rows];
    const formula = this.formula(tf.reshape(this.parameters, [count, 1, ...own]));
    const f = (x: tf.Tensor): WithLogDet => {
      const several = x.rank > shape.length;
      const results = formula(tf.reshape(x, several ? [1, ...x.shape] : [1, 1, ...x.shape]));
      return results.map((result) => tf.reshape(result, result.shape.slice(several ? 1 : 2))) as WithLogDet;
    };
    const results = run(tf.reshape(broadcast(input, whole), shape), f);
    return results.map((result) => tf.reshape(result, whole)) as WithLogDet;
  }
}
