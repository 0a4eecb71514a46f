import * as tf from '@tensorflow/tfjs-core';
import { broadcastShape } from '../bijectors/broadcastShape.ts';
import { checkOptions } from '../options/checkArguments.ts';
import type { Rng } from '../random.ts';
import { HALF_LOG_TWO_PI } from '../special/halfLogTwoPi.ts';
import { ndtr, ndtri } from '../special/ndtr.ts';
import { acrossEvent, ofOneNumber } from './acrossEvent.ts';
import { diagonalColumns } from './diagonalColumns.ts';
import { Distribution, type Tails } from './distribution.ts';

/**
 * N(loc, diag(exp(logScale)²)): log p(x) = −½ Σ ((x − loc)/scale)² − Σ logScale − ½ dim log 2π.
 */
export class MultivariateNormalDiag extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[];
  readonly reparameterized = true;
  readonly loc: tf.Tensor;
  readonly logScale: tf.Tensor;

  /** @throws if the shapes do not fit */
  constructor(options: {
    /** `[...batch, dim]` */
    loc: tf.Tensor;
    /** log of the standard deviations, which broadcasts with `loc` and has no longer events */
    logScale: tf.Tensor;
  }) {
    super();
    const { loc, logScale } = checkOptions('MultivariateNormalDiag', options, { loc: tf.Tensor, logScale: tf.Tensor });
    const shape = broadcastShape(loc.shape, logScale.shape);
    if (loc.rank === 0 || shape === undefined || shape.at(-1) !== loc.shape.at(-1)) {
      throw new Error(
        `MultivariateNormalDiag: wanted loc [..., dim] and a logScale that broadcasts to it, ` +
          `got [${loc.shape}] and [${logScale.shape}]`,
      );
    }
    this.batchShape = shape.slice(0, -1);
    this.eventShape = shape.slice(-1);
    this.loc = loc;
    this.logScale = logScale;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return this.#scaled(this.#noise(rng, sampleShape));
  }

  protected override computeSampleWithLogProb(rng: Rng, sampleShape: number[]) {
    const noise = this.#noise(rng, sampleShape);
    return { sample: this.#scaled(noise), logProb: this.#logProbOfNoise(noise) };
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    return this.#logProbOfNoise(tf.mul(tf.sub(x, this.loc), tf.exp(tf.neg(this.logScale))));
  }

  protected override computeTails(x: tf.Tensor): Tails {
    const z = tf.mul(tf.sub(x, this.loc), tf.exp(tf.neg(this.logScale)));
    return acrossEvent({ below: ndtr(z), above: ndtr(tf.neg(z)) }, 1);
  }

  protected override computeQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    return this.#scaled(ofOneNumber(this, ndtri(below, above)));
  }

  override entropy(): tf.Tensor {
    return tf.add(tf.sum(this.#spread(this.logScale), -1), this.eventShape[0]! * (HALF_LOG_TWO_PI + 0.5));
  }

  override mean(): tf.Tensor {
    return this.#spread(this.loc);
  }

  override mode(): tf.Tensor {
    return this.mean();
  }

  override variance(): tf.Tensor {
    return this.#spread(tf.exp(tf.mul(this.logScale, 2)));
  }

  /** rᵀ Σ⁻¹ r, `[...batch, dim]` → `[...batch]`. */
  squaredNorm(residual: tf.Tensor): tf.Tensor {
    return tf.sum(tf.square(tf.mul(residual, tf.exp(tf.neg(this.logScale)))), -1);
  }

  /** Columns of S with S Sᵀ = Σ, `[columns, ...batch, dim]`. */
  rootColumns(): tf.Tensor {
    return diagonalColumns(this.#spread(tf.exp(this.logScale)));
  }

  #noise(rng: Rng, sampleShape: number[]): tf.Tensor {
    return rng.normalTensor([...sampleShape, ...this.batchShape, ...this.eventShape]);
  }

  #scaled(noise: tf.Tensor): tf.Tensor {
    return tf.add(this.loc, tf.mul(tf.exp(this.logScale), noise));
  }

  #logProbOfNoise(noise: tf.Tensor): tf.Tensor {
    const terms = tf.add(tf.mul(tf.square(noise), 0.5), this.logScale);
    return tf.sub(-this.eventShape[0]! * HALF_LOG_TWO_PI, tf.sum(terms, -1));
  }

  #spread(parameter: tf.Tensor): tf.Tensor {
    return tf.broadcastTo(parameter, [...this.batchShape, ...this.eventShape]);
  }
}
