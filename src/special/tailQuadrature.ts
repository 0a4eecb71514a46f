import * as tf from '@tensorflow/tfjs-core';
import { portableMath } from '../portableMath.ts';

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
 * Nodes and weights of ∫₀^∞ f(w) dw, `[nodes, ...width's shape]`, for f that falls over a length of about `width`, and changes over
 * shorter ones only next to 0, in proportion to w. They are dense next to 0 in the manner of powers, so that 10⁻⁶ of the width is still seen.
 */
export function tailQuadrature(width: tf.Tensor): { nodes: tf.Tensor; weights: tf.Tensor } {
  const scaled = (pick: 'node' | 'weight') =>
    tf.mul(
      tf.tensor(
        QUADRATURE.map((each) => each[pick]),
        [QUADRATURE.length, ...width.shape.map(() => 1)],
      ),
      width,
    );
  return { nodes: scaled('node'), weights: scaled('weight') };
}
