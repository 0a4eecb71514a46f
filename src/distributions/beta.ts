import * as tf from '@tensorflow/tfjs-core';
import { broadcast } from '../bijectors/broadcast.ts';
import { stopGradient } from '../nn/stopGradient.ts';
import { portableMath } from '../portableMath.ts';
import type { Rng } from '../random.ts';
import { digammaGaps, digammaRests, raisedBeta } from '../special/lbeta.ts';
import { RAISED } from '../special/stirling.ts';
import { Distribution, type SampleWithLogProb } from './distribution.ts';
import { firstAccepted } from './firstAccepted.ts';
import { impossibleOutside } from './impossibleOutside.ts';
import { jointShape } from './jointShape.ts';

const LOWEST = 2 ** -126;
const HIGHEST = 1 - 2 ** -24;
/** Each is rejected with probability < 0.0484, so that of a gamma draw none is accepted once in 7·10⁷ times. */
const ROUNDS = 6;

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
  constructor({
    concentration1,
    concentration0,
  }: {
    /** a > 0, `[...batch]` */
    concentration1: tf.Tensor;
    /** b > 0, which broadcasts with it */
    concentration0: tf.Tensor;
  }) {
    super();
    this.batchShape = jointShape('Beta', { concentration1, concentration0 });
    this.concentration1 = broadcast(concentration1, this.batchShape);
    this.concentration0 = broadcast(concentration0, this.batchShape);
  }

  sample(rng: Rng, sampleShape: number[] = []): tf.Tensor {
    return inUnitInterval(this.#logits(rng, sampleShape));
  }

  /** The log-density is that of the draw before it is rounded, which may lie nearer to a bound than float32 does. */
  override sampleWithLogProb(rng: Rng, sampleShape: number[] = []): SampleWithLogProb {
    const logit = this.#logits(rng, sampleShape);
    const [logX, logRest] = [tf.neg(tf.softplus(tf.neg(logit))), tf.neg(tf.softplus(logit))];
    const logProb = this.#logProbOf(tf.sigmoid(logit), tf.sigmoid(tf.neg(logit)), logX, logRest);
    return { sample: inUnitInterval(logit), logProb };
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const shape = tf.broadcast_util.assertAndGetBroadcastShape(x.shape, this.batchShape);
    const value = broadcast(x, shape);
    const inside = tf.clipByValue(value, LOWEST, HIGHEST);
    const logProb = this.#logProbOf(inside, tf.sub(1, inside), tf.log(inside), tf.log1p(tf.neg(inside)));
    return impossibleOutside(() => tf.logicalAnd(tf.greaterEqual(value, 0), tf.lessEqual(value, 1)), logProb);
  }

  /**
   * With the terms that grow with a and b joined: up·log(x/mean) + down·log((1 − x)/(1 − mean)), both small near the mean; see
   * {@link raisedBeta}.
   */
  #logProbOf(x: tf.Tensor, rest: tf.Tensor, logX: tf.Tensor, logRest: tf.Tensor): tf.Tensor {
    const { up, down, rest: other } = raisedBeta(this.concentration1, this.concentration0);
    const sum = tf.add(up, down);
    const [mean, gap] = [tf.div(up, sum), tf.div(down, sum)];
    // One difference for both logarithms, whose first-order terms cancel; of the side that is the more exact.
    const isLeft = stopGradient(() => tf.less(x, 0.5));
    const apart = tf.where(isLeft, tf.sub(x, mean), tf.sub(gap, rest));
    const large = tf.add(
      tf.mul(up, logQuotient(logX, mean, apart)),
      tf.mul(down, logQuotient(logRest, gap, tf.neg(apart))),
    );
    return tf.sub(tf.sub(large, tf.mul(tf.add(logX, logRest), RAISED + 1)), other);
  }

  #logits(rng: Rng, sampleShape: number[]): tf.Tensor {
    const shape = [...sampleShape, ...this.batchShape];
    const noise = [0, 1].map(() => ({
      normal: rng.normalTensor([ROUNDS, ...shape]),
      uniform: rng.uniformTensor([ROUNDS, ...shape]),
      boost: rng.uniformTensor(shape),
    }));
    return logitDraws(broadcast(this.concentration1, shape), broadcast(this.concentration0, shape), noise);
  }

  /** log B(a, b) + (a − 1)(ψ(a + b) − ψ(a)) + (b − 1)(ψ(a + b) − ψ(b)), the terms that grow left out, since they cancel. */
  override entropy(): tf.Tensor {
    const { up, down, logOdds, rest } = raisedBeta(this.concentration1, this.concentration0);
    const [first, second] = digammaRests(this.concentration1, this.concentration0, up, down);
    const large = tf.add(tf.mul(tf.sub(up, RAISED + 1), first), tf.mul(tf.sub(down, RAISED + 1), second));
    return tf.add(rest, tf.sub(large, tf.mul(tf.add(logOdds[0], logOdds[1]), RAISED + 1)));
  }

  /** a / (a + b). */
  override mean(): tf.Tensor {
    return tf.div(this.concentration1, tf.add(this.concentration1, this.concentration0));
  }

  /** mean · (1 − mean) / (a + b + 1). */
  override variance(): tf.Tensor {
    const sum = tf.add(this.concentration1, this.concentration0);
    return tf.div(tf.mul(this.mean(), tf.div(this.concentration0, sum)), tf.add(sum, 1));
  }
}

/** x of its logit, within float32's numbers between 0 and 1. */
function inUnitInterval(logit: tf.Tensor): tf.Tensor {
  return tf.clipByValue(tf.sigmoid(logit), LOWEST, HIGHEST);
}

/** log(x/m) where x = m + apart. */
function logQuotient(logX: tf.Tensor, m: tf.Tensor, apart: tf.Tensor): tf.Tensor {
  const relative = tf.div(apart, m);
  const near = tf.log1p(tf.clipByValue(relative, -0.5, 0.5));
  const isNear = stopGradient(() => tf.less(tf.abs(relative), 0.5));
  return tf.where(isNear, near, tf.sub(logX, tf.log(m)));
}

interface GammaNoise {
  /** `[ROUNDS, ...shape]`, as `uniform`. */
  readonly normal: tf.Tensor;
  readonly uniform: tf.Tensor;
  /** `[...shape]` */
  readonly boost: tf.Tensor;
}

/** Logits of draws, with the implicit gradient. */
function logitDraws(a: tf.Tensor, b: tf.Tensor, noise: readonly GammaNoise[]): tf.Tensor {
  return tf.customGrad((...args) => {
    const [up, down, save] = args as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const logit = tf.sub(logGammaDraws(up, noise[0]!), logGammaDraws(down, noise[1]!));
    save([up, down, logit]);
    return {
      value: logit,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const slopes = logitSlopes(saved[0]!, saved[1]!, saved[2]!);
        return slopes.map((slope) => tf.mul(dy, slope));
      },
    };
  })(a, b);
}

/** log G, G ~ Gamma(a): of Gamma(a + 1) by Marsaglia & Tsang, times U^(1/a). */
function logGammaDraws(a: tf.Tensor, { normal, uniform, boost }: GammaNoise): tf.Tensor {
  const d = tf.add(a, 2 / 3);
  const root = tf.add(tf.div(normal, tf.mul(tf.sqrt(d), 3)), 1);
  const logCube = tf.mul(tf.log(tf.maximum(root, LOWEST)), 3);
  const bound = tf.add(tf.mul(tf.square(normal), 0.5), tf.mul(d, tf.add(tf.sub(1, tf.pow(root, 3)), logCube)));
  const accepted = tf.logicalAnd(tf.greater(root, 0), tf.less(tf.log(uniform), bound));
  return tf.add(tf.add(firstAccepted(logCube, accepted, 0), tf.log(d)), tf.div(tf.log(boost), a));
}

/** Nodes w and weights of ∫₀^∞ f(w) dw for f that falls over a length of about 1: w = exp(v − e⁻ᵛ), evenly in v. */
const QUADRATURE = (() => {
  const step = 0.15;
  return Array.from({ length: 44 }, (_, i) => {
    const v = -2.6 + step * i;
    const inverse = portableMath.exp(-v);
    const node = portableMath.exp(v - inverse);
    return { node, weight: step * node * (1 + inverse) };
  });
})();

/**
 * ∂t/∂a and ∂t/∂b of t = logit x at a fixed value of the distribution function: −∫_{−∞}^t q(τ)/q(t) s(τ) dτ with q the
 * density of t and s = ∂ log q, or the integral over the other side, whichever is the shorter tail.
 */
function logitSlopes(a: tf.Tensor, b: tf.Tensor, t: tf.Tensor): [tf.Tensor, tf.Tensor] {
  const isLeft = tf.less(tf.mul(tf.sigmoid(t), tf.add(a, b)), a);
  // Mirrored where the right tail is the shorter: x ↔ 1 − x, a ↔ b.
  const [own, other] = [tf.where(isLeft, a, b), tf.where(isLeft, b, a)];
  const logit = tf.where(isLeft, t, tf.neg(t));
  const sum = tf.add(own, other);
  const x = tf.sigmoid(logit);
  const rate = tf.sub(own, tf.mul(sum, x));
  const width = tf.reciprocal(tf.add(tf.maximum(rate, 0), tf.sqrt(tf.mul(tf.mul(sum, x), tf.sigmoid(tf.neg(logit))))));
  const [ownGap, otherGap] = digammaGaps(own, other);

  const nodes = (pick: 'node' | 'weight') =>
    tf.tensor(
      QUADRATURE.map((each) => each[pick]),
      [QUADRATURE.length, ...t.shape.map(() => 1)],
    );
  const w = tf.mul(nodes('node'), width);
  // softplus(t − w) − softplus(t)
  const bend = tf.log1p(tf.mul(x, tf.expm1(tf.neg(w))));
  const density = tf.mul(tf.exp(tf.neg(tf.add(tf.mul(own, w), tf.mul(sum, bend)))), tf.mul(nodes('weight'), width));
  const ownScore = tf.sub(tf.add(tf.neg(tf.softplus(tf.neg(logit))), ownGap), tf.add(w, bend));
  const otherScore = tf.sub(tf.add(tf.neg(tf.softplus(logit)), otherGap), bend);
  const byOwn = tf.neg(tf.sum(tf.mul(density, ownScore), 0));
  const byOther = tf.neg(tf.sum(tf.mul(density, otherScore), 0));
  return [tf.where(isLeft, byOwn, tf.neg(byOther)), tf.where(isLeft, byOther, tf.neg(byOwn))];
}
