import * as tf from '@tensorflow/tfjs-core';
import { Module } from '../module.ts';
import { positiveInteger } from '../nn/sizes.ts';
import { broadcastShape, repeatRows } from '../nn/tensors.ts';
import { show } from '../options/describe.ts';

/** Something that becomes an ordinary `T` when it is given a context, a tensor `[batch, contextDim]`. */
export interface Conditional<T> {
  given(context?: tf.Tensor): T;
}

/** Which way a bijector is applied: `forward` is noise → data. */
export type Direction = 'forward' | 'inverse';

/** A value and the log-determinant of the Jacobian of the map that gave it. */
export type WithLogDet = [value: tf.Tensor, logDet: tf.Tensor];

/** 1 of a map that rises, −1 of one that falls; a tensor of these, which broadcasts with the input, where parameters decide. */
export type Monotonicity = 1 | -1 | tf.Tensor;

/**
 * An invertible differentiable map: `forward` takes noise to data, y = f(x).
 *
 * A subclass writes two methods, {@link computeForward} and {@link computeInverse}; the rest follows from them. Value and
 * log-determinant are computed together and returned together; nothing is cached.
 *
 * Log-determinants are summed over one event: `eventNdims` axes at the end of the input, so they have the shape
 * `[...batch]` for an input `[...batch, ...event]`. For an elementwise bijector (`eventNdims` 0) they have the input's shape.
 *
 * A map to vectors of another size, {@link outputDim}, is one onto a surface: its determinant is then √det(JᵀJ), J = ∂f/∂x, the
 * factor between areas.
 */
export abstract class Bijector extends Module implements Conditional<Bijector> {
  /** The rank of one event: 0 (elementwise) or 1 (vectors along the last axis). */
  abstract readonly eventNdims: 0 | 1;

  /** The size of the last axis, where the bijector fixes it. */
  readonly dim?: number | undefined;

  /** The size of the last axis of what `forward` gives, where the bijector fixes it: {@link dim}, but where the map changes it. */
  get outputDim(): number | undefined {
    return this.dim;
  }

  /**
   * The shape that the parameters broadcast to, `[...batch, dim]`: the axes before the last are a batch of maps. `[]` or
   * `[dim]` for one map.
   */
  get parameterShape(): readonly number[] {
    return this.dim === undefined ? [] : [this.dim];
  }

  /**
   * Whether y rises or falls with x, for a map of the numbers of a line, each by itself. Undefined for other maps, such as those of angles
   * and of vectors of several numbers, and where it is not said. With it a `TransformedDistribution` has a distribution function and quantiles.
   */
  monotonicity(): Monotonicity | undefined {
    return undefined;
  }

  /**
   * Whether log|det ∂f(x)/∂x| is the same for all x. False where it is not said. Then f takes the mode of a distribution to the mode of its
   * image: it changes all densities by one factor.
   */
  get isConstantJacobian(): boolean {
    return false;
  }

  /** x → [f(x), log|det ∂f(x)/∂x|]; the input has been checked. */
  protected abstract computeForward(x: tf.Tensor): WithLogDet;

  /** y → [f⁻¹(y), log|det ∂f⁻¹(y)/∂y|]; the input has been checked. */
  protected abstract computeInverse(y: tf.Tensor): WithLogDet;

  /**
   * The bijector with its context filled in. A bijector that takes none is returned as it is.
   * @param _context `[batch, contextDim]`
   */
  given(_context?: tf.Tensor): Bijector {
    return this;
  }

  /** y = f(x) and log|det ∂y/∂x|. */
  forwardAndLogDet(x: tf.Tensor): WithLogDet {
    return this.#withLogDet(x, 'forward');
  }

  /** x = f⁻¹(y) and log|det ∂x/∂y|. */
  inverseAndLogDet(y: tf.Tensor): WithLogDet {
    return this.#withLogDet(y, 'inverse');
  }

  #withLogDet(input: tf.Tensor, direction: Direction): WithLogDet {
    this.check(input, direction);
    const result = direction === 'forward' ? this.computeForward(input) : this.computeInverse(input);
    observer?.({ bijector: this, direction, input, output: result[0], logDet: result[1] });
    return result;
  }

  /** y = f(x). */
  forward(x: tf.Tensor): tf.Tensor {
    return this.#value(x, 'forward');
  }

  /** x = f⁻¹(y). */
  inverse(y: tf.Tensor): tf.Tensor {
    return this.#value(y, 'inverse');
  }

  #value(input: tf.Tensor, direction: Direction): tf.Tensor {
    if (observer !== undefined) return this.#withLogDet(input, direction)[0];
    this.check(input, direction);
    return this.computeValue(input, direction);
  }

  /** The value alone; for a subclass to override that finds it with less work. */
  protected computeValue(input: tf.Tensor, direction: Direction): tf.Tensor {
    return (direction === 'forward' ? this.computeForward(input) : this.computeInverse(input))[0];
  }

  /** log|det ∂f(x)/∂x|. */
  forwardLogDet(x: tf.Tensor): tf.Tensor {
    return this.forwardAndLogDet(x)[1];
  }

  /** log|det ∂f⁻¹(y)/∂y|. */
  inverseLogDet(y: tf.Tensor): tf.Tensor {
    return this.inverseAndLogDet(y)[1];
  }

  /** @throws if the input's dtype, rank, last axis or batch does not fit; the error names the bijector. */
  protected check(input: tf.Tensor, direction: Direction): void {
    const fail = (wanted: string): never => {
      throw new Error(`${this.constructor.name}.${direction}: got ${described(input)}, expected ${wanted}`);
    };
    if (!(input instanceof tf.Tensor) || input.dtype !== 'float32') fail('a float32 tensor');
    if (input.rank < this.eventNdims) fail(`rank at least ${this.eventNdims}`);
    const size = direction === 'forward' ? this.dim : this.outputDim;
    if (size !== undefined && input.shape.at(-1) !== size) fail(`shape [..., ${size}]`);
    if (broadcastShape(input.shape.slice(0, -1), this.parameterShape.slice(0, -1)) === undefined) {
      fail(`a shape that broadcasts with its parameters' [${this.parameterShape}]`);
    }
  }
}

function described(input: unknown): string {
  return input instanceof tf.Tensor ? `${input.dtype} of shape [${input.shape}]` : show(input);
}

/** A map of each number by itself, which rises. */
export abstract class IncreasingBijector extends Bijector {
  readonly eventNdims = 0;

  override monotonicity(): 1 {
    return 1;
  }
}

/** Parameters of a batch of maps, and the axes of one map at their end; absent where these are of size 0, or `isOptional`. */
type Part = readonly [parameters: tf.Tensor | undefined, axes: readonly number[], isOptional?: boolean];

/** A map of vectors of `dim` numbers, which rises where that is one. */
export abstract class VectorBijector extends Bijector {
  readonly eventNdims = 1;
  override readonly dim: number;
  readonly #batch: readonly number[];

  /**
   * @param expected the parts' shapes in words
   * @param isSame whether all parts have one batch, not only ones that broadcast
   * @throws if they do not fit
   */
  constructor(dim: number, parts: readonly Part[] = [], expected = '', isSame = false) {
    super();
    const batches = parts.flatMap(([part, axes]) => (part ? [part.shape.slice(0, -axes.length || part.rank)] : []));
    const batch = broadcastShape(...batches);
    const fits = parts.every(([part, axes, isOptional]) => {
      if (part === undefined) return isOptional || axes.includes(0);
      return !axes.includes(0) && tf.util.arraysEqual(part.shape.slice(part.rank - axes.length), [...axes]);
    });
    if (batch === undefined || !fits || (isSame && !batches.every((each) => tf.util.arraysEqual(each, batch)))) {
      const got = parts.map(([part]) => (part === undefined ? 'none' : `[${part.shape}]`));
      throw new Error(`${new.target.name}: got ${got.join(', ')}, expected ${expected}`);
    }
    this.dim = dim;
    this.#batch = batch;
  }

  override get parameterShape(): readonly number[] {
    return [...this.#batch, this.dim];
  }

  override monotonicity(): Monotonicity | undefined {
    return this.dim === 1 ? 1 : undefined;
  }
}

/** A map of rows `[rows, dim]`, and of a context's repeated to them, on inputs of any rank; it gives log-determinants of each number. */
export function onRows(
  input: tf.Tensor,
  context: tf.Tensor | undefined,
  map: (rows: tf.Tensor, context: tf.Tensor | undefined) => WithLogDet,
): WithLogDet {
  const dim = input.shape.at(-1)!;
  const rows = input.rank === 2 ? input : tf.reshape(input, [input.size / dim, dim]);
  const [output, logDets] = map(rows, context && repeatRows(context, rows.shape[0]!));
  const logDet = sumLogDet(logDets, 0, 1);
  return input.rank === 2
    ? [output, logDet]
    : [tf.reshape(output, input.shape), tf.reshape(logDet, input.shape.slice(0, -1))];
}

/** Value and log-determinant of one direction. */
export function applied(bijector: Bijector, input: tf.Tensor, direction: Direction): WithLogDet {
  return direction === 'forward' ? bijector.forwardAndLogDet(input) : bijector.inverseAndLogDet(input);
}

/** The size of the last axis where parameters of `shape` fix it: one parameter for the whole axis goes with any size. */
export function fixedDim(shape: readonly number[]): number | undefined {
  const last = shape.at(-1);
  return last === 1 ? undefined : last;
}

/**
 * How a formula over parameters of shape `rows` takes an input: the whole shape of both, and what each becomes: where nothing is broadcast,
 * one long axis; else the parameters get the input's rank.
 */
export function rowsLayout(input: readonly number[], rows: readonly number[]) {
  const whole = tf.broadcast_util.assertAndGetBroadcastShape([...input], [...rows]);
  if (tf.util.arraysEqual(whole, [...rows])) {
    const flat = [tf.util.sizeFromShape(whole)];
    return { whole, inputRows: flat, ownRows: flat };
  }
  return { whole, inputRows: whole, ownRows: [...new Array<number>(whole.length - rows.length).fill(1), ...rows] };
}

/** Sums a log-determinant from events of rank `from` to events of rank `to`, that is over the last `to − from` axes. */
export function sumLogDet(logDet: tf.Tensor, from: number, to: number): tf.Tensor {
  if (from >= to) return logDet;
  // One number to sum is a reshape, whose gradient is one too.
  const kept = logDet.shape.slice(0, logDet.rank - (to - from));
  if (logDet.shape.slice(kept.length).every((size) => size === 1)) return tf.reshape(logDet, kept);
  return tf.sum(logDet, logDet.shape.map((_, axis) => axis).slice(kept.length));
}

/** One use of a bijector, of those too that others are made of and make for a moment: a coupling's splines. */
interface BijectorUse {
  readonly bijector: Bijector;
  readonly direction: Direction;
  readonly input: tf.Tensor;
  readonly output: tf.Tensor;
  readonly logDet: tf.Tensor;
}

type Observer = (use: BijectorUse) => void;

let observer: Observer | undefined;

/** What `fn` returns; `see` is told of every use of a bijector in it, the parts before the whole. */
export function observeBijectors<T>(see: Observer, fn: () => T): T {
  const before = observer;
  observer = see;
  try {
    return fn();
  } finally {
    observer = before;
  }
}

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
      const got = context === undefined ? 'none' : described(context);
      throw new Error(
        `${this.constructor.name}.given: got ${got}, ` +
          `expected a float32 context of shape [batch, ${this.contextDim}]`,
      );
    }
    return new GivenContext(this, context);
  }

  override monotonicity(_context?: tf.Tensor): Monotonicity | undefined {
    return undefined;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return this.transform(x, 'forward');
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return this.transform(y, 'inverse');
  }

  protected override computeValue(input: tf.Tensor, direction: Direction): tf.Tensor {
    return this.transformValue(input, direction);
  }

  protected override check(input: tf.Tensor, direction: Direction): void {
    super.check(input, direction);
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

  override monotonicity(): Monotonicity | undefined {
    return this.bijector.monotonicity(this.#context);
  }

  override get isConstantJacobian(): boolean {
    return this.bijector.isConstantJacobian;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return this.bijector.transform(x, 'forward', this.#context);
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return this.bijector.transform(y, 'inverse', this.#context);
  }

  protected override computeValue(input: tf.Tensor, direction: Direction): tf.Tensor {
    return this.bijector.transformValue(input, direction, this.#context);
  }

  protected override check(input: tf.Tensor, direction: Direction): void {
    const batch = this.#context.shape[0]!;
    const fits = input instanceof tf.Tensor && input.dtype === 'float32' && input.shape.at(-1) === this.dim;
    if (fits && batch !== 1 && input.shape.at(-2) !== batch) {
      throw new Error(
        `${this.bijector.constructor.name}.${direction}: got [${input.shape}], ` +
          `expected shape [..., ${batch}, ${this.dim}] for a context of batch ${batch}`,
      );
    }
    super.check(input, direction);
  }
}
