import * as tf from '@tensorflow/tfjs-core';
import { portableMath } from '../portableMath.ts';

const BOUND = 10;

/**
 * log σ = log σ₀ + 10 tanh(raw / 10), of a network's output: between e⁻¹⁰ and e¹⁰ times the initial scale, smoothly. So far
 * out because a bound that is felt keeps modes from being narrow; without one, an observation far from all others can overflow.
 */
export function boundedLogScale(raw: tf.Tensor, initialScale: number): tf.Tensor {
  return tf.add(tf.mul(tf.tanh(tf.mul(raw, 1 / BOUND)), BOUND), portableMath.log(initialScale));
}
