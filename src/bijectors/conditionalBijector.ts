import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../nn/positiveInteger.ts';
import { show } from '../options/describeIssue.ts';
import { Bijector, type Direction, type Monotonicity, type WithLogDet } from './bijector.ts';
import { isObserved } from './observe.ts';

/**
 * A bijector over vectors of `dim` numbers that may depend on a context of `contextDim` numbers.
 *
 * A subclass writes {@link transform}. With `contextDim` 0 it is an ordinary bijector; else `given(context)` is one, and using
 * it without is an error. A context `[batch, contextDim]` goes with inputs `[..., batch, dim]`; one of batch 1 goes with any.
 */
export abstract class ConditionalBijector extends Bijector {
  readonly eventNdims = 1;
  override readonly dim: number;
  readonly contextDim: number;

  /** @throws if `dim` is no positive integer, or `contextDim` neither 0 nor one */
  constructor(dim: number, contextDim: number) {
    super();
    this.dim = positiveInteger(new.target.name, 'dim', dim);
    this.contextDim = contextDim === 0 ? 0 : positiveInteger(new.target.name, 'contextDim (or 0)', contextDim);
  }

  /** The value and log-determinant of one direction; `context` is there exactly if `contextDim` is not 0. */
  abstract transform(input: tf.Tensor, direction: Direction, context?: tf.Tensor): WithLogDet;

  /** The value alone, where a subclass finds it with less work than {@link transform}. */
  transformValue(input: tf.Tensor, direction: Direction, context?: tf.Tensor): tf.Tensor {
    return this.transform(input, direction, context)[0];
  }

  /** @throws if the context is missing, or not float32 of shape `[batch, contextDim]` */
  override given(context?: tf.Tensor): Bijector {
    if (this.contextDim === 0) return this;
    if (context?.rank !== 2 || context.shape[1] !== this.contextDim || context.dtype !== 'float32') {
      const got =
        context instanceof tf.Tensor
          ? `${context.dtype} of shape [${context.shape}]`
          : context === undefined
            ? 'none'
            : show(context);
      throw new Error(
        `${this.constructor.name}.given: wanted a float32 context of shape [batch, ${this.contextDim}], got ${got}`,
      );
    }
    return new GivenContext(this, context);
  }

  /** As {@link Bijector.forward}, by {@link transformValue}. */
  override forward(x: tf.Tensor): tf.Tensor {
    return isObserved() ? super.forward(x) : this.#valueWithoutContext(x, 'forward');
  }

  /** As {@link Bijector.inverse}, by {@link transformValue}. */
  override inverse(y: tf.Tensor): tf.Tensor {
    return isObserved() ? super.inverse(y) : this.#valueWithoutContext(y, 'inverse');
  }

  override monotonicity(_context?: tf.Tensor): Monotonicity | undefined {
    return undefined;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return this.#withoutContext(x, 'forward');
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return this.#withoutContext(y, 'inverse');
  }

  #withoutContext(input: tf.Tensor, direction: Direction): WithLogDet {
    this.#expectNoContext(direction);
    return this.transform(input, direction);
  }

  #valueWithoutContext(input: tf.Tensor, direction: Direction): tf.Tensor {
    this.check(input, direction);
    this.#expectNoContext(direction);
    return this.transformValue(input, direction);
  }

  #expectNoContext(direction: Direction): void {
    if (this.contextDim === 0) return;
    throw new Error(
      `${this.constructor.name}.${direction}: has no context; call given(context) with [batch, ${this.contextDim}] first`,
    );
  }
}

/** A conditional bijector with its context filled in. */
class GivenContext extends Bijector {
  readonly eventNdims = 1;
  override readonly dim: number;
  readonly bijector: ConditionalBijector;
  readonly #context: tf.Tensor;

  constructor(bijector: ConditionalBijector, context: tf.Tensor) {
    super();
    this.bijector = bijector;
    this.dim = bijector.dim;
    this.#context = context;
  }

  override get parameterShape(): readonly number[] {
    return [this.#context.shape[0]!, this.dim];
  }

  override forward(x: tf.Tensor): tf.Tensor {
    return isObserved() ? super.forward(x) : this.#value(x, 'forward');
  }

  override inverse(y: tf.Tensor): tf.Tensor {
    return isObserved() ? super.inverse(y) : this.#value(y, 'inverse');
  }

  #value(input: tf.Tensor, direction: Direction): tf.Tensor {
    this.check(input, direction);
    return this.bijector.transformValue(input, direction, this.#context);
  }

  override monotonicity(): Monotonicity | undefined {
    return this.bijector.monotonicity(this.#context);
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return this.bijector.transform(x, 'forward', this.#context);
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return this.bijector.transform(y, 'inverse', this.#context);
  }

  protected override check(input: tf.Tensor, direction: Direction): void {
    const batch = this.#context.shape[0]!;
    const fits = input instanceof tf.Tensor && input.dtype === 'float32' && input.shape.at(-1) === this.dim;
    if (fits && batch !== 1 && input.shape.at(-2) !== batch) {
      throw new Error(
        `${this.bijector.constructor.name}.${direction}: wanted shape [..., ${batch}, ${this.dim}] for a context of ` +
          `batch ${batch}, got [${input.shape}]`,
      );
    }
    super.check(input, direction);
  }
}
