import * as tf from '@tensorflow/tfjs-core';
import { ShiftScale } from '../bijectors/linear/shiftScale.ts';
import { portableMath } from '../portableMath.ts';

/** y = exp(logScale) ⊙ x with a variable `[dim]` that begins as log `scale`. @throws if the scale is no positive number */
export function initialFactor(dim: number, scale: number): ShiftScale {
  if (!(scale > 0 && scale < Number.POSITIVE_INFINITY)) {
    throw new Error(`flow: wanted a positive initialScale, got ${scale}`);
  }
  return new ShiftScale({ logScale: tf.tidy(() => tf.variable(tf.fill([dim], portableMath.log(scale)))) });
}
