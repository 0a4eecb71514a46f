import * as tf from '@tensorflow/tfjs-core';
import { checkArgument } from '../options/checkArguments.ts';
import { Bijector, type Monotonicity, sumLogDet, type WithLogDet } from './bijector.ts';
import { broadcastShape } from './broadcastShape.ts';

/**
 * A composition, the last applied first: `new Chain([f, g]).forward(x)` is f(g(x)).
 *
 * Its events have the greatest rank of its parts'; log-determinants are summed to that rank. `given` passes the context to
 * every part.
 */
export class Chain extends Bijector {
  readonly eventNdims: 0 | 1;
  override readonly dim: number | undefined;
  readonly bijectors: readonly Bijector[];
  readonly #outputDim: number | undefined;
  readonly #parameterShape: readonly number[];

  /** @throws if there are no parts, or one gives vectors of another size than the next one takes, or their batches do not fit */
  constructor(bijectors: readonly Bijector[]) {
    super();
    checkArgument('Chain', 'bijectors', bijectors, Array);
    for (const [i, part] of bijectors.entries()) checkArgument('Chain', `bijectors.${i}`, part, Bijector);
    if (bijectors.length === 0) throw new Error('Chain: wanted at least one bijector, got none');
    this.bijectors = bijectors;
    this.eventNdims = bijectors.some((part) => part.eventNdims === 1) ? 1 : 0;
    const sized = bijectors.filter((part) => part.dim !== undefined).toReversed();
    this.dim = sized[0]?.dim;
    this.#outputDim = sized.at(-1)?.outputDim;
    for (const [i, part] of sized.entries()) {
      const given = i === 0 ? part.dim : sized[i - 1]!.outputDim;
      if (part.dim !== given) {
        throw new Error(`Chain: wanted bijectors whose dims meet, got ${part.dim} after ${given}`);
      }
    }
    const shapes = bijectors.map((part) => part.parameterShape);
    const batch = broadcastShape(...shapes.map((shape) => shape.slice(0, -1)));
    if (batch === undefined) {
      const list = shapes.map((each) => `[${each}]`).join(' and ');
      throw new Error(`Chain: wanted bijectors whose parameters broadcast with one another, got shapes ${list}`);
    }
    const hasAxes = shapes.some((shape) => shape.length > 0);
    this.#parameterShape = hasAxes ? [...batch, this.dim ?? 1] : [];
  }

  override get outputDim(): number | undefined {
    return this.#outputDim;
  }

  override get parameterShape(): readonly number[] {
    return this.#parameterShape;
  }

  override given(context?: tf.Tensor): Bijector {
    const parts = this.bijectors.map((part) => part.given(context));
    return parts.every((part, i) => part === this.bijectors[i]) ? this : new Chain(parts);
  }

  /** The product of its parts'. */
  override monotonicity(): Monotonicity | undefined {
    return this.bijectors
      .map((part) => part.monotonicity())
      .reduce((product, sign) => {
        if (product === undefined || sign === undefined) return undefined;
        return typeof product === 'number' && typeof sign === 'number'
          ? ((product * sign) as 1 | -1)
          : tf.mul(product, sign);
      });
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return this.#apply(this.bijectors.toReversed(), x, (part, value) => part.forwardAndLogDet(value));
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return this.#apply(this.bijectors, y, (part, value) => part.inverseAndLogDet(value));
  }

  #apply(
    parts: readonly Bijector[],
    input: tf.Tensor,
    step: (part: Bijector, value: tf.Tensor) => WithLogDet,
  ): WithLogDet {
    let value = input;
    let total: tf.Tensor | undefined;
    for (const part of parts) {
      const [next, own] = step(part, value);
      const logDet = sumLogDet(own, part.eventNdims, this.eventNdims);
      total = total === undefined ? logDet : tf.add(total, logDet);
      value = next;
    }
    return [value, total!];
  }
}
