/** What LeRobot says of the numbers of a column: each of the first four is `[width]`. */
interface Stats {
  readonly min: number[];
  readonly max: number[];
  readonly mean: number[];
  /** Of the numbers themselves: `√(Σ(x − mean)² / count)`. */
  readonly std: number[];
  /** Rows, `[1]`. */
  readonly count: number[];
}

/** Statistics of a column with some numbers a row, of parts that come one after another. */
export class FeatureStats {
  readonly #min: Float64Array;
  readonly #max: Float64Array;
  readonly #mean: Float64Array;
  /** Sums of squared distances to the mean. */
  readonly #squares: Float64Array;
  #count = 0;

  constructor(width: number) {
    this.#min = new Float64Array(width).fill(Infinity);
    this.#max = new Float64Array(width).fill(-Infinity);
    this.#mean = new Float64Array(width);
    this.#squares = new Float64Array(width);
  }

  /** Adds rows, of which there were none before. @param values `[rows, width]` */
  add(values: ArrayLike<number>): void {
    const width = this.#mean.length;
    const rows = values.length / width;
    this.#count = rows;
    for (let j = 0; j < width; j++) {
      let sum = 0;
      for (let i = j; i < values.length; i += width) {
        const value = values[i]!;
        this.#min[j] = Math.min(this.#min[j]!, value);
        this.#max[j] = Math.max(this.#max[j]!, value);
        sum += value;
      }
      const mean = sum / rows;
      this.#mean[j] = mean;
      for (let i = j; i < values.length; i += width) this.#squares[j]! += (values[i]! - mean) * (values[i]! - mean);
    }
  }

  /** Adds the rows of another one ([Chan, Golub, LeVeque 1979](http://i.stanford.edu/pub/cstr/reports/cs/tr/79/773/CS-TR-79-773.pdf)). */
  merge(other: FeatureStats): void {
    const total = this.#count + other.#count;
    for (let j = 0; j < this.#mean.length; j++) {
      const distance = other.#mean[j]! - this.#mean[j]!;
      this.#squares[j]! += other.#squares[j]! + (distance * distance * this.#count * other.#count) / total;
      this.#mean[j]! += (distance * other.#count) / total;
      this.#min[j] = Math.min(this.#min[j]!, other.#min[j]!);
      this.#max[j] = Math.max(this.#max[j]!, other.#max[j]!);
    }
    this.#count = total;
  }

  values(): Stats {
    const std = Array.from(this.#squares, (squares) => Math.sqrt(squares / this.#count));
    const [min, max, mean] = [this.#min, this.#max, this.#mean].map((values) => [...values]);
    return { min: min!, max: max!, mean: mean!, std, count: [this.#count] };
  }
}
