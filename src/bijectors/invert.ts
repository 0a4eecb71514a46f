import type * as tf from '@tensorflow/tfjs-core';
import { checkArgument } from '../options/checkArguments.ts';
import { Bijector, type Monotonicity, type WithLogDet } from './bijector.ts';

/** The inverse of a bijector, as a bijector: forward and inverse change places. */
export class Invert extends Bijector {
  readonly eventNdims: 0 | 1;
  override readonly dim: number | undefined;
  readonly bijector: Bijector;

  constructor(bijector: Bijector) {
    super();
    checkArgument('Invert', 'bijector', bijector, Bijector);
    this.bijector = bijector;
    this.eventNdims = bijector.eventNdims;
    this.dim = bijector.outputDim;
  }

  override get outputDim(): number | undefined {
    return this.bijector.dim;
  }

  override get parameterShape(): readonly number[] {
    const shape = this.bijector.parameterShape;
    return this.dim === undefined || shape.length === 0 ? shape : shape.with(-1, this.dim);
  }

  override given(context?: tf.Tensor): Bijector {
    const bijector = this.bijector.given(context);
    return bijector === this.bijector ? this : new Invert(bijector);
  }

  override monotonicity(): Monotonicity | undefined {
    return this.bijector.monotonicity();
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return this.bijector.inverseAndLogDet(x);
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return this.bijector.forwardAndLogDet(y);
  }
}
