import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../../nn/activation.ts';
import { Mlp } from '../../nn/mlp.ts';
import type { Rng } from '../../random.ts';
import { type Direction, sumLogDet, type WithLogDet } from '../bijector.ts';
import { ConditionalBijector } from '../conditionalBijector.ts';
import type { ElementwiseFamily } from '../elementwise/elementwiseFamily.ts';

export interface ConditionedOptions {
  readonly dim: number;
  readonly family: ElementwiseFamily;
  /** 0: the parameters are free variables. */
  readonly contextDim?: number;
  /** Widths of the network's hidden layers. */
  readonly hidden?: readonly number[];
  readonly activation?: Activation | undefined;
  readonly rng: Rng;
}

/**
 * Every entry of x through an elementwise bijector whose parameters depend on the context alone, or are free where there is
 * none. Its Jacobian is diagonal. The identity at first. In one dimension this takes the place of {@link Coupling}.
 */
export class Conditioned extends ConditionalBijector {
  /** From the context to the parameters; absent without a context. */
  readonly network: Mlp | undefined;
  /** `[parameters]`; absent with a context. */
  readonly parameters: tf.Variable | undefined;
  readonly #family: ElementwiseFamily;

  /** @throws if a size is not positive */
  constructor({ dim, family, contextDim = 0, hidden = [64, 64], activation, rng }: ConditionedOptions) {
    super(dim, contextDim);
    this.#family = family;
    const outputDim = family.parameterCount * dim;
    if (contextDim > 0) {
      this.network = new Mlp({ inputDim: contextDim, hidden, outputDim, activation, outputScale: 0, rng });
    } else {
      this.parameters = tf.tidy(() => tf.variable(tf.zeros([outputDim]), true));
    }
  }

  transform(input: tf.Tensor, direction: Direction, context?: tf.Tensor): WithLogDet {
    const parameters = context === undefined ? this.parameters! : this.network!.apply(context);
    const bijector = this.#family.bijector(parameters, this.dim);
    const [value, logDet] =
      direction === 'forward' ? bijector.forwardAndLogDet(input) : bijector.inverseAndLogDet(input);
    return [value, sumLogDet(logDet, 0, 1)];
  }
}
