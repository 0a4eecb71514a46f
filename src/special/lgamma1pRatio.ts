import type * as tf from '@tensorflow/tfjs-core';
import { polynomial } from './polynomial.ts';

/** −γ, ζ(2)/2, −ζ(3)/3, … */
const SERIES = [
  -0.5772156649015329, 0.8224670334241132, -0.40068563438653143, 0.27058080842778454, -0.207385551028674,
  0.16955717699740822, -0.14404989676884614, 0.12550966952474304, -0.11133426586956469,
] as const;

/** log Γ(1 + d)/d for 0 ≤ d ≤ 1/8, elementwise. */
export function lgamma1pRatio(d: tf.Tensor): tf.Tensor {
  return polynomial(d, SERIES);
}
