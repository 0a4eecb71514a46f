import * as tf from '@tensorflow/tfjs-core';
import { checkArgument } from '../../options/checkArguments.ts';
import type { Parameter } from '../parameter.ts';
import { ShiftScale } from './shiftScale.ts';

/** y = x + shift, log-determinant 0. */
export class Shift extends ShiftScale {
  constructor(shift: Parameter) {
    checkArgument('Shift', 'shift', shift, [Number, Array, tf.Tensor]);
    super({ shift });
  }
}
