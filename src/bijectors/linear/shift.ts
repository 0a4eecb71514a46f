import type { Parameter } from '../parameter.ts';
import { ShiftScale } from './shiftScale.ts';

/** y = x + shift, log-determinant 0. */
export class Shift extends ShiftScale {
  constructor(shift: Parameter) {
    super({ shift });
  }
}
