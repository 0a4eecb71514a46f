import * as tf from '@tensorflow/tfjs-core';
import { broadcast } from '../bijectors/broadcast.ts';
import { wrapAngle } from '../bijectors/elementwise/wrapAngle.ts';
import { checkOptions } from '../options/checkArguments.ts';
import { portableMath } from '../portableMath.ts';
import type { Rng } from '../random.ts';
import { besselGap, logBesselI0e } from '../special/besselI.ts';
import { gaussLegendre } from '../special/gaussLegendre.ts';
import { Distribution } from './distribution.ts';
import { firstAccepted } from './firstAccepted.ts';
import { jointShape } from './jointShape.ts';

const LOG_TWO_PI = portableMath.log(2 * Math.PI);
/** Each is rejected with probability < 0.35, so that none is accepted once in 4·10⁸ draws. */
const ROUNDS = 19;
const FLAT = 1e-6;

/**
 * Von Mises over angles in [−π, π): log p(x) = κ (cos(x − loc) − 1) − log 2π − log(e^−κ I₀(κ)), κ = concentration.
 *
 * Draws are by rejection from a wrapped Cauchy distribution (Best & Fisher, "Efficient simulation of the von Mises
 * distribution", 1979), nineteen rounds of it, in half-angles, which stay exact for large κ. The gradient by κ is the implicit one,
 * −(∂F/∂κ)/p(x) (Figurnov et al., arXiv:1805.08498), by quadrature.
 *
 * `mean` is the circular mean, `variance` the circular variance 1 − I₁(κ)/I₀(κ) = 1 − E[cos(x − loc)].
 */
export class VonMises extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[] = [];
  readonly reparameterized = true;
  readonly loc: tf.Tensor;
  readonly concentration: tf.Tensor;

  /** @throws if the shapes do not fit */
  constructor(options: {
    /** the angle of greatest density, `[...batch]` */
    loc: tf.Tensor;
    /** κ ≥ 0, which broadcasts with it */
    concentration: tf.Tensor;
  }) {
    super();
    const { loc, concentration } = checkOptions('VonMises', options, { loc: tf.Tensor, concentration: tf.Tensor });
    this.batchShape = jointShape('VonMises', { loc, concentration });
    this.loc = loc;
    this.concentration = broadcast(concentration, this.batchShape);
  }

  override get angles(): boolean {
    return true;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    const shape = [...sampleShape, ...this.batchShape];
    const [turns, threshold] = [rng.uniformTensor([ROUNDS, ...shape]), rng.uniformTensor([ROUNDS, ...shape])];
    return wrapAngle(tf.add(angleDraws(broadcast(this.concentration, shape), turns, threshold), this.loc));
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const half = tf.sin(tf.mul(tf.sub(x, this.loc), 0.5));
    const fall = tf.mul(tf.mul(this.concentration, 2), tf.square(half));
    return tf.neg(tf.add(tf.add(fall, logBesselI0e(this.concentration)), LOG_TWO_PI));
  }

  /** log 2π + log(e^−κ I₀(κ)) + κ (1 − I₁(κ)/I₀(κ)). */
  override entropy(): tf.Tensor {
    const fall = tf.mul(this.concentration, besselGap(this.concentration));
    return tf.add(tf.add(fall, logBesselI0e(this.concentration)), LOG_TWO_PI);
  }

  override mean(): tf.Tensor {
    return wrapAngle(broadcast(this.loc, this.batchShape));
  }

  override mode(): tf.Tensor {
    return this.mean();
  }

  override variance(): tf.Tensor {
    return besselGap(this.concentration);
  }
}

/** Draws about 0. */
function angleDraws(concentration: tf.Tensor, turns: tf.Tensor, threshold: tf.Tensor): tf.Tensor {
  return tf.customGrad((...args) => {
    const [given, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const angle = rejectionDraws(tf.maximum(given, FLAT), turns, threshold);
    save([given, angle]);
    return {
      value: angle,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [tf.mul(dy, slopeByConcentration(saved[0]!, saved[1]!))],
    };
  })(concentration);
}

/**
 * With Q = sin²(θ/2) the target falls as e^(−2κQ) and the wrapped Cauchy proposal, tan(θ/2) = √(e/(1 + e)) tan(π(u − ½)), as
 * 1/(e + Q). With e = 1/(4κ) their quotient is greatest at Q = min(1, 1/(4κ)).
 */
function rejectionDraws(concentration: tf.Tensor, turns: tf.Tensor, threshold: tf.Tensor): tf.Tensor {
  const e = tf.reciprocal(tf.mul(concentration, 4));
  const top = tf.minimum(e, 1);
  const tangent = tf.mul(tf.sqrt(tf.div(e, tf.add(e, 1))), tf.tan(tf.mul(tf.sub(turns, 0.5), Math.PI)));
  const half = tf.atan(tangent);
  const q = tf.square(tf.sin(half));
  const logQuotient = tf.sub(
    tf.log(tf.div(tf.add(e, q), tf.add(e, top))),
    tf.mul(tf.mul(concentration, 2), tf.sub(q, top)),
  );
  return tf.mul(firstAccepted(half, tf.less(tf.log(threshold), logQuotient), 0), 2);
}

const { nodes: NODES, weights: WEIGHTS } = gaussLegendre(24);

/** ∂θ/∂κ at a fixed value of the distribution function: for θ ≥ 0 ∫_θ^π e^(κ (cos y − cos θ)) (cos y − I₁/I₀) dy, odd in θ. */
function slopeByConcentration(concentration: tf.Tensor, theta: tf.Tensor): tf.Tensor {
  const angle = tf.abs(theta);
  const q = tf.square(tf.sin(tf.mul(angle, 0.5)));
  // Where the integrand has fallen to e⁻¹⁸.
  const endQ = tf.minimum(tf.add(q, tf.div(9, tf.maximum(concentration, FLAT))), 1);
  const length = tf.maximum(tf.sub(tf.mul(tf.asin(tf.sqrt(endQ)), 2), angle), 0);
  const ones = theta.shape.map(() => 1);
  const step = tf.mul(tf.tensor(NODES, [NODES.length, ...ones]), length);
  const halfStep = tf.mul(step, 0.5);
  const y = tf.add(angle, step);
  // cos θ − cos y = 2 sin(½(y + θ)) sin(½(y − θ))
  const fall = tf.mul(tf.mul(tf.sin(tf.add(angle, halfStep)), tf.sin(halfStep)), tf.mul(concentration, 2));
  const score = tf.sub(besselGap(concentration), tf.mul(tf.square(tf.sin(tf.mul(y, 0.5))), 2));
  const integrand = tf.mul(tf.mul(tf.exp(tf.neg(fall)), score), tf.tensor(WEIGHTS, [WEIGHTS.length, ...ones]));
  return tf.mul(tf.sign(theta), tf.mul(tf.sum(integrand, 0), length));
}
