import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../nn/sizes.ts';
import { broadcast, broadcastShape, optionalTensor, unitSlices } from '../nn/tensors.ts';
import { checkArgument, checkOptions } from '../options/parse.ts';
import type { Rng } from '../random.ts';
import { HALF_LOG_TWO_PI } from '../special/elementary.ts';
import { ndtr, ndtri } from '../special/normal.ts';
import { Distribution, type SampleWithLogProb, type Tails } from './distribution.ts';
import { acrossEvent, diagonalColumns, ofOneNumber } from './shapes.ts';

const ENTROPY = HALF_LOG_TWO_PI + 0.5;

/** A normal distribution over vectors, N(loc, Σ). */
export abstract class MultivariateNormal extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[];
  readonly reparameterized = true;

  constructor(shape: readonly number[]) {
    super();
    this.batchShape = shape.slice(0, -1);
    this.eventShape = shape.slice(-1);
  }

  override mode(): tf.Tensor {
    return this.mean();
  }

  /** rᵀ Σ⁻¹ r, `[...batch, dim]` → `[...batch]`. */
  abstract squaredNorm(residual: tf.Tensor): tf.Tensor;

  /** Columns of an S with S Sᵀ = Σ, `[columns, ...batch, dim]`. */
  abstract rootColumns(): tf.Tensor;

  protected noise(rng: Rng, sampleShape: number[]): tf.Tensor {
    return rng.normalTensor([...sampleShape, ...this.batchShape, ...this.eventShape]);
  }

  protected spread(parameter: tf.Tensor): tf.Tensor {
    return tf.broadcastTo(parameter, [...this.batchShape, ...this.eventShape]);
  }
}

/** loc + S z, z of N(0, I), with S of which a product and a quotient are known. */
abstract class ScaledNormal extends MultivariateNormal {
  abstract readonly loc: tf.Tensor;

  /** S z. */
  protected abstract scaled(noise: tf.Tensor): tf.Tensor;

  /** S⁻¹ r. */
  protected abstract whitened(residual: tf.Tensor): tf.Tensor;

  /** Logarithms that add up to log det S. */
  protected abstract logs(): tf.Tensor;

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return tf.add(this.loc, this.scaled(this.noise(rng, sampleShape)));
  }

  protected override computeSampleWithLogProb(rng: Rng, sampleShape: number[]): SampleWithLogProb {
    const noise = this.noise(rng, sampleShape);
    return { sample: tf.add(this.loc, this.scaled(noise)), logProb: this.#logProbOfNoise(noise) };
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    return this.#logProbOfNoise(this.whitened(tf.sub(x, this.loc)));
  }

  override entropy(): tf.Tensor {
    return tf.add(tf.sum(this.spread(this.logs()), -1), this.eventShape[0]! * ENTROPY);
  }

  override mean(): tf.Tensor {
    return this.spread(this.loc);
  }

  squaredNorm(residual: tf.Tensor): tf.Tensor {
    return tf.sum(tf.square(this.whitened(residual)), -1);
  }

  #logProbOfNoise(noise: tf.Tensor): tf.Tensor {
    const terms = tf.add(tf.mul(tf.square(noise), 0.5), this.logs());
    return tf.sub(-this.eventShape[0]! * HALF_LOG_TWO_PI, tf.sum(terms, -1));
  }
}

/**
 * N(0, I) over vectors: log p(x) = −½‖x‖² − ½ dim log 2π. The base of every flow on a line.
 */
export class StandardNormal extends MultivariateNormal {
  /**
   * @param dim the size of one event
   * @param batchShape the shape of the batch of independent copies
   * @throws if `dim` is no positive integer
   */
  constructor(dim: number, batchShape: number[] = []) {
    checkArgument('StandardNormal', 'batchShape', batchShape, Array);
    super([...batchShape, positiveInteger('StandardNormal', 'dim', dim)]);
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return this.noise(rng, sampleShape);
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    return tf.sub(tf.mul(tf.sum(tf.square(x), -1), -0.5), this.eventShape[0]! * HALF_LOG_TWO_PI);
  }

  protected override computeTails(x: tf.Tensor): Tails {
    return acrossEvent({ below: ndtr(x), above: ndtr(tf.neg(x)) }, 1);
  }

  protected override computeQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    return ofOneNumber(this, ndtri(below, above));
  }

  override entropy(): tf.Tensor {
    return tf.fill(this.batchShape, this.eventShape[0]! * ENTROPY);
  }

  override mean(): tf.Tensor {
    return tf.zeros([...this.batchShape, ...this.eventShape]);
  }

  override variance(): tf.Tensor {
    return tf.ones([...this.batchShape, ...this.eventShape]);
  }

  squaredNorm(residual: tf.Tensor): tf.Tensor {
    return tf.sum(tf.square(residual), -1);
  }

  rootColumns(): tf.Tensor {
    return diagonalColumns(this.variance());
  }
}

/**
 * N(loc, diag(exp(logScale)²)): log p(x) = −½ Σ ((x − loc)/scale)² − Σ logScale − ½ dim log 2π.
 */
export class MultivariateNormalDiag extends ScaledNormal {
  readonly loc: tf.Tensor;
  readonly logScale: tf.Tensor;

  /** @throws if the shapes do not fit */
  constructor(options: {
    /** `[...batch, dim]` */
    loc: tf.Tensor;
    /** log of the standard deviations, which broadcasts with `loc` and has no longer events */
    logScale: tf.Tensor;
  }) {
    const { loc, logScale } = checkOptions('MultivariateNormalDiag', options, { loc: tf.Tensor, logScale: tf.Tensor });
    const shape = broadcastShape(loc.shape, logScale.shape);
    if (loc.rank === 0 || shape === undefined || shape.at(-1) !== loc.shape.at(-1)) {
      throw new Error(
        `MultivariateNormalDiag: got [${loc.shape}] and [${logScale.shape}], ` +
          'expected loc [..., dim] and a logScale that broadcasts to it',
      );
    }
    super(shape);
    this.loc = loc;
    this.logScale = logScale;
  }

  protected override computeTails(x: tf.Tensor): Tails {
    const z = this.whitened(tf.sub(x, this.loc));
    return acrossEvent({ below: ndtr(z), above: ndtr(tf.neg(z)) }, 1);
  }

  protected override computeQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    return tf.add(this.loc, this.scaled(ofOneNumber(this, ndtri(below, above))));
  }

  override variance(): tf.Tensor {
    return this.spread(tf.exp(tf.mul(this.logScale, 2)));
  }

  rootColumns(): tf.Tensor {
    return diagonalColumns(this.spread(tf.exp(this.logScale)));
  }

  protected scaled(noise: tf.Tensor): tf.Tensor {
    return tf.mul(tf.exp(this.logScale), noise);
  }

  protected whitened(residual: tf.Tensor): tf.Tensor {
    return tf.mul(residual, tf.exp(tf.neg(this.logScale)));
  }

  protected logs(): tf.Tensor {
    return this.logScale;
  }
}

/**
 * N(loc, L Lᵀ) with L lower triangular, L_ii = exp(logDiagonal_i) and the entries below it row by row in `offDiagonal`:
 * log p(x) = −½‖L⁻¹(x − loc)‖² − Σ logDiagonal − ½ dim log 2π.
 *
 * L is applied and inverted by substitution, component by component: meant for the few dimensions of an action.
 */
export class MultivariateNormalTriL extends ScaledNormal {
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
    const { loc, logDiagonal, offDiagonal } = checkOptions('MultivariateNormalTriL', options, {
      loc: tf.Tensor,
      logDiagonal: tf.Tensor,
      offDiagonal: optionalTensor,
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
        `MultivariateNormalTriL: got [${loc.shape}], [${logDiagonal.shape}] and ${offDiagonal === undefined ? 'none' : `[${offDiagonal.shape}]`}, ` +
          'expected loc and logDiagonal [...batch, dim] and offDiagonal [...batch, dim (dim − 1) / 2]',
      );
    }
    super([...batch, dim]);
    this.loc = loc;
    this.logDiagonal = logDiagonal;
    this.offDiagonal = offDiagonal;
  }

  override variance(): tf.Tensor {
    const lower = this.#lower();
    const diagonal = unitSlices(tf.exp(tf.mul(this.logDiagonal, 2)), -1);
    const variances = diagonal.map((entry, row) => {
      let sum = entry;
      for (let column = 0; column < row; column++) sum = tf.add(sum, tf.square(lower(row, column)));
      return sum;
    });
    return tf.concat(variances, -1);
  }

  rootColumns(): tf.Tensor {
    const identity = diagonalColumns(tf.onesLike(this.loc));
    return this.scaled(identity);
  }

  protected whitened(residual: tf.Tensor): tf.Tensor {
    const entries = unitSlices(residual, -1);
    const inverseDiagonal = unitSlices(tf.exp(tf.neg(this.logDiagonal)), -1);
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

  protected scaled(noise: tf.Tensor): tf.Tensor {
    const entries = unitSlices(noise, -1);
    const scaled = unitSlices(tf.mul(tf.exp(this.logDiagonal), noise), -1);
    const lower = this.#lower();
    const rows = scaled.map((entry, row) => {
      let sum = entry;
      for (let column = 0; column < row; column++) sum = tf.add(sum, tf.mul(lower(row, column), entries[column]!));
      return sum;
    });
    return tf.concat(rows, -1);
  }

  protected logs(): tf.Tensor {
    return this.logDiagonal;
  }

  #lower(): (row: number, column: number) => tf.Tensor {
    const entries = this.offDiagonal === undefined ? [] : unitSlices(this.offDiagonal, -1);
    return (row, column) => entries[(row * (row - 1)) / 2 + column]!;
  }
}

/**
 * N(loc, D² + V Vᵀ) with D = diag(exp(logScale)) and V of few columns, at a cost linear in the dimension. With W = D⁻¹V,
 * C = I + WᵀW (`[rank, rank]`, the capacitance), z = D⁻¹(x − loc) and u = C⁻¹Wᵀz,
 *
 *     log p(x) = −½ (‖z − W u‖² + ‖u‖²) − Σ logScale − ½ log det C − ½ dim log 2π
 *
 * by the matrix determinant lemma and Woodbury's identity, the latter as a sum of squares: ‖z‖² − zᵀW u would cancel where V is
 * large.
 */
export class MultivariateNormalLowRank extends MultivariateNormal {
  readonly loc: tf.Tensor;
  readonly logScale: tf.Tensor;
  readonly factor: tf.Tensor;

  /** @throws if the shapes do not fit */
  constructor(options: {
    /** `[...batch, dim]` */
    loc: tf.Tensor;
    /** log of the diagonal of D, which broadcasts with `loc` */
    logScale: tf.Tensor;
    /** V, `[...batch, dim, rank]` */
    factor: tf.Tensor;
  }) {
    const { loc, logScale, factor } = checkOptions('MultivariateNormalLowRank', options, {
      loc: tf.Tensor,
      logScale: tf.Tensor,
      factor: tf.Tensor,
    });
    const shape = broadcastShape(loc.shape, logScale.shape, factor.shape.slice(0, -1));
    const dim = loc.shape.at(-1);
    if (
      loc.rank === 0 ||
      factor.rank < 2 ||
      factor.shape.at(-1) === 0 ||
      shape?.at(-1) !== dim ||
      factor.shape.at(-2) !== dim
    ) {
      throw new Error(
        `MultivariateNormalLowRank: got [${loc.shape}], [${logScale.shape}] and [${factor.shape}], ` +
          'expected loc [..., dim], a logScale that broadcasts to it and factor [..., dim, rank]',
      );
    }
    super(shape!);
    this.loc = loc;
    this.logScale = logScale;
    this.factor = factor;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    const shape = [...sampleShape, ...this.batchShape];
    const own = rng.normalTensor([...shape, ...this.eventShape]);
    const shared = rng.normalTensor([...shape, 1, this.factor.shape.at(-1)!]);
    const moved = tf.add(this.loc, tf.mul(tf.exp(this.logScale), own));
    return tf.add(moved, tf.sum(tf.mul(this.factor, shared), -1));
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const factor = this.#whitened();
    const capacitance = capacitanceOf(factor);
    const squares = this.#squaredNorm(tf.sub(x, this.loc), factor, capacitance);
    return tf.neg(tf.add(tf.mul(squares, 0.5), this.#logVolume(capacitance)));
  }

  override entropy(): tf.Tensor {
    const volume = this.#logVolume(capacitanceOf(this.#whitened()));
    return broadcast(tf.add(volume, this.eventShape[0]! / 2), this.batchShape);
  }

  override mean(): tf.Tensor {
    return this.#spread(this.loc);
  }

  override variance(): tf.Tensor {
    return this.#spread(tf.add(tf.exp(tf.mul(this.logScale, 2)), tf.sum(tf.square(this.factor), -1)));
  }

  squaredNorm(residual: tf.Tensor): tf.Tensor {
    const factor = this.#whitened();
    return this.#squaredNorm(residual, factor, capacitanceOf(factor));
  }

  rootColumns(): tf.Tensor {
    const whole = [...this.batchShape, ...this.eventShape];
    const factor = broadcast(this.factor, [...whole, this.factor.shape.at(-1)!]);
    const last = factor.rank - 1;
    const ofFactor = tf.transpose(factor, [last, ...factor.shape.map((_, axis) => axis).slice(0, last)]);
    return tf.concat([diagonalColumns(this.#spread(tf.exp(this.logScale))), ofFactor], 0);
  }

  #squaredNorm(residual: tf.Tensor, factor: tf.Tensor, capacitance: Cholesky): tf.Tensor {
    const z = tf.mul(residual, tf.exp(tf.neg(this.logScale)));
    const u = capacitance.solve(tf.sum(tf.mul(factor, tf.expandDims(z, -1)), -2));
    const rest = tf.sub(z, tf.sum(tf.mul(factor, tf.expandDims(u, -2)), -1));
    return tf.add(tf.sum(tf.square(rest), -1), tf.sum(tf.square(u), -1));
  }

  /** W = D⁻¹V. */
  #whitened(): tf.Tensor {
    return tf.mul(this.factor, tf.expandDims(tf.exp(tf.neg(this.logScale)), -1));
  }

  /** ½ log det 2πΣ. */
  #logVolume(capacitance: Cholesky): tf.Tensor {
    const dim = this.eventShape[0]!;
    const sum = tf.sum(broadcast(this.logScale, [...this.logScale.shape.slice(0, -1), dim]), -1);
    return tf.add(tf.add(sum, capacitance.halfLogDet), dim * HALF_LOG_TWO_PI);
  }

  #spread(value: tf.Tensor): tf.Tensor {
    return broadcast(value, [...this.batchShape, ...this.eventShape]);
  }
}

/** C = I + WᵀW. */
function capacitanceOf(factor: tf.Tensor): Cholesky {
  const rank = factor.shape.at(-1)!;
  const columns = unitSlices(factor, -1);
  return cholesky(rank, (i, j) => {
    const product = tf.sum(tf.mul(columns[i]!, columns[j]!), -2);
    return i === j ? tf.add(product, 1) : product;
  });
}

/** A = L Lᵀ, as what is done with it. */
interface Cholesky {
  /** ½ log det A = Σ log Lᵢᵢ, `[...batch]`. */
  readonly halfLogDet: tf.Tensor;
  /** A⁻¹ b for b `[..., n]`. */
  solve(b: tf.Tensor): tf.Tensor;
}

/**
 * The Cholesky factor of a positive definite matrix, entry by entry: meant for few rows.
 * @param entry the entries of A on and below the diagonal, each `[...batch, 1]`
 */
function cholesky(n: number, entry: (row: number, column: number) => tf.Tensor): Cholesky {
  const lower: tf.Tensor[][] = [];
  const inverseDiagonal: tf.Tensor[] = [];
  for (let row = 0; row < n; row++) {
    lower.push([]);
    for (let column = 0; column <= row; column++) {
      let rest = entry(row, column);
      for (let k = 0; k < column; k++) rest = tf.sub(rest, tf.mul(lower[row]![k]!, lower[column]![k]!));
      if (row === column) inverseDiagonal.push(tf.rsqrt(rest));
      lower[row]!.push(row === column ? tf.sqrt(rest) : tf.mul(rest, inverseDiagonal[column]!));
    }
  }
  const logs = lower.map((row, i) => tf.log(row[i]!));
  const sum = logs.reduce((total, each) => tf.add(total, each));
  return {
    halfLogDet: tf.reshape(sum, sum.shape.slice(0, -1)),
    solve(b) {
      const solution = unitSlices(b, -1);
      for (let row = 0; row < n; row++) {
        for (let k = 0; k < row; k++) solution[row] = tf.sub(solution[row]!, tf.mul(lower[row]![k]!, solution[k]!));
        solution[row] = tf.mul(solution[row]!, inverseDiagonal[row]!);
      }
      for (let row = n - 1; row >= 0; row--) {
        for (let k = row + 1; k < n; k++) solution[row] = tf.sub(solution[row]!, tf.mul(lower[k]![row]!, solution[k]!));
        solution[row] = tf.mul(solution[row]!, inverseDiagonal[row]!);
      }
      return n === 1 ? solution[0]! : tf.concat(solution, -1);
    },
  };
}
