import * as tf from '@tensorflow/tfjs-core';
import { withGradient } from '../nn/tensors.ts';
import type { Rng } from '../random.ts';
import { slopeOver } from '../special/gamma.ts';

const LOWEST = 2 ** -126;
/** Each is rejected with probability < 0.0484, so that of a draw none is accepted once in 7·10⁷ times. */
const ROUNDS = 6;

/** What draws of Gamma(a) are made of. */
export interface GammaNoise {
  /** `[ROUNDS, ...shape]`, as `uniform`. */
  readonly normal: tf.Tensor;
  readonly uniform: tf.Tensor;
  /** `[...shape]` */
  readonly boost: tf.Tensor;
}

export function gammaNoise(rng: Rng, shape: readonly number[]): GammaNoise {
  return {
    normal: rng.normalTensor([ROUNDS, ...shape]),
    uniform: rng.uniformTensor([ROUNDS, ...shape]),
    boost: rng.uniformTensor([...shape]),
  };
}

/**
 * log G, G ~ Gamma(a), of the noise's shape and without a gradient: of Gamma(a + 1) by rejection (Marsaglia & Tsang, "A simple method for
 * generating gamma variables", 2000), six rounds of it, times U^(1/a).
 */
export function logGammaDraws(a: tf.Tensor, noise: GammaNoise): tf.Tensor {
  const { logCube, logBoost, d } = drawn(a, noise);
  return tf.add(tf.add(logCube, tf.log(d)), logBoost);
}

/** log(G/a), G ~ Gamma(a), of the noise's shape and without a gradient: small next to large a, whose logarithm would take the digits. */
export function logGammaDrawsOverMean(a: tf.Tensor, noise: GammaNoise): tf.Tensor {
  const { logCube, logBoost } = drawn(a, noise);
  // log(d/a), d = a + 2/3
  return tf.add(tf.add(logCube, tf.log1p(tf.div(2 / 3, a))), logBoost);
}

/**
 * The same with its gradient, the implicit one: −(∂F/∂a)/p with F the distribution function (Figurnov et al., "Implicit Reparameterization
 * Gradients", arXiv:1805.08498), by quadrature: {@link slopeOver}.
 */
export function logGammaOverMean(a: tf.Tensor, noise: GammaNoise): tf.Tensor {
  return withGradient(
    [a],
    (shape) => logGammaDrawsOverMean(shape, noise),
    (dy, [shape], over) => [tf.mul(dy, slopeOver(shape, over))],
  );
}

function drawn(a: tf.Tensor, { normal, uniform, boost }: GammaNoise) {
  const d = tf.add(a, 2 / 3);
  const root = tf.add(tf.div(normal, tf.mul(tf.sqrt(d), 3)), 1);
  const logCube = tf.mul(tf.log(tf.maximum(root, LOWEST)), 3);
  const bound = tf.add(tf.mul(tf.square(normal), 0.5), tf.mul(d, tf.add(tf.sub(1, tf.pow(root, 3)), logCube)));
  const accepted = tf.logicalAnd(tf.greater(root, 0), tf.less(tf.log(uniform), bound));
  return { logCube: firstAccepted(logCube, accepted, 0), logBoost: tf.div(tf.log(boost), a), d };
}

/**
 * Rejection sampling with a fixed number of rounds, which a traced graph can hold: the first proposal that is accepted.
 * @param proposals `[rounds, ...shape]`
 * @param accepted which of them are, as bool
 * @param fallback where none is; choose so many rounds that it never shows
 */
export function firstAccepted(proposals: tf.Tensor, accepted: tf.Tensor, fallback: number): tf.Tensor {
  const taken = tf.cast(accepted, 'float32');
  const before = tf.cumsum(taken, 0, true);
  const first = tf.mul(taken, tf.cast(tf.equal(before, 0), 'float32'));
  return tf.add(tf.sum(tf.mul(first, tf.sub(proposals, fallback)), 0), fallback);
}
