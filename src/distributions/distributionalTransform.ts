import * as tf from '@tensorflow/tfjs-core';
import { broadcast } from '../bijectors/broadcast.ts';
import { stopGradient } from '../nn/stopGradient.ts';
import type { MultivariateNormalDiag } from './multivariateNormalDiag.ts';

const ROOT_HALF = Math.sqrt(0.5);
const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);
/** The least conditional density. Where it is less, a gradient is cut short, which happens to a sample with about this probability. */
const LEAST_DENSITY = 1e-12;

/**
 * Draws of a mixture of Gaussians as functions of its parameters: the same numbers, with gradients that reach all of them, the
 * weights too.
 *
 * The distributional transform zᵢ = Fᵢ(xᵢ | x₁ … xᵢ₋₁) takes a draw to uniform noise; with the noise held fixed, dx = −(∂z/∂x)⁻¹ ∂z,
 * number by number: dxᵢ = −dFᵢ / pᵢ(xᵢ | x₁ … xᵢ₋₁), where x₁ … xᵢ₋₁ move too. First derivatives only. Where components are far
 * apart, a draw between them is rare and its gradient by the weights large: the variance grows.
 *
 * Figurnov, Mohamed & Mnih, "Implicit Reparameterization Gradients", arXiv:1805.08498.
 *
 * @param draws `[..., dim]`, of which no gradient is taken
 * @param logits `[...batch, K]`
 * @param components with batch shape `[...batch, K]`
 */
export function distributionalTransform(
  draws: tf.Tensor,
  logits: tf.Tensor,
  components: MultivariateNormalDiag,
): tf.Tensor {
  const [dim] = components.eventShape as [number];
  const shape = [...components.batchShape, dim];
  const columns = (of: tf.Tensor): tf.Tensor[] =>
    dim === 1 ? [tf.reshape(of, shape.slice(0, -1))] : tf.unstack(broadcast(of, shape), -1);
  const [locs, logScales] = [columns(broadcast(components.loc, shape)), columns(broadcast(components.logScale, shape))];
  const moved: tf.Tensor[] = [];
  // log of the weights times the densities of the numbers so far, of each component.
  let joint = logits;
  tf.split(draws, dim, -1).forEach((x, i) => {
    const standardized = (at: tf.Tensor) => tf.mul(tf.sub(at, locs[i]!), tf.exp(tf.neg(logScales[i]!)));
    const weights = tf.softmax(joint);
    const u = standardized(x);
    const cdf = tf.sum(tf.mul(weights, tf.mul(0.5, tf.add(1, tf.erf(tf.mul(u, ROOT_HALF))))), -1, true);
    const density = stopGradient(() =>
      tf.sum(tf.mul(weights, tf.div(tf.exp(tf.sub(tf.mul(-0.5, tf.square(u)), logScales[i]!)), ROOT_TWO_PI)), -1, true),
    );
    const step = tf.div(
      tf.sub(
        cdf,
        stopGradient(() => tf.clone(cdf)),
      ),
      tf.maximum(density, LEAST_DENSITY),
    );
    const own = tf.sub(x, step);
    moved.push(own);
    joint = tf.sub(joint, tf.add(tf.mul(0.5, tf.square(standardized(own))), logScales[i]!));
  });
  return dim === 1 ? moved[0]! : tf.concat(moved, -1);
}
