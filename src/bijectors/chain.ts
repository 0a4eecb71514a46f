import * as tf from '@tensorflow/tfjs-core';
import { Bijector, sumLogDet, type WithLogDet } from './bijector.ts';
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
  readonly #parameterShape: readonly number[];

  /** @throws if there are no parts, or two are for vectors of different sizes or batches of different shapes */
  constructor(bijectors: readonly Bijector[]) {
    super();
    if (bijectors.length === 0) throw new Error('Chain: wanted at least one bijector, got none');
    const dims = new Set(bijectors.map((part) => part.dim).filter((dim) => dim !== undefined));
    if (dims.size > 1) throw new Error(`Chain: wanted bijectors of one dim, got ${[...dims].join(' and ')}`);
    this.bijectors = bijectors;
    this.eventNdims = bijectors.some((part) => part.eventNdims === 1) ? 1 : 0;
    this.dim = [...dims][0];
    const shapes = bijectors.map((part) => part.parameterShape);
    const shape = broadcastShape(...shapes);
    if (shape === undefined) {
      const list = shapes.map((each) => `[${each}]`).join(' and ');
      throw new Error(`Chain: wanted bijectors whose parameters broadcast with one another, got shapes ${list}`);
    }
    this.#parameterShape = shape;
  }

  override get parameterShape(): readonly number[] {
    return this.#parameterShape;
  }

  override given(context?: tf.Tensor): Bijector {
    const parts = this.bijectors.map((part) => part.given(context));
    return parts.every((part, i) => part === this.bijectors[i]) ? this : new Chain(parts);
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
