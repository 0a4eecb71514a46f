import * as tf from '@tensorflow/tfjs-core';
import { RationalQuadraticSpline } from '../bijectors/spline.ts';
import { positiveInteger } from '../nn/sizes.ts';
import { checkArgument } from '../options/parse.ts';

/** How many unconstrained numbers a spline of `bins` bins has. */
export const splineQuantileParameters = (bins: number): number => 3 * bins + 1;

/**
 * The quantiles of a random variable Z at the midpoints τ̂ᵢ = (i + ½)/K, where its quantile function is a monotone rational-quadratic
 * spline S of [−1, 1] onto itself, moved and stretched:
 *
 *     Z(τ) = location + scale · S(2τ − 1),   scale = softplus(raw).
 *
 * They never cross: Z rises strictly in τ, and the support is [location − scale, location + scale].
 *
 * Luo et al., "Distributional Reinforcement Learning with Monotonic Splines", 2022.
 *
 * @param parameters `[rows, 3·bins + 1]`: logits of the widths of the bins, logits of their heights, raw derivatives of the bins − 1 inner
 * knots, location, raw scale. All 0 is uniform on ±log 2
 * @param count K
 * @returns `[rows, K]`
 */
export function splineQuantiles(parameters: tf.Tensor, bins: number, count: number): tf.Tensor {
  checkArgument('splineQuantiles', 'parameters', parameters, tf.Tensor);
  positiveInteger('splineQuantiles', 'count', count);
  const rows = parameters.shape[0]!;
  const [shape, derivatives, location, raw] = tf.split(tf.transpose(parameters), [2 * bins, bins - 1, 1, 1]);
  const spline = new RationalQuadraticSpline({
    bins: tf.reshape(shape!, [2, bins, rows]),
    derivatives: derivatives!,
    bound: 1,
  });
  const column = tf.tensor2d(
    midpointFractions(count).map((fraction) => 2 * fraction - 1),
    [count, 1],
  );
  const points = tf.tile(column, [1, rows]);
  return tf.transpose(tf.add(location!, tf.mul(tf.softplus(raw!), spline.forward(points))));
}

/** The midpoints τ̂ᵢ = (i + ½)/K of K equal parts of [0, 1]. */
export function midpointFractions(count: number): number[] {
  positiveInteger('midpointFractions', 'count', count);
  return Array.from({ length: count }, (_, i) => (i + 0.5) / count);
}
