import * as tf from '@tensorflow/tfjs-core';
import { broadcast } from '../bijectors/broadcast.ts';
import { stopGradient } from '../nn/stopGradient.ts';
import { checkOptions } from '../options/checkArguments.ts';
import type { Rng } from '../random.ts';
import { digamma } from '../special/digamma.ts';
import { EULER } from '../special/euler.ts';
import { lbeta } from '../special/lbeta.ts';
import { log1mexp } from '../special/log1mexp.ts';
import { surprisal } from '../special/surprisal.ts';
import { Distribution, type SampleWithLogProb, type Tails } from './distribution.ts';
import { jointShape } from './jointShape.ts';
import { tailsInside } from './tailsInside.ts';
import { impossibleOutsideUnitInterval, inUnitInterval } from './unitInterval.ts';

const LEAST = 2 ** -126;

/**
 * Kumaraswamy(a, b) over (0, 1), a = concentration1, b = concentration0, much like a beta distribution but with a distribution function in
 * closed form: P(X ≤ x) = 1 − (1 − xᵃ)ᵇ, log p(x) = log ab + (a − 1) log x + (b − 1) log(1 − xᵃ); 0 density elsewhere. Draws are by inversion.
 *
 * Draws and arguments lie within [2⁻¹²⁶, 1 − 2⁻²⁴]; of small concentrations much of the mass lies nearer to the bounds than float32
 * does. `sampleWithLogProb`, and so the entropy's estimate, is exact then, too. The variance is a difference of logarithms of moments: where
 * it is small beside the squared mean, its relative error grows by their quotient.
 *
 * Kumaraswamy, "A generalized probability density function for double-bounded random processes", 1980.
 */
export class Kumaraswamy extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[] = [];
  readonly reparameterized = true;
  readonly concentration1: tf.Tensor;
  readonly concentration0: tf.Tensor;

  /** @throws if the parameters are not float32 or do not broadcast */
  constructor(options: {
    /** a > 0, `[...batch]` */
    concentration1: tf.Tensor;
    /** b > 0, which broadcasts with it */
    concentration0: tf.Tensor;
  }) {
    super();
    const { concentration1, concentration0 } = checkOptions('Kumaraswamy', options, {
      concentration1: tf.Tensor,
      concentration0: tf.Tensor,
    });
    this.batchShape = jointShape('Kumaraswamy', { concentration1, concentration0 });
    this.concentration1 = broadcast(concentration1, this.batchShape);
    this.concentration0 = broadcast(concentration0, this.batchShape);
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return inUnitInterval(tf.exp(this.#logDraws(rng, sampleShape).logX));
  }

  /** The log-density is that of the draw before it is rounded, which may lie nearer to a bound than float32 does. */
  protected override computeSampleWithLogProb(rng: Rng, sampleShape: number[]): SampleWithLogProb {
    const { logX, logRest } = this.#logDraws(rng, sampleShape);
    return { sample: inUnitInterval(tf.exp(logX)), logProb: this.#logProbOf(logX, logRest) };
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const { logX, logRest } = this.#logsOf(x);
    const logProb = this.#logProbOf(logX, logRest);
    return impossibleOutsideUnitInterval(broadcast(x, logProb.shape), logProb);
  }

  protected override computeTails(x: tf.Tensor): Tails {
    const exponent = tf.mul(this.concentration0, this.#logsOf(x).logRest);
    return tailsInside(x, 0, 1, { below: tf.neg(tf.expm1(exponent)), above: tf.exp(exponent) });
  }

  protected override computeQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    return tf.exp(this.#logQuantile(tf.div(tf.neg(surprisal(above, below)), this.concentration0)));
  }

  /** (1 − 1/b) + (1 − 1/a)(ψ(b + 1) + γ) − log ab. */
  override entropy(): tf.Tensor {
    const [a, b] = [this.concentration1, this.concentration0];
    const harmonic = tf.add(digamma(tf.add(b, 1)), EULER);
    const without = (x: tf.Tensor) => tf.sub(1, tf.reciprocal(x));
    return tf.sub(tf.add(without(b), tf.mul(without(a), harmonic)), tf.add(tf.log(a), tf.log(b)));
  }

  /** b B(1 + 1/a, b). */
  override mean(): tf.Tensor {
    return tf.exp(this.#logMoment(1));
  }

  /** ((a − 1)/(ab − 1))^(1/a); at a bound where the density is greatest there, at 0 if at both. */
  override mode(): tf.Tensor {
    const [a, b] = [this.concentration1, this.concentration0];
    const [up, down] = [tf.maximum(tf.sub(a, 1), LEAST), tf.maximum(tf.sub(tf.mul(a, b), 1), LEAST)];
    const inside = tf.exp(tf.div(tf.minimum(tf.sub(tf.log(up), tf.log(down)), 0), a));
    const isAtOne = stopGradient(() => tf.less(b, 1));
    const isAtZero = stopGradient(() =>
      tf.logicalOr(tf.less(a, 1), tf.logicalAnd(tf.equal(a, 1), tf.greaterEqual(b, 1))),
    );
    return tf.where(isAtZero, tf.zerosLike(a), tf.where(isAtOne, tf.onesLike(a), inside));
  }

  /** b B(1 + 2/a, b) − mean². */
  override variance(): tf.Tensor {
    const first = this.#logMoment(1);
    return tf.mul(tf.exp(tf.mul(first, 2)), tf.expm1(tf.sub(this.#logMoment(2), tf.mul(first, 2))));
  }

  /** log E[Xⁿ] = log b B(1 + n/a, b). */
  #logMoment(n: number): tf.Tensor {
    const [a, b] = [this.concentration1, this.concentration0];
    return tf.add(tf.log(b), lbeta(tf.add(tf.div(n, a), 1), b));
  }

  /** log x and log(1 − xᵃ) of x clamped to what float32 has of the interval. */
  #logsOf(x: tf.Tensor): { logX: tf.Tensor; logRest: tf.Tensor } {
    const logX = tf.log(inUnitInterval(x));
    return { logX, logRest: log1mexp(tf.mul(this.concentration1, logX)) };
  }

  #logDraws(rng: Rng, sampleShape: number[]): { logX: tf.Tensor; logRest: tf.Tensor } {
    const uniform = rng.uniformTensor([...sampleShape, ...this.batchShape]);
    const logRest = tf.div(tf.log(uniform), this.concentration0);
    return { logX: this.#logQuantile(logRest), logRest };
  }

  /** log x of log(1 − xᵃ). */
  #logQuantile(logRest: tf.Tensor): tf.Tensor {
    return tf.div(log1mexp(logRest), this.concentration1);
  }

  #logProbOf(logX: tf.Tensor, logRest: tf.Tensor): tf.Tensor {
    const [a, b] = [this.concentration1, this.concentration0];
    const powers = tf.add(tf.mul(tf.sub(a, 1), logX), tf.mul(tf.sub(b, 1), logRest));
    return tf.add(powers, tf.add(tf.log(a), tf.log(b)));
  }
}
