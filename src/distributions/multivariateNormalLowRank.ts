import * as tf from '@tensorflow/tfjs-core';
import { broadcast } from '../bijectors/broadcast.ts';
import { broadcastShape } from '../bijectors/broadcastShape.ts';
import { checkOptions } from '../options/checkArguments.ts';
import type { Rng } from '../random.ts';
import { HALF_LOG_TWO_PI } from '../special/halfLogTwoPi.ts';
import { type Cholesky, cholesky } from './cholesky.ts';
import { diagonalColumns } from './diagonalColumns.ts';
import { Distribution } from './distribution.ts';

/**
 * N(loc, D² + V Vᵀ) with D = diag(exp(logScale)) and V of few columns, at a cost linear in the dimension. With W = D⁻¹V,
 * C = I + WᵀW (`[rank, rank]`, the capacitance), z = D⁻¹(x − loc) and u = C⁻¹Wᵀz,
 *
 *     log p(x) = −½ (‖z − W u‖² + ‖u‖²) − Σ logScale − ½ log det C − ½ dim log 2π
 *
 * by the matrix determinant lemma and Woodbury's identity, the latter as a sum of squares: ‖z‖² − zᵀW u would cancel where V is
 * large.
 */
export class MultivariateNormalLowRank extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[];
  readonly reparameterized = true;
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
    super();
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
        'MultivariateNormalLowRank: wanted loc [..., dim], a logScale that broadcasts to it and factor [..., dim, rank], ' +
          `got [${loc.shape}], [${logScale.shape}] and [${factor.shape}]`,
      );
    }
    this.batchShape = shape!.slice(0, -1);
    this.eventShape = shape!.slice(-1);
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

  override mode(): tf.Tensor {
    return this.mean();
  }

  override variance(): tf.Tensor {
    return this.#spread(tf.add(tf.exp(tf.mul(this.logScale, 2)), tf.sum(tf.square(this.factor), -1)));
  }

  /** rᵀ Σ⁻¹ r, `[...batch, dim]` → `[...batch]`. */
  squaredNorm(residual: tf.Tensor): tf.Tensor {
    const factor = this.#whitened();
    return this.#squaredNorm(residual, factor, capacitanceOf(factor));
  }

  /** The columns of D and V, `[dim + rank, ...batch, dim]`. */
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
  const columns = rank === 1 ? [factor] : tf.split(factor, rank, -1);
  return cholesky(rank, (i, j) => {
    const product = tf.sum(tf.mul(columns[i]!, columns[j]!), -2);
    return i === j ? tf.add(product, 1) : product;
  });
}
