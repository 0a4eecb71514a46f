import * as tf from '@tensorflow/tfjs-core';
import { checkArgument } from '../../options/checkArguments.ts';
import type { Parameter } from '../parameter.ts';
import { ShiftScale } from './shiftScale.ts';

/** y = scale·x, log-determinant log|scale|. */
export class Scale extends ShiftScale {
  /** @throws if `scale` is given in numbers and one is 0 or not finite */
  constructor(scale: Parameter) {
    checkArgument('Scale', 'scale', scale, [Number, Array, tf.Tensor]);
    super({ scale });
  }
}
