import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { batchStatisticsOptions, isTraining, rememberBatch, runningVariables } from '../nn/normalization.ts';
import { checkNumbers, positiveInteger } from '../nn/sizes.ts';
import { broadcast } from '../nn/tensors.ts';
import { flag, positive } from '../options/fields.ts';
import { checkArgument, parseOptions } from '../options/parse.ts';
import { Bijector, IncreasingBijector, type WithLogDet } from './bijector.ts';
import { Chain } from './composition.ts';
import { ShiftScale } from './shiftScale.ts';

/** Data that do not vary at all get this standard deviation. */
const LEAST = 1e-6;

/**
 * y = shift + exp(logScale) x with a variable of each for each entry, which {@link initialize} sets by data so that their inverse has
 * mean 0 and standard deviation 1; from then on they are learned like any other. The identity at first.
 *
 * Kingma & Dhariwal, "Glow: Generative Flow with Invertible 1×1 Convolutions", arXiv:1807.03039, section 3.1.
 */
export class ActNorm extends ShiftScale {
  /** @throws if `dim` is no positive integer */
  constructor(dim: number) {
    positiveInteger('ActNorm', 'dim', dim);
    const variable = () => tf.tidy(() => tf.variable(tf.zeros([dim]), true));
    super({ shift: variable(), logScale: variable() });
  }

  /**
   * Sets shift and scale to mean and standard deviation of data, as they arrive here: on the data's side.
   * @param y `[..., dim]`
   * @throws if it does not fit
   */
  initialize(y: tf.Tensor): void {
    this.check(y, 'inverse');
    tf.tidy(() => {
      const { mean, variance } = tf.moments(tf.reshape(y, [-1, this.dim!]), 0);
      (this.shift as tf.Variable).assign(mean);
      (this.logScale as tf.Variable).assign(tf.log(tf.maximum(tf.sqrt(variance), LEAST)));
    });
  }
}

/**
 * Sends data through a bijector to its noise and initializes each {@link ActNorm} of its chains by what arrives there.
 * @param y `[batch, dim]`
 * @param context `[batch, contextDim]`, where the bijector takes one
 */
export function initializeActNorms(bijector: Bijector, y: tf.Tensor, context?: tf.Tensor): void {
  checkArgument('initializeActNorms', 'bijector', bijector, Bijector);
  checkArgument('initializeActNorms', 'y', y, tf.Tensor);
  tf.tidy(() => {
    let value = y;
    const visit = (part: Bijector): void => {
      if (part instanceof Chain) {
        part.bijectors.forEach(visit);
        return;
      }
      if (part instanceof ActNorm) part.initialize(value);
      value = part.given(context).inverse(value);
    };
    visit(bijector);
  });
}

const batchNormOptions = z.strictObject({
  ...batchStatisticsOptions,
  epsilon: positive(1e-5, 'what is added to every variance'),
  affine: flag(true, 'whether a learned shift and scale of each entry follow, on the side of the noise'),
});

/** Options of {@link BatchNorm}. */
export type BatchNormOptions = z.input<typeof batchNormOptions>;

/**
 * Data are normalized on their way to the noise: x = exp(logScale) (y − μ) / √(σ² + ε) + shift for each entry, and so
 * y = μ + √(σ² + ε) exp(−logScale) (x − shift) with the log-determinant ½ log(σ² + ε) − logScale. Near the identity at first.
 *
 * μ and σ² are running statistics; but {@link whileTraining} the inverse takes the mean and variance (divided by the count) of its own batch,
 * of all vectors along the axes before the last, and updates the running ones by them. Gradients go through the
 * statistics of the batch. These numbers are then no log-densities of independent draws: each depends on the whole batch, and the
 * log-determinant is that of the map with the statistics held fixed. They are for training; densities to report are those outside of it.
 * `forward`, which sees no data, always goes by the running statistics.
 *
 * Running statistics are averages of those of the batches so far with weights that fall by `momentum` a batch and add up to 1; they
 * are variables that are not trained, saved with the others.
 *
 * Dinh et al., "Density Estimation using Real NVP", arXiv:1605.08803, section 3.7; Papamakarios et al., "Masked
 * Autoregressive Flow for Density Estimation", arXiv:1705.07057, appendix B.
 */
export class BatchNorm extends IncreasingBijector {
  override readonly dim: number;
  readonly momentum: number;
  readonly epsilon: number;
  /** `[dim]` */
  readonly runningMean: tf.Variable;
  /** `[dim]` */
  readonly runningVariance: tf.Variable;
  /** 1 − momentumⁿ after n batches. */
  readonly runningWeight: tf.Variable;
  /** `[dim]`; absent where not `affine`. */
  readonly shift: tf.Variable | undefined;
  /** `[dim]`; absent where not `affine`. */
  readonly logScale: tf.Variable | undefined;

  /** @throws if `dim` is no positive integer, `momentum` not in [0, 1), or `epsilon` not positive */
  constructor(options: BatchNormOptions) {
    super();
    const { dim, momentum, epsilon, affine } = parseOptions('BatchNorm', batchNormOptions, options);
    checkNumbers(dim);
    this.dim = dim;
    this.momentum = momentum;
    this.epsilon = epsilon;
    [this.runningMean, this.runningVariance, this.runningWeight] = runningVariables(dim);
    if (affine) {
      this.shift = tf.tidy(() => tf.variable(tf.zeros([dim]), true));
      this.logScale = tf.tidy(() => tf.variable(tf.zeros([dim]), true));
    }
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    const logFactor = this.#logFactor(this.runningVariance);
    const centered = this.shift === undefined ? x : tf.sub(x, this.shift);
    const y = tf.add(tf.mul(centered, tf.exp(logFactor)), this.runningMean);
    return [y, broadcast(logFactor, y.shape)];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const { mean, variance } = isTraining()
      ? this.#batchStatistics(y)
      : { mean: this.runningMean, variance: this.runningVariance };
    const logFactor = tf.neg(this.#logFactor(variance));
    const scaled = tf.mul(tf.sub(y, mean), tf.exp(logFactor));
    const x = this.shift === undefined ? scaled : tf.add(scaled, this.shift);
    return [x, broadcast(logFactor, x.shape)];
  }

  /** log √(σ² + ε) − logScale. */
  #logFactor(variance: tf.Tensor): tf.Tensor {
    const logDeviation = tf.mul(tf.log(tf.add(variance, this.epsilon)), 0.5);
    return this.logScale === undefined ? logDeviation : tf.sub(logDeviation, this.logScale);
  }

  /** @throws if there are not two vectors or more: one alone has no variance */
  #batchStatistics(y: tf.Tensor): { mean: tf.Tensor; variance: tf.Tensor } {
    const rows = tf.reshape(y, [y.size / this.dim, this.dim]);
    if (rows.shape[0]! < 2) {
      throw new Error(`BatchNorm.inverse: got shape [${y.shape}], expected two vectors or more in training`);
    }
    const mean = tf.mean(rows, 0);
    const variance = tf.mean(tf.square(tf.sub(rows, mean)), 0);
    rememberBatch(this, this.momentum, mean, variance);
    return { mean, variance };
  }
}
