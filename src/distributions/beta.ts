import * as tf from '@tensorflow/tfjs-core';
import { broadcast, stopGradient, withGradient } from '../nn/tensors.ts';
import type { Rng } from '../random.ts';
import {
  incompleteBeta,
  incompleteBetaInverse,
  lbeta,
  logitLogDensity,
  logitSlopes,
  logRatio,
  shareOf,
} from '../special/beta.ts';
import { EULER, HALF_LOG_TWO_PI, log1mexp, surprisal, twoProduct } from '../special/elementary.ts';
import { digamma, digammaRest, lgammaRest } from '../special/gamma.ts';
import type { SampleWithLogProb, Tails } from './distribution.ts';
import { type GammaNoise, gammaNoise, logGammaDraws } from './sampling.ts';
import { ScalarDistribution } from './shapes.ts';
import { impossibleOutsideUnitInterval, inUnitInterval, quantileInside, tailsInside } from './support.ts';

/** Over (0, 1), with two concentrations. */
abstract class UnitIntervalDistribution extends ScalarDistribution {
  readonly concentration1: tf.Tensor;
  readonly concentration0: tf.Tensor;

  /** @throws if the parameters are not float32 or do not broadcast */
  constructor(options: {
    /** a > 0, `[...batch]` */
    concentration1: tf.Tensor;
    /** b > 0, which broadcasts with it */
    concentration0: tf.Tensor;
  }) {
    super(options, ['concentration1', 'concentration0']);
    this.concentration1 = broadcast(options.concentration1, this.batchShape);
    this.concentration0 = broadcast(options.concentration0, this.batchShape);
  }
}

/**
 * Beta(a, b) over (0, 1), a = concentration1, b = concentration0: log p(x) = (a − 1) log x + (b − 1) log(1 − x) − log B(a, b);
 * 0 density elsewhere.
 *
 * A draw is G₁/(G₁ + G₂) of two gamma draws by rejection (Marsaglia & Tsang, "A simple method for generating gamma variables",
 * 2000), six rounds of it. Its gradient is the implicit one, ∂x/∂a = −(∂F/∂a)/p(x) with F the distribution function (Figurnov et
 * al., "Implicit Reparameterization Gradients", arXiv:1805.08498), by quadrature.
 *
 * Draws and arguments lie within [2⁻¹²⁶, 1 − 2⁻²⁴]; of very small concentrations much of the mass lies nearer to the bounds than float32
 * does. `sampleWithLogProb`, and so the entropy's estimate, is exact then, too.
 */
export class Beta extends UnitIntervalDistribution {
  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return inUnitInterval(tf.sigmoid(this.#logits(rng, sampleShape)));
  }

  /** The log-density is that of the draw before it is rounded, which may lie nearer to a bound than float32 does. */
  protected override computeSampleWithLogProb(rng: Rng, sampleShape: number[]): SampleWithLogProb {
    const logit = this.#logits(rng, sampleShape);
    const [a, b] = this.#concentrations(logit.shape);
    const over = stopGradient(() => tf.sub(logit, logRatio(a, b)));
    const [logX, logRest] = [tf.neg(tf.softplus(tf.neg(logit))), tf.neg(tf.softplus(logit))];
    return {
      sample: inUnitInterval(tf.sigmoid(logit)),
      logProb: tf.sub(logitLogDensity(a, b, logit, over), tf.add(logX, logRest)),
    };
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const { value, logX, logRest, a, b, over } = this.#point(x);
    const density = logitLogDensity(a, b, tf.sub(logX, logRest), over);
    return impossibleOutsideUnitInterval(value, tf.sub(density, tf.add(logX, logRest)));
  }

  /** I_x(a, b) and I_{1 − x}(b, a), regularized incomplete beta functions. */
  protected override computeTails(x: tf.Tensor): Tails {
    const { value, logX, logRest, a, b, over } = this.#point(x);
    return tailsInside(value, 0, 1, incompleteBeta(a, b, tf.sub(logX, logRest), over));
  }

  protected override computeQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    return quantileInside(below, above, this.batchShape, 0, 1, (left, right) => {
      const [a, b] = this.#concentrations(left.shape);
      const { logit, over } = incompleteBetaInverse(a, b, left, right);
      return shareOf(a, b, logit, over);
    });
  }

  /** log B(a, b) + (a − 1)(ψ(a + b) − ψ(a)) + (b − 1)(ψ(a + b) − ψ(b)), the terms that grow left out, since they cancel. */
  override entropy(): tf.Tensor {
    const [a, b] = [this.concentration1, this.concentration0];
    const sum = tf.add(a, b);
    const [one, other] = [a, b].map((each) => tf.sub(lgammaRest(each), tf.mul(tf.sub(each, 1), digammaRest(each)))) as [
      tf.Tensor,
      tf.Tensor,
    ];
    const whole = tf.sub(tf.mul(tf.sub(sum, 2), digammaRest(sum)), lgammaRest(sum));
    const roots = tf.mul(tf.add(tf.log(tf.div(a, sum)), tf.sub(tf.log(tf.div(b, sum)), tf.log(sum))), 0.5);
    return tf.add(tf.add(roots, whole), tf.add(tf.add(one, other), HALF_LOG_TWO_PI));
  }

  /** a / (a + b). */
  override mean(): tf.Tensor {
    return tf.div(this.concentration1, tf.add(this.concentration1, this.concentration0));
  }

  /** (a − 1) / (a + b − 2); the bound 0 or 1 where only one of them is above 1, and NaN where none is. */
  override mode(): tf.Tensor {
    const [up, down] = [this.concentration1, this.concentration0].map((each) => tf.maximum(tf.sub(each, 1), 0));
    return tf.div(up!, tf.add(up!, down!));
  }

  /** mean · (1 − mean) / (a + b + 1). */
  override variance(): tf.Tensor {
    const sum = tf.add(this.concentration1, this.concentration0);
    return tf.div(tf.mul(this.mean(), tf.div(this.concentration0, sum)), tf.add(sum, 1));
  }

  /** `x`, clamped into the support, of the shape that it has with the batch. */
  #point(x: tf.Tensor) {
    const value = broadcast(x, tf.broadcast_util.assertAndGetBroadcastShape(x.shape, this.batchShape));
    const inside = inUnitInterval(value);
    const [a, b] = this.#concentrations(value.shape);
    const over = stopGradient(() => logOddsOver(inside, a, b));
    return { value, logX: tf.log(inside), logRest: tf.log1p(tf.neg(inside)), a, b, over };
  }

  #concentrations(shape: number[]): [a: tf.Tensor, b: tf.Tensor] {
    return [broadcast(this.concentration1, shape), broadcast(this.concentration0, shape)];
  }

  #logits(rng: Rng, sampleShape: number[]): tf.Tensor {
    const shape = [...sampleShape, ...this.batchShape];
    return logitDraws(...this.#concentrations(shape), [gammaNoise(rng, shape), gammaNoise(rng, shape)]);
  }
}

/** log(x/(1 − x)) − log(a/b), from x b − (1 − x) a without rounding where that is small. */
function logOddsOver(x: tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [byA, byB] = [twoProduct(x, a), twoProduct(x, b)];
  const [larger, smaller] = [tf.maximum(byA.high, byB.high), tf.minimum(byA.high, byB.high)];
  const apart = tf.add(tf.add(tf.sub(larger, a), smaller), tf.add(byA.low, byB.low));
  const relative = tf.div(apart, tf.mul(tf.sub(1, x), a));
  const isNear = tf.less(tf.abs(relative), 0.5);
  const far = tf.sub(tf.sub(tf.log(x), tf.log1p(tf.neg(x))), logRatio(a, b));
  return tf.where(isNear, tf.log1p(tf.clipByValue(relative, -0.5, 0.5)), far);
}

/** Logits of draws, with the implicit gradient. */
function logitDraws(a: tf.Tensor, b: tf.Tensor, noise: readonly [GammaNoise, GammaNoise]): tf.Tensor {
  return withGradient(
    [a, b],
    (up, down) => tf.sub(logGammaDraws(up, noise[0]), logGammaDraws(down, noise[1])),
    (dy, [up, down], logit) =>
      logitSlopes({ a: up, b: down, over: tf.sub(logit, logRatio(up, down)) }).map((slope) => tf.mul(dy, slope)),
  );
}

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
export class Kumaraswamy extends UnitIntervalDistribution {
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
