import { positiveInteger } from '../../nn/positiveInteger.ts';
import { Permute } from './permute.ts';

/** The last axis, of size `dim`, in opposite order; log-determinant 0. */
export class Reverse extends Permute {
  /** @throws if `dim` is no positive integer */
  constructor(dim: number) {
    positiveInteger('Reverse', 'dim', dim);
    super(Array.from({ length: dim }, (_, i) => dim - 1 - i));
  }
}
