export interface RunningMeanStdState {
  mean: number[];
  variance: number[];
  count: number;
}

/**
 * Mean and variance of all vectors seen so far, entry by entry, by the parallel formula of Chan et al.; Gymnasium's `RunningMeanStd`
 * with its start: mean 0 and variance 1, as if 1e-4 vectors had been seen.
 */
export class RunningMeanStd {
  /** `[size]` */
  readonly mean: Float64Array;
  /** `[size]` */
  readonly variance: Float64Array;
  #count: number;
  readonly #round: (x: number) => number;

  /**
   * @param round `Math.fround` for the arithmetic that Gymnasium does in float32
   * @param start as how many vectors the start counts; with 0 the moments are exactly those of what was seen
   */
  constructor(size: number, round: (x: number) => number = (x) => x, start = 1e-4) {
    this.mean = new Float64Array(size);
    this.variance = new Float64Array(size).fill(1);
    this.#round = round;
    this.#count = start;
  }

  get count(): number {
    return this.#count;
  }

  update(x: ArrayLike<number>): void {
    const f = this.#round;
    const count = f(this.#count);
    const total = f(this.#count + 1);
    for (let i = 0; i < this.mean.length; i++) {
      const delta = f(x[i]! - this.mean[i]!);
      this.mean[i] = f(this.mean[i]! + f(delta / total));
      const squares = f(f(this.variance[i]! * count) + f(f(f(delta * delta) * count) / total));
      this.variance[i] = f(squares / total);
    }
    this.#count += 1;
  }

  /** (x − mean) / √(variance + epsilon), a fresh array. */
  normalize(x: ArrayLike<number>, epsilon: number): Float32Array {
    const f = this.#round;
    const normalized = new Float32Array(this.mean.length);
    for (let i = 0; i < normalized.length; i++) {
      normalized[i] = f(x[i]! - this.mean[i]!) / f(Math.sqrt(f(this.variance[i]! + f(epsilon))));
    }
    return normalized;
  }

  state(): RunningMeanStdState {
    return { mean: [...this.mean], variance: [...this.variance], count: this.#count };
  }

  /** @throws if the state is of vectors of another size; nothing is changed then */
  setState(state: RunningMeanStdState): void {
    const { mean, variance, count } = state ?? {};
    const size = this.mean.length;
    if (mean?.length !== size || variance?.length !== size || !Number.isFinite(count)) {
      throw new Error(`got moments of ${mean?.length} entries, expected ${size}`);
    }
    this.mean.set(mean);
    this.variance.set(variance);
    this.#count = count;
  }
}
