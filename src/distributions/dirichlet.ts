import * as tf from '@tensorflow/tfjs-core';
import { broadcast, stopGradient, withGradient } from '../nn/tensors.ts';
import { checkOptions } from '../options/parse.ts';
import type { Rng } from '../random.ts';
import { expExcess, HALF_LOG_TWO_PI, outOfProportion } from '../special/elementary.ts';
import { digammaRest, lgammaRest } from '../special/gamma.ts';
import { Distribution, type SampleWithLogProb } from './distribution.ts';
import { gammaNoise, logGammaOverMean } from './sampling.ts';
import { impossibleOutside } from './support.ts';

const LOWEST = 2 ** -126;
/** How far from 1 the entries of a point may add up to. */
const SLACK = 1e-3;

/**
 * Dirichlet(a) over the simplex of x > 0 with Σ x = 1, a = concentration: log p(x) = Σ (aᵢ − 1) log xᵢ − log B(a), a density over all components
 * but the last; 0 elsewhere. B(a) = Π Γ(aᵢ) / Γ(Σ aᵢ).
 *
 * A draw is G/ΣG of gamma draws, whose implicit gradients ({@link Gamma}) are the draw's. Entries of draws and arguments are no less than 2⁻¹²⁶;
 * of very small concentrations much of the mass lies nearer to the faces than float32 does. `sampleWithLogProb`, and so the entropy's
 * estimate, is exact then, too. An argument stands for the point x/Σx; one whose sum is farther than 10⁻³ from 1 is not on the simplex.
 */
export class Dirichlet extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[];
  readonly reparameterized = true;
  readonly concentration: tf.Tensor;

  /**
   * @param concentration a > 0, `[...batch, k]`, k ≥ 2
   * @throws if it is not float32, or not that
   */
  constructor(options: { concentration: tf.Tensor }) {
    super();
    const { concentration } = checkOptions('Dirichlet', options, { concentration: tf.Tensor });
    const { dtype, shape } = concentration;
    if (dtype !== 'float32' || !(shape.at(-1)! >= 2)) {
      throw new Error(`Dirichlet: got ${dtype} [${shape}], expected a float32 concentration [..., k] with k ≥ 2`);
    }
    this.batchShape = shape.slice(0, -1);
    this.eventShape = shape.slice(-1);
    this.concentration = concentration;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return inside(this.#draws(rng, sampleShape).logX);
  }

  /** The log-density is that of the draw before it is rounded, which may lie nearer to a face than float32 does. */
  protected override computeSampleWithLogProb(rng: Rng, sampleShape: number[]): SampleWithLogProb {
    const { a, logX, over } = this.#draws(rng, sampleShape);
    return { sample: inside(logX), logProb: tf.sub(logDensity(a, logX, over), tf.sum(logX, -1)) };
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const shape = tf.broadcast_util.assertAndGetBroadcastShape(x.shape, this.concentration.shape);
    const [value, a] = [broadcast(x, shape), broadcast(this.concentration, shape)];
    const positive = tf.maximum(value, LOWEST);
    const logX = tf.sub(tf.log(positive), tf.log(tf.sum(positive, -1, true)));
    const over = stopGradient(() => {
      const apart = tf.div(outOfProportion(a, positive), a);
      const near = tf.log1p(tf.clipByValue(apart, -0.5, 0.5));
      return tf.where(tf.less(tf.abs(apart), 0.5), near, tf.sub(logX, logProportions(a)));
    });
    return impossibleOutside(
      () => {
        const isPositive = tf.greaterEqual(tf.min(value, -1), 0);
        return tf.logicalAnd(isPositive, tf.less(tf.abs(tf.sub(tf.sum(value, -1), 1)), SLACK));
      },
      tf.sub(logDensity(a, logX, over), tf.sum(logX, -1)),
    );
  }

  /** log B(a) + (A − k) ψ(A) − Σ (aᵢ − 1) ψ(aᵢ), A = Σ a, the terms that grow with a left out, since they cancel. */
  override entropy(): tf.Tensor {
    const a = this.concentration;
    const sum = tf.sum(a, -1);
    const [k] = this.eventShape as [number];
    const roots = tf.sub(tf.mul(tf.sum(tf.log(a), -1), 0.5), tf.mul(tf.log(sum), k - 0.5));
    const whole = tf.sub(tf.mul(tf.sub(sum, k), digammaRest(sum)), lgammaRest(sum));
    const each = tf.sum(tf.sub(lgammaRest(a), tf.mul(tf.sub(a, 1), digammaRest(a))), -1);
    return tf.add(tf.add(roots, tf.add(whole, each)), (k - 1) * HALF_LOG_TWO_PI);
  }

  /** a / Σ a. */
  override mean(): tf.Tensor {
    return tf.div(this.concentration, tf.sum(this.concentration, -1, true));
  }

  /** (a − 1) / Σ (a − 1), where components with a < 1 are 0; NaN where no component's concentration is above 1. */
  override mode(): tf.Tensor {
    const above = tf.maximum(tf.sub(this.concentration, 1), 0);
    return tf.div(above, tf.sum(above, -1, true));
  }

  /** mean · (1 − mean) / (Σ a + 1). */
  override variance(): tf.Tensor {
    const a = this.concentration;
    const sum = tf.sum(a, -1, true);
    return tf.div(tf.mul(tf.div(a, sum), tf.div(tf.sub(sum, a), sum)), tf.add(sum, 1));
  }

  /** Logarithms of draws, and what they are over those of the mean. */
  #draws(rng: Rng, sampleShape: number[]) {
    const a = broadcast(this.concentration, [...sampleShape, ...this.concentration.shape]);
    const each = logGammaOverMean(a, gammaNoise(rng, a.shape));
    // log Σ mᵢ eᵘⁱ = log(1 + Σ mᵢ (eᵘⁱ − 1)), m the mean
    const logMean = logProportions(a);
    const gain = tf.sum(tf.mul(tf.exp(logMean), tf.expm1(each)), -1, true);
    const isNear = stopGradient(() => tf.less(tf.abs(gain), 0.5));
    const near = tf.log1p(tf.clipByValue(gain, -0.5, 0.5));
    const total = tf.where(isNear, near, tf.logSumExp(tf.add(each, logMean), -1, true));
    const over = tf.sub(each, total);
    return { a, over, logX: tf.add(over, logMean) };
  }
}

/** x of its logarithm, no less than float32's positive numbers are. */
function inside(logX: tf.Tensor): tf.Tensor {
  return tf.clipByValue(tf.exp(logX), LOWEST, 1);
}

/** log(a/Σa). */
function logProportions(a: tf.Tensor): tf.Tensor {
  return tf.sub(tf.log(a), tf.log(tf.sum(a, -1, true)));
}

/**
 * log of Π xᵢ^aᵢ / B(a) over the last axis, at xᵢ = mᵢ e^overᵢ with the mean m = a/A, A = Σ a. With σ = {@link lgammaRest}
 *
 *     ½ Σ log aᵢ − ½ log A − ½ (k − 1) log 2π + σ(A) − Σ σ(aᵢ) − Σ aᵢ (e^overᵢ − 1 − overᵢ)
 *
 * in which nothing grows and cancels. Gradients are those by a and by log x, in closed form; `over` takes none.
 */
function logDensity(concentration: tf.Tensor, logX: tf.Tensor, over: tf.Tensor): tf.Tensor {
  const value = (a: tf.Tensor, _: tf.Tensor, from: tf.Tensor) => {
    const sum = tf.sum(a, -1);
    const halves = tf.sub(tf.sum(tf.log(a), -1), tf.log(sum));
    const rests = tf.sub(lgammaRest(sum), tf.sum(tf.add(lgammaRest(a), tf.mul(a, expExcess(from))), -1));
    return tf.sub(tf.add(tf.mul(halves, 0.5), rests), (a.shape.at(-1)! - 1) * HALF_LOG_TWO_PI);
  };
  return withGradient([concentration, logX, over], value, (dy, [a, , from]) => {
    const slope = tf.expandDims(dy, -1);
    const rest = tf.sub(digammaRest(tf.sum(a, -1, true)), digammaRest(a));
    return [tf.mul(slope, tf.add(from, rest)), tf.neg(tf.mul(slope, tf.mul(a, tf.expm1(from)))), tf.zerosLike(from)];
  });
}
