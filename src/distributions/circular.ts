import * as tf from '@tensorflow/tfjs-core';
import { broadcast, inFrontOf, select, withGradient, wrapAngle } from '../nn/tensors.ts';
import { checkArgument } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import type { Rng } from '../random.ts';
import { besselGap, logBesselI0e } from '../special/besselI.ts';
import { HALF_LOG_TWO_PI } from '../special/elementary.ts';
import { gaussLegendre } from '../special/quadrature.ts';
import { Distribution } from './distribution.ts';
import { MixtureSameFamily } from './mixtureSameFamily.ts';
import { MultivariateNormalDiag } from './multivariateNormal.ts';
import { firstAccepted } from './sampling.ts';
import { ScalarDistribution } from './shapes.ts';

const LOG_TWO_PI = portableMath.log(2 * Math.PI);
/** Each is rejected with probability < 0.35, so that none is accepted once in 4·10⁸ draws. */
const ROUNDS = 19;
const FLAT_CONCENTRATION = 1e-6;

/**
 * Von Mises over angles in [−π, π): log p(x) = κ (cos(x − loc) − 1) − log 2π − log(e^−κ I₀(κ)), κ = concentration.
 *
 * Draws are by rejection from a wrapped Cauchy distribution (Best & Fisher, "Efficient simulation of the von Mises
 * distribution", 1979), nineteen rounds of it, in half-angles, which stay exact for large κ. The gradient by κ is the implicit one,
 * −(∂F/∂κ)/p(x) (Figurnov et al., arXiv:1805.08498), by quadrature.
 *
 * `mean` is the circular mean, `variance` the circular variance 1 − I₁(κ)/I₀(κ) = 1 − E[cos(x − loc)].
 */
export class VonMises extends ScalarDistribution {
  override readonly angles = true;
  readonly loc: tf.Tensor;
  readonly concentration: tf.Tensor;

  /** @throws if the shapes do not fit */
  constructor(options: {
    /** the angle of greatest density, `[...batch]` */
    loc: tf.Tensor;
    /** κ ≥ 0, which broadcasts with it */
    concentration: tf.Tensor;
  }) {
    super(options, ['loc', 'concentration']);
    this.loc = options.loc;
    this.concentration = broadcast(options.concentration, this.batchShape);
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
  return withGradient(
    [concentration],
    (own) => rejectionDraws(tf.maximum(own, FLAT_CONCENTRATION), turns, threshold),
    (dy, [own], angle) => [tf.mul(dy, slopeByConcentration(own, angle))],
  );
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
  const endQ = tf.minimum(tf.add(q, tf.div(9, tf.maximum(concentration, FLAT_CONCENTRATION))), 1);
  const length = tf.maximum(tf.sub(tf.mul(tf.asin(tf.sqrt(endQ)), 2), angle), 0);
  const step = tf.mul(inFrontOf(theta, NODES), length);
  const halfStep = tf.mul(step, 0.5);
  const y = tf.add(angle, step);
  // cos θ − cos y = 2 sin(½(y + θ)) sin(½(y − θ))
  const fall = tf.mul(tf.mul(tf.sin(tf.add(angle, halfStep)), tf.sin(halfStep)), tf.mul(concentration, 2));
  const score = tf.sub(besselGap(concentration), tf.mul(tf.square(tf.sin(tf.mul(y, 0.5))), 2));
  const integrand = tf.mul(tf.mul(tf.exp(tf.neg(fall)), score), inFrontOf(theta, WEIGHTS));
  return tf.mul(tf.sign(theta), tf.mul(tf.sum(integrand, 0), length));
}

/** Below this σ the sum over whole turns has few terms that count, above it the sum over harmonics. */
const MIDDLE = 2.5;
/** Whole turns to each side, and harmonics: what is left out is below e⁻¹⁹ of the density. */
const TURNS = 2;
const HARMONICS = 2;
/** A larger σ is this: the density is flat in float32. */
const FLAT_SCALE = 10;

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
  readonly batchShape: number[];
  readonly eventShape: number[];
  readonly reparameterized = true;
  override readonly angles = true;
  /** y. */
  readonly normal: MultivariateNormalDiag;

  constructor(normal: MultivariateNormalDiag) {
    super();
    checkArgument('WrappedNormal', 'normal', normal, MultivariateNormalDiag);
    this.batchShape = normal.batchShape;
    this.eventShape = normal.eventShape;
    this.normal = normal;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return wrapAngle(this.normal.sample(rng, sampleShape));
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const { loc, logScale } = this.normal;
    const scale = tf.exp(tf.minimum(logScale, portableMath.log(FLAT_SCALE)));
    const angle = wrapAngle(tf.sub(x, loc));
    const logDensity = select(
      () => tf.less(tf.add(scale, tf.zerosLike(angle)), MIDDLE),
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

/**
 * A Gaussian with independent components, or a mixture of them, wound round the circle: the angles x = y mod 2π in [−π, π) of its draws
 * y, of density Σₖ p(x + 2πk), that of {@link WrappedNormal} or a mixture of it. Reparameterized where the distribution is: an
 * angle moves round the circle as y moves along the line.
 */
export class Wrapped extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[];
  readonly reparameterized: boolean;
  override readonly angles = true;
  /** The distribution of y. */
  readonly distribution: Distribution;
  readonly #density: Distribution;

  /** @throws if the distribution is another */
  constructor(distribution: Distribution) {
    super();
    checkArgument('Wrapped', 'distribution', distribution, Distribution);
    this.batchShape = distribution.batchShape;
    this.eventShape = distribution.eventShape;
    this.reparameterized = distribution.reparameterized;
    this.distribution = distribution;
    this.#density = wrappedDensity(distribution);
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return wrapAngle(this.distribution.sample(rng, sampleShape));
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    return this.#density.logProb(x);
  }
}

function wrappedDensity(distribution: Distribution): Distribution {
  if (distribution instanceof MultivariateNormalDiag) return new WrappedNormal(distribution);
  if (distribution instanceof MixtureSameFamily) {
    const { logits, components } = distribution;
    return new MixtureSameFamily({ logits, components: wrappedDensity(components) });
  }
  throw new Error(
    `Wrapped: got ${distribution.constructor.name}, expected a MultivariateNormalDiag or a mixture of them`,
  );
}
