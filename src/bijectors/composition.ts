import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../nn/sizes.ts';
import { broadcast, broadcastShape, split } from '../nn/tensors.ts';
import { checkArgument } from '../options/parse.ts';
import { applied, Bijector, type Direction, type Monotonicity, sumLogDet, type WithLogDet } from './bijector.ts';

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
    checkParts('Chain', bijectors);
    this.bijectors = bijectors;
    this.eventNdims = bijectors.some((part) => part.eventNdims === 1) ? 1 : 0;
    const sized = bijectors.filter((part) => part.dim !== undefined).toReversed();
    this.dim = sized[0]?.dim;
    this.#outputDim = sized.at(-1)?.outputDim;
    for (const [i, part] of sized.entries()) {
      const given = i === 0 ? part.dim : sized[i - 1]!.outputDim;
      if (part.dim !== given) {
        throw new Error(`Chain: got ${part.dim} after ${given}, expected bijectors whose dims meet`);
      }
    }
    const batch = batchOf('Chain', bijectors);
    const hasAxes = bijectors.some((part) => part.parameterShape.length > 0);
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

  /** Whether that of each part is. */
  override get isConstantJacobian(): boolean {
    return this.bijectors.every((part) => part.isConstantJacobian);
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return this.#apply(this.bijectors.toReversed(), x, 'forward');
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return this.#apply(this.bijectors, y, 'inverse');
  }

  #apply(parts: readonly Bijector[], input: tf.Tensor, direction: Direction): WithLogDet {
    let value = input;
    let total: tf.Tensor | undefined;
    for (const part of parts) {
      const [next, own] = applied(part, value, direction);
      const logDet = sumLogDet(own, part.eventNdims, this.eventNdims);
      total = total === undefined ? logDet : tf.add(total, logDet);
      value = next;
    }
    return [value, total!];
  }
}

/** The inverse of a bijector, as a bijector: forward and inverse change places. */
export class Invert extends Bijector {
  readonly eventNdims: 0 | 1;
  override readonly dim: number | undefined;
  readonly bijector: Bijector;

  constructor(bijector: Bijector) {
    super();
    checkArgument('Invert', 'bijector', bijector, Bijector);
    this.bijector = bijector;
    this.eventNdims = bijector.eventNdims;
    this.dim = bijector.outputDim;
  }

  override get outputDim(): number | undefined {
    return this.bijector.dim;
  }

  override get parameterShape(): readonly number[] {
    const shape = this.bijector.parameterShape;
    return this.dim === undefined || shape.length === 0 ? shape : shape.with(-1, this.dim);
  }

  override given(context?: tf.Tensor): Bijector {
    const bijector = this.bijector.given(context);
    return bijector === this.bijector ? this : new Invert(bijector);
  }

  override monotonicity(): Monotonicity | undefined {
    return this.bijector.monotonicity();
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return this.bijector.inverseAndLogDet(x);
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return this.bijector.forwardAndLogDet(y);
  }
}

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
    checkParts('Blockwise', bijectors);
    checkArgument('Blockwise', 'sizes', sizes, Array);
    if (sizes.length > 0 && sizes.length !== bijectors.length) {
      throw new Error(`Blockwise: got [${sizes}], expected a size for each of ${bijectors.length} bijectors`);
    }
    this.#sizes = bijectors.map((part, i) => {
      const size = sizes[i] ?? part.dim;
      if (size === undefined) {
        throw new Error(`Blockwise: got no size of block ${i}, expected one: ${part.constructor.name} goes with any`);
      }
      if (part.dim !== undefined && part.dim !== size) {
        throw new Error(`Blockwise: got ${size}, expected size ${part.dim} for block ${i}`);
      }
      return positiveInteger('Blockwise', `size of block ${i}`, size);
    });
    this.bijectors = bijectors;
    this.dim = total(this.#sizes);
    this.#batch = batchOf('Blockwise', bijectors);
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
    return this.#apply(x, this.#sizes, 'forward');
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return this.#apply(y, this.#outputSizes(), 'inverse');
  }

  #apply(input: tf.Tensor, sizes: readonly number[], direction: Direction): WithLogDet {
    const blocks = split(input, [...sizes], -1);
    const results = this.bijectors.map((part, i) => {
      const [value, logDet] = applied(part, blocks[i]!, direction);
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

function checkParts(owner: string, bijectors: readonly Bijector[]): void {
  checkArgument(owner, 'bijectors', bijectors, Array);
  for (const [i, part] of bijectors.entries()) checkArgument(owner, `bijectors.${i}`, part, Bijector);
  if (bijectors.length === 0) throw new Error(`${owner}: got none, expected at least one bijector`);
}

/** The batch that the parameters of all parts broadcast to. */
function batchOf(owner: string, bijectors: readonly Bijector[]): readonly number[] {
  const shapes = bijectors.map((part) => part.parameterShape);
  const batch = broadcastShape(...shapes.map((shape) => shape.slice(0, -1)));
  if (batch !== undefined) return batch;
  const list = shapes.map((shape) => `[${shape}]`).join(' and ');
  throw new Error(`${owner}: got shapes ${list}, expected bijectors whose parameters broadcast with one another`);
}

function total(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}
