import * as tf from '@tensorflow/tfjs-core';
import { broadcast } from '../bijectors/broadcast.ts';
import { checkOptions } from '../options/checkArguments.ts';
import type { Rng } from '../random.ts';
import { Distribution, type SampleWithLogProb, type Tails } from './distribution.ts';
import { impossibleOutside } from './impossibleOutside.ts';
import type { LocationScaleParameters } from './locationScaleDistribution.ts';
import { Normal } from './normal.ts';
import { tailsInside } from './tailsInside.ts';

const LOWEST = 2 ** -126;

/**
 * exp of N(loc, scale²), scale = exp(logScale): log p(x) = log N(log x; loc, scale²) − log x for x > 0, 0 density elsewhere.
 */
export class LogNormal extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[] = [];
  readonly reparameterized = true;
  /** The distribution of log X. */
  readonly normal: Normal;

  /**
   * @param parametersOfLog the mean and the log standard deviation of log X
   * @throws if the parameters are not float32 or do not broadcast
   */
  constructor(parametersOfLog: LocationScaleParameters) {
    super();
    this.normal = new Normal(checkOptions('LogNormal', parametersOfLog, { loc: tf.Tensor, logScale: tf.Tensor }));
    this.batchShape = this.normal.batchShape;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return tf.exp(this.normal.sample(rng, sampleShape));
  }

  protected override computeSampleWithLogProb(rng: Rng, sampleShape: number[]): SampleWithLogProb {
    const { sample: log, logProb } = this.normal.sampleWithLogProb(rng, sampleShape);
    return { sample: tf.exp(log), logProb: tf.sub(logProb, log) };
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const log = tf.log(tf.maximum(x, LOWEST));
    const logProb = tf.sub(this.normal.logProb(log), log);
    return impossibleOutside(() => tf.greater(broadcast(x, logProb.shape), 0), logProb);
  }

  /** Those of log x. */
  protected override computeTails(x: tf.Tensor): Tails {
    const log = tf.log(tf.maximum(x, LOWEST));
    return tailsInside(x, 0, Number.POSITIVE_INFINITY, {
      below: this.normal.cdf(log),
      above: this.normal.survival(log),
    });
  }

  protected override computeQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    return tf.exp(this.normal.quantile(below, above));
  }

  override entropy(): tf.Tensor {
    return tf.add(this.normal.entropy(), this.normal.loc);
  }

  /** exp(loc + scale²/2). */
  override mean(): tf.Tensor {
    return tf.exp(tf.add(this.normal.loc, tf.mul(this.normal.variance(), 0.5)));
  }

  /** exp(loc − scale²). */
  override mode(): tf.Tensor {
    return tf.exp(tf.sub(this.normal.loc, this.normal.variance()));
  }

  /** (exp(scale²) − 1) mean². */
  override variance(): tf.Tensor {
    return tf.mul(tf.expm1(this.normal.variance()), tf.square(this.mean()));
  }
}
