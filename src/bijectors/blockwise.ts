import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../nn/positiveInteger.ts';
import { checkArgument } from '../options/checkArguments.ts';
import { Bijector, sumLogDet, type WithLogDet } from './bijector.ts';
import { broadcast } from './broadcast.ts';
import { broadcastShape } from './broadcastShape.ts';

/**
 * Bijectors side by side: each maps its own block of the last axis, y = [f₁(x₁), f₂(x₂), …]; the log-determinant is the sum of
 * theirs. `given` passes the context to every part.
 */
export class Blockwise extends Bijector {
  readonly eventNdims = 1;
  override readonly dim: number;
  readonly bijectors: readonly Bijector[];
  readonly #sizes: readonly number[];
  readonly #batch: readonly number[];

  /**
   * @param sizes of the blocks, which may be left out where every part fixes its own
   * @throws if there are no parts, a block's size is missing or not the part's, or two parts' batches do not fit
   */
  constructor(bijectors: readonly Bijector[], sizes: readonly (number | undefined)[] = []) {
    super();
    checkArgument('Blockwise', 'bijectors', bijectors, Array);
    for (const [i, part] of bijectors.entries()) checkArgument('Blockwise', `bijectors.${i}`, part, Bijector);
    checkArgument('Blockwise', 'sizes', sizes, Array);
    if (bijectors.length === 0) throw new Error('Blockwise: wanted at least one bijector, got none');
    if (sizes.length > 0 && sizes.length !== bijectors.length) {
      throw new Error(`Blockwise: wanted a size for each of ${bijectors.length} bijectors, got [${sizes}]`);
    }
    this.#sizes = bijectors.map((part, i) => {
      const size = sizes[i] ?? part.dim;
      if (size === undefined) {
        throw new Error(`Blockwise: wanted the size of block ${i}: ${part.constructor.name} goes with any`);
      }
      if (part.dim !== undefined && part.dim !== size) {
        throw new Error(`Blockwise: wanted size ${part.dim} for block ${i}, got ${size}`);
      }
      return positiveInteger('Blockwise', `size of block ${i}`, size);
    });
    const shapes = bijectors.map((part) => part.parameterShape);
    const batch = broadcastShape(...shapes.map((shape) => shape.slice(0, -1)));
    if (batch === undefined) {
      const list = shapes.map((shape) => `[${shape}]`).join(' and ');
      throw new Error(`Blockwise: wanted bijectors whose batches broadcast with one another, got shapes ${list}`);
    }
    this.bijectors = bijectors;
    this.dim = total(this.#sizes);
    this.#batch = batch;
  }

  override get outputDim(): number {
    return total(this.#outputSizes());
  }

  override get parameterShape(): readonly number[] {
    return [...this.#batch, this.dim];
  }

  override given(context?: tf.Tensor): Bijector {
    const parts = this.bijectors.map((part) => part.given(context));
    return parts.every((part, i) => part === this.bijectors[i]) ? this : new Blockwise(parts, this.#sizes);
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return this.#apply(x, this.#sizes, (part, block) => part.forwardAndLogDet(block));
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return this.#apply(y, this.#outputSizes(), (part, block) => part.inverseAndLogDet(block));
  }

  #apply(
    input: tf.Tensor,
    sizes: readonly number[],
    step: (part: Bijector, block: tf.Tensor) => WithLogDet,
  ): WithLogDet {
    const blocks = sizes.length === 1 ? [input] : tf.split(input, [...sizes], -1);
    const results = this.bijectors.map((part, i) => {
      const [value, logDet] = step(part, blocks[i]!);
      return [value, sumLogDet(logDet, part.eventNdims, 1)] as const;
    });
    const batch = broadcastShape(...results.map(([value]) => value.shape.slice(0, -1)))!;
    const values = results.map(([value]) => broadcast(value, [...batch, value.shape.at(-1)!]));
    const logDets = results.map(([, logDet]) => broadcast(logDet, batch));
    return [tf.concat(values, -1), tf.addN(logDets)];
  }

  #outputSizes(): number[] {
    return this.bijectors.map((part, i) => part.outputDim ?? this.#sizes[i]!);
  }
}

function total(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}
