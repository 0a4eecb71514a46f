import { show } from '../options/describe.ts';
import { checkArgument, checkOptions } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import { Rng } from '../random.ts';
import { ArraySpace, type Space } from './space.ts';

interface BoxArrays {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  uint8: Uint8Array;
}
/** The types of numbers of a {@link Box}. */
export type BoxDtype = keyof BoxArrays;

const constructors = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array };
const integerLimits = { int32: [-(2 ** 31), 2 ** 31 - 1], uint8: [0, 255] } as const;

/** Options of {@link Box}. */
export interface BoxOptions<D extends BoxDtype = 'float32'> {
  /** Lower bound of every entry, or of each; −∞ allowed for floats. */
  low: number | ArrayLike<number>;
  /** Upper bound of every entry, or of each, included; +∞ allowed for floats. */
  high: number | ArrayLike<number>;
  /** Needed where both bounds are single numbers. */
  shape?: readonly number[];
  dtype?: D;
}

/**
 * The arrays x of one shape with low ≤ x ≤ high in every entry: typed arrays of the class that `dtype` names, row-major.
 *
 * `sample` is uniform in an entry with two bounds, normal in one with none, and the bound ± Exponential(1) in one
 * with a single bound.
 *
 * @throws when a bound is NaN, low > high, the bounds do not fit the shape, or an integer box is unbounded.
 */
export class Box<D extends BoxDtype = 'float32'> extends ArraySpace<BoxArrays[D]> implements Space<BoxArrays[D]> {
  readonly low: BoxArrays[D];
  readonly high: BoxArrays[D];
  readonly shape: readonly number[];
  readonly dtype: D;
  readonly size: number;

  constructor(options: BoxOptions<D>) {
    super();
    const {
      low,
      high,
      shape,
      dtype = 'float32' as D,
    } = checkOptions('Box', options, {
      low: [Number, Array],
      high: [Number, Array],
      shape: [Array, undefined],
      dtype: [...Object.keys(constructors), undefined],
    });
    const length = typeof low !== 'number' ? low.length : typeof high !== 'number' ? high.length : undefined;
    if (shape === undefined && length === undefined) {
      throw new Error('Box: needs a shape where low and high are single numbers');
    }
    this.dtype = dtype;
    this.shape = shape ?? [length!];
    if (!this.shape.every((n) => Number.isInteger(n) && n > 0)) {
      throw new Error(`Box: shape: got ${show(this.shape)}, expected positive integers`);
    }
    this.size = this.shape.reduce((product, n) => product * n, 1);
    this.low = this.#bound('low', low);
    this.high = this.#bound('high', high);
    for (let i = 0; i < this.size; i++) {
      if (!(this.low[i]! <= this.high[i]!)) {
        throw new Error(`Box: needs low ≤ high, got low[${i}] = ${this.low[i]}, high[${i}] = ${this.high[i]}`);
      }
    }
  }

  #bound(name: string, bound: number | ArrayLike<number>): BoxArrays[D] {
    const values = typeof bound === 'number' ? new Float64Array(this.size).fill(bound) : Float64Array.from(bound);
    if (values.length !== this.size) {
      throw new Error(`Box: ${name} has ${values.length} entries, expected ${this.size} for shape [${this.shape}]`);
    }
    const [lowest, highest] =
      this.dtype in integerLimits ? integerLimits[this.dtype as 'int32'] : [-Infinity, Infinity];
    const wrong = values.find((v) => !(v >= lowest && v <= highest));
    if (wrong !== undefined) {
      throw new Error(
        `Box: ${name}: got ${wrong}, expected a number in [${lowest}, ${highest}] for dtype ${this.dtype}`,
      );
    }
    return this.#array(values);
  }

  #array(values: ArrayLike<number>): BoxArrays[D] {
    return constructors[this.dtype].from(values) as BoxArrays[D];
  }

  /** Whether every entry has two finite bounds. */
  get bounded(): boolean {
    return this.low.every(Number.isFinite) && this.high.every(Number.isFinite);
  }

  sample(rng: Rng): BoxArrays[D] {
    checkArgument('Box.sample', 'rng', rng, Rng);
    const values = new Float64Array(this.size);
    for (let i = 0; i < this.size; i++) {
      const low = this.low[i]!;
      const high = this.high[i]!;
      if (this.dtype in integerLimits) values[i] = rng.integer(low, high + 1);
      else if (low > -Infinity && high < Infinity) values[i] = between(low, high, rng);
      else if (low > -Infinity) values[i] = low - portableMath.log(1 - rng.uniform());
      else if (high < Infinity) values[i] = high + portableMath.log(1 - rng.uniform());
      else values[i] = rng.normal();
    }
    return this.#array(values);
  }

  violation(x: unknown): string | undefined {
    const arrayClass = constructors[this.dtype];
    if (!(x instanceof arrayClass)) return `expected a ${arrayClass.name}, got ${show(x)}`;
    if (x.length !== this.size) {
      return `expected ${this.size} entries (shape [${this.shape}]), got ${x.length}`;
    }
    for (let i = 0; i < this.size; i++) {
      if (!(x[i]! >= this.low[i]! && x[i]! <= this.high[i]!)) {
        return `entry ${i} is ${x[i]}, expected a number in [${this.low[i]}, ${this.high[i]}]`;
      }
    }
    return undefined;
  }

  protected zeros(): BoxArrays[D] {
    return new constructors[this.dtype](this.size) as BoxArrays[D];
  }

  override toString(): string {
    return `Box(${shown(this.low)}, ${shown(this.high)}, [${this.shape}], ${this.dtype})`;
  }
}

/** Uniform in [low, high), also where that is wider than the largest float64. */
function between(low: number, high: number, rng: Rng): number {
  return high - low < Infinity ? rng.uniform(low, high) : 2 * rng.uniform(low / 2, high / 2);
}

/** Bounds in a few words: one number where all are the same, with the digits that a person reads. */
function shown(bounds: ArrayLike<number>): string {
  const numbers = Array.from(bounds, (bound) => String(Number(bound.toPrecision(5))));
  if (new Set(numbers).size === 1) return numbers[0]!;
  return `[${numbers.slice(0, 6).join(', ')}${numbers.length > 6 ? ', …' : ''}]`;
}

/** The number nearest to `x` in [low, high]; NaN stays NaN. */
export function clamp(x: number, low: number, high: number): number {
  return Math.min(Math.max(x, low), high);
}
