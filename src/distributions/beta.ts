import * as tf from '@tensorflow/tfjs-core';
import { broadcast } from '../bijectors/broadcast.ts';
import { stopGradient } from '../nn/stopGradient.ts';
import { checkOptions } from '../options/checkArguments.ts';
import type { Rng } from '../random.ts';
import { digammaRest, lgammaRest } from '../special/gammaRests.ts';
import { HALF_LOG_TWO_PI } from '../special/halfLogTwoPi.ts';
import {
  incompleteBeta,
  incompleteBetaInverse,
  logitLogDensity,
  logitSlopes,
  logRatio,
  shareOf,
} from '../special/incompleteBeta.ts';
import { twoProduct } from '../special/twoProduct.ts';
import { Distribution, type SampleWithLogProb, type Tails } from './distribution.ts';
import { type GammaNoise, gammaNoise, logGammaDraws } from './gammaDraws.ts';
import { jointShape } from './jointShape.ts';
import { quantileInside } from './quantileInside.ts';
import { tailsInside } from './tailsInside.ts';
import { impossibleOutsideUnitInterval, inUnitInterval } from './unitInterval.ts';

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
export class Beta extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[] = [];
  readonly reparameterized = true;
  readonly concentration1: tf.Tensor;
  readonly concentration0: tf.Tensor;

  /** @throws if the shapes do not fit */
  constructor(options: {
    /** a > 0, `[...batch]` */
    concentration1: tf.Tensor;
    /** b > 0, which broadcasts with it */
    concentration0: tf.Tensor;
  }) {
    super();
    const { concentration1, concentration0 } = checkOptions('Beta', options, {
      concentration1: tf.Tensor,
      concentration0: tf.Tensor,
    });
    this.batchShape = jointShape('Beta', { concentration1, concentration0 });
    this.concentration1 = broadcast(concentration1, this.batchShape);
    this.concentration0 = broadcast(concentration0, this.batchShape);
  }

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
  return tf.customGrad((...args) => {
    const [up, down, save] = args as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const logit = tf.sub(logGammaDraws(up, noise[0]), logGammaDraws(down, noise[1]));
    save([up, down, tf.sub(logit, logRatio(up, down))]);
    return {
      value: logit,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        logitSlopes({ a: saved[0]!, b: saved[1]!, over: saved[2]! }).map((slope) => tf.mul(dy, slope)),
    };
  })(a, b);
}
