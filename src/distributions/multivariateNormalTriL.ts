import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from '../options/checkArguments.ts';
import type { Rng } from '../random.ts';
import { HALF_LOG_TWO_PI } from '../special/halfLogTwoPi.ts';
import { diagonalColumns } from './diagonalColumns.ts';
import { Distribution, type SampleWithLogProb } from './distribution.ts';

/**
 * N(loc, L Lᵀ) with L lower triangular, L_ii = exp(logDiagonal_i) and the entries below it row by row in `offDiagonal`:
 * log p(x) = −½‖L⁻¹(x − loc)‖² − Σ logDiagonal − ½ dim log 2π.
 *
 * L is applied and inverted by substitution, component by component: meant for the few dimensions of an action.
 */
export class MultivariateNormalTriL extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[];
  readonly reparameterized = true;
  readonly loc: tf.Tensor;
  readonly logDiagonal: tf.Tensor;
  readonly offDiagonal: tf.Tensor | undefined;

  /** @throws if a shape does not fit */
  constructor(options: {
    /** `[...batch, dim]` */
    loc: tf.Tensor;
    /** `[...batch, dim]` */
    logDiagonal: tf.Tensor;
    /** `[...batch, dim (dim − 1) / 2]`: L₁₀, L₂₀, L₂₁, …; absent when dim is 1 */
    offDiagonal?: tf.Tensor;
  }) {
    super();
    const { loc, logDiagonal, offDiagonal } = checkOptions('MultivariateNormalTriL', options, {
      loc: tf.Tensor,
      logDiagonal: tf.Tensor,
      offDiagonal: [tf.Tensor, undefined],
    });
    const dim = loc.shape.at(-1) ?? 0;
    const below = (dim * (dim - 1)) / 2;
    const batch = loc.shape.slice(0, -1);
    const wanted = below === 0 ? [] : [...batch, below];
    if (
      loc.rank === 0 ||
      !tf.util.arraysEqual(loc.shape, logDiagonal.shape) ||
      !tf.util.arraysEqual(offDiagonal?.shape ?? [], wanted)
    ) {
      throw new Error(
        `MultivariateNormalTriL: wanted loc and logDiagonal [...batch, dim] and offDiagonal [...batch, dim (dim − 1) / 2], ` +
          `got [${loc.shape}], [${logDiagonal.shape}] and ${offDiagonal === undefined ? 'none' : `[${offDiagonal.shape}]`}`,
      );
    }
    this.batchShape = batch;
    this.eventShape = [dim];
    this.loc = loc;
    this.logDiagonal = logDiagonal;
    this.offDiagonal = offDiagonal;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return tf.add(this.loc, this.#correlated(this.#noise(rng, sampleShape)));
  }

  protected override computeSampleWithLogProb(rng: Rng, sampleShape: number[]): SampleWithLogProb {
    const noise = this.#noise(rng, sampleShape);
    return { sample: tf.add(this.loc, this.#correlated(noise)), logProb: this.#logProbOfNoise(noise) };
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    return this.#logProbOfNoise(this.#whitened(tf.sub(x, this.loc)));
  }

  override entropy(): tf.Tensor {
    return tf.add(tf.sum(this.logDiagonal, -1), this.eventShape[0]! * (HALF_LOG_TWO_PI + 0.5));
  }

  override mean(): tf.Tensor {
    return this.loc;
  }

  override mode(): tf.Tensor {
    return this.loc;
  }

  override variance(): tf.Tensor {
    const lower = this.#lower();
    const diagonal = columns(tf.exp(tf.mul(this.logDiagonal, 2)));
    const variances = diagonal.map((entry, row) => {
      let sum = entry;
      for (let column = 0; column < row; column++) sum = tf.add(sum, tf.square(lower(row, column)));
      return sum;
    });
    return tf.concat(variances, -1);
  }

  /** rᵀ Σ⁻¹ r, `[...batch, dim]` → `[...batch]`. */
  squaredNorm(residual: tf.Tensor): tf.Tensor {
    return tf.sum(tf.square(this.#whitened(residual)), -1);
  }

  /** The columns of L, `[dim, ...batch, dim]`. */
  rootColumns(): tf.Tensor {
    const identity = diagonalColumns(tf.onesLike(this.loc));
    return this.#correlated(identity);
  }

  /** L⁻¹ r. */
  #whitened(residual: tf.Tensor): tf.Tensor {
    const entries = columns(residual);
    const inverseDiagonal = columns(tf.exp(tf.neg(this.logDiagonal)));
    const lower = this.#lower();
    const noise: tf.Tensor[] = [];
    entries.forEach((entry, row) => {
      let rest = entry;
      for (let column = 0; column < row; column++) {
        rest = tf.sub(rest, tf.mul(lower(row, column), noise[column]!));
      }
      noise.push(tf.mul(rest, inverseDiagonal[row]!));
    });
    return tf.concat(noise, -1);
  }

  #noise(rng: Rng, sampleShape: number[]): tf.Tensor {
    return rng.normalTensor([...sampleShape, ...this.batchShape, ...this.eventShape]);
  }

  /** L z. */
  #correlated(noise: tf.Tensor): tf.Tensor {
    const entries = columns(noise);
    const scaled = columns(tf.mul(tf.exp(this.logDiagonal), noise));
    const lower = this.#lower();
    const rows = scaled.map((entry, row) => {
      let sum = entry;
      for (let column = 0; column < row; column++) sum = tf.add(sum, tf.mul(lower(row, column), entries[column]!));
      return sum;
    });
    return tf.concat(rows, -1);
  }

  #logProbOfNoise(noise: tf.Tensor): tf.Tensor {
    const terms = tf.add(tf.mul(tf.square(noise), 0.5), this.logDiagonal);
    return tf.sub(-this.eventShape[0]! * HALF_LOG_TWO_PI, tf.sum(terms, -1));
  }

  #lower(): (row: number, column: number) => tf.Tensor {
    const entries = this.offDiagonal === undefined ? [] : columns(this.offDiagonal);
    return (row, column) => entries[(row * (row - 1)) / 2 + column]!;
  }
}

/** The components along the last axis, each `[..., 1]`. */
function columns(x: tf.Tensor): tf.Tensor[] {
  return x.shape.at(-1) === 1 ? [x] : tf.split(x, x.shape.at(-1)!, -1);
}
