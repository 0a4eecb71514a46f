import * as tf from '@tensorflow/tfjs-core';
import { broadcast } from '../bijectors/broadcast.ts';
import { stopGradient } from '../nn/stopGradient.ts';
import type { Tails } from './distribution.ts';

/**
 * Tails within a support: at its lower end and below all of the mass lies above, at its upper end and beyond below, with gradient 0.
 * @param tails finite everywhere: of an argument that has been clamped to the support
 */
export function tailsInside(x: tf.Tensor, low: number, high: number, { below, above }: Tails): Tails {
  const at = broadcast(x, below.shape);
  const isUnder = stopGradient(() => tf.lessEqual(at, low));
  const isOver = stopGradient(() => tf.greaterEqual(at, high));
  const settled = (value: tf.Tensor, under: number, over: number) =>
    tf.where(isUnder, tf.fill(value.shape, under), tf.where(isOver, tf.fill(value.shape, over), value));
  return { below: settled(below, 0, 1), above: settled(above, 1, 0) };
}
