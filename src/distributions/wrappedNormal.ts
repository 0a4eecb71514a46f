import * as tf from '@tensorflow/tfjs-core';
import { wrapAngle } from '../bijectors/elementwise/wrapAngle.ts';
import { stopGradient } from '../nn/stopGradient.ts';
import { checkArgument } from '../options/checkArguments.ts';
import { portableMath } from '../portableMath.ts';
import type { Rng } from '../random.ts';
import { HALF_LOG_TWO_PI } from '../special/halfLogTwoPi.ts';
import { Distribution } from './distribution.ts';
import { MultivariateNormalDiag } from './multivariateNormalDiag.ts';

/** Below this σ the sum over whole turns has few terms that count, above it the sum over harmonics. */
const MIDDLE = 2.5;
/** Whole turns to each side, and harmonics: what is left out is below e⁻¹⁹ of the density. */
const TURNS = 2;
const HARMONICS = 2;
/** A larger σ is this: the density is flat in float32. */
const FLAT = 10;

const LOG_TWO_PI = portableMath.log(2 * Math.PI);

/**
 * The normal distribution wound round the circle, in each component independently: the angles x = y mod 2π in [−π, π) of
 * y ~ N(loc, diag(exp(logScale)²)), with density per component
 *
 *   p(x) = Σₖ N(x + 2πk; μ, σ²) = (1 + 2 Σₙ ρ^(n²) cos n(x − μ)) / 2π,  ρ = e^(−σ²/2),
 *
 * the first sum where σ is small, the second where it is large: exact in float32 for every μ and σ.
 *
 * Mardia & Jupp, "Directional Statistics", 2000, section 3.5.7.
 */
export class WrappedNormal extends Distribution {
  readonly reparameterized = true;
  /** y. */
  readonly normal: MultivariateNormalDiag;

  constructor(normal: MultivariateNormalDiag) {
    super();
    checkArgument('WrappedNormal', 'normal', normal, MultivariateNormalDiag);
    this.normal = normal;
  }

  override get angles(): boolean {
    return true;
  }

  get batchShape(): number[] {
    return this.normal.batchShape;
  }

  get eventShape(): number[] {
    return this.normal.eventShape;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return wrapAngle(this.normal.sample(rng, sampleShape));
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const { loc, logScale } = this.normal;
    const scale = tf.exp(tf.minimum(logScale, portableMath.log(FLAT)));
    const angle = wrapAngle(tf.sub(x, loc));
    const logDensity = tf.where(
      stopGradient(() => tf.less(tf.add(scale, tf.zerosLike(angle)), MIDDLE)),
      overTurns(angle, tf.minimum(scale, MIDDLE)),
      overHarmonics(angle, tf.maximum(scale, MIDDLE)),
    );
    return tf.sum(logDensity, -1);
  }

  /** The direction of the mean of (cos x, sin x). */
  override mean(): tf.Tensor {
    return wrapAngle(this.normal.mean());
  }

  override mode(): tf.Tensor {
    return this.mean();
  }

  /** The circular variance 1 − E[cos(x − loc)] = 1 − e^(−σ²/2). */
  override variance(): tf.Tensor {
    return tf.neg(tf.expm1(tf.mul(this.normal.variance(), -0.5)));
  }
}

function overTurns(angle: tf.Tensor, scale: tf.Tensor): tf.Tensor {
  const shifts = Array.from({ length: 2 * TURNS + 1 }, (_, i) => 2 * Math.PI * (i - TURNS));
  // The turns' axis lies before all others, of which σ may have more than the angle.
  const ones = new Array<number>(Math.max(angle.rank, scale.rank)).fill(1);
  const each = tf.add(angle, tf.tensor(shifts, [shifts.length, ...ones]));
  const exponents = tf.mul(-0.5, tf.square(tf.div(each, scale)));
  return tf.sub(tf.logSumExp(exponents, 0), tf.add(tf.log(scale), HALF_LOG_TWO_PI));
}

function overHarmonics(angle: tf.Tensor, scale: tf.Tensor): tf.Tensor {
  const logRho = tf.mul(-0.5, tf.square(scale));
  let sum: tf.Tensor = tf.onesLike(angle);
  for (let n = 1; n <= HARMONICS; n++) {
    sum = tf.add(sum, tf.mul(tf.mul(2, tf.exp(tf.mul(logRho, n * n))), tf.cos(tf.mul(angle, n))));
  }
  return tf.sub(tf.log(sum), LOG_TWO_PI);
}
