import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../../nn/activation.ts';
import { Mlp } from '../../nn/mlp.ts';
import { checkNumbers } from '../../nn/whileLoading.ts';
import { checkArgument, checkOptions } from '../../options/checkArguments.ts';
import { Rng } from '../../random.ts';
import { type Bijector, type Direction, type Monotonicity, sumLogDet, type WithLogDet } from '../bijector.ts';
import { ConditionalBijector } from '../conditionalBijector.ts';
import type { ElementwiseFamily } from '../elementwise/elementwiseFamily.ts';
import type { VectorFamily } from './vectorFamily.ts';

/** Options of {@link Conditioned}. */
export interface ConditionedOptions {
  readonly dim: number;
  readonly family: ElementwiseFamily | VectorFamily;
  /** 0: the parameters are free variables. */
  readonly contextDim?: number;
  /** Widths of the network's hidden layers. */
  readonly hidden?: readonly number[];
  readonly activation?: Activation | undefined;
  readonly rng: Rng;
}

/**
 * x through a bijector whose parameters depend on the context alone, or are free where there is none.
 *
 * With an elementwise family each entry has parameters of its own. The map is then the identity at first, and in one dimension it
 * takes the place of {@link Coupling}. With a family of maps of vectors the map begins with the family's initial parameters,
 * whatever the context.
 */
export class Conditioned extends ConditionalBijector {
  /** From the context to the parameters; absent without a context. */
  readonly network: Mlp | undefined;
  /** `[parameters]`; absent with a context. */
  readonly parameters: tf.Variable | undefined;
  readonly #family: ElementwiseFamily | VectorFamily;

  /** @throws if a size is not positive */
  constructor(options: ConditionedOptions) {
    const {
      dim,
      family,
      contextDim = 0,
      hidden = [64, 64],
      activation,
      rng,
    } = checkOptions('Conditioned', options, {
      dim: Number,
      family: Object,
      contextDim: [Number, undefined],
      hidden: [Array, undefined],
      activation: [String, undefined],
      rng: Rng,
    });
    super(dim, contextDim);
    this.#family = family;
    const { parameterCount } = family;
    checkArgument('Conditioned', 'family.parameterCount', parameterCount, [Number, Function]);
    checkNumbers(typeof parameterCount === 'number' ? parameterCount * dim : parameterCount(dim));
    const initial = initialParameters(family, dim, rng);
    const outputDim = initial.length;
    if (contextDim > 0) {
      this.network = new Mlp({ inputDim: contextDim, hidden, outputDim, activation, outputScale: 0, rng });
      tf.tidy(() => this.network!.layers.at(-1)!.bias!.assign(tf.tensor1d(initial)));
    } else {
      this.parameters = tf.tidy(() => tf.variable(tf.tensor1d(initial), true));
    }
  }

  /**
   * The family's bijector with its parameters filled in: a batch of maps `[batch]` where there is a context `[batch, contextDim]`.
   */
  at(context?: tf.Tensor): Bijector {
    const parameters = context === undefined ? this.parameters! : this.network!.apply(context);
    return this.#family.bijector(parameters, this.dim);
  }

  /** That of the family's bijector, of one number. */
  override monotonicity(context?: tf.Tensor): Monotonicity | undefined {
    return this.dim === 1 ? this.at(context).monotonicity() : undefined;
  }

  transform(input: tf.Tensor, direction: Direction, context?: tf.Tensor): WithLogDet {
    const bijector = this.at(context);
    const [value, logDet] =
      direction === 'forward' ? bijector.forwardAndLogDet(input) : bijector.inverseAndLogDet(input);
    return [value, sumLogDet(logDet, bijector.eventNdims, 1)];
  }
}

function initialParameters(family: ElementwiseFamily | VectorFamily, dim: number, rng: Rng): Float32Array {
  return typeof family.parameterCount === 'number'
    ? new Float32Array(family.parameterCount * dim)
    : (family as VectorFamily).initialParameters(dim, rng.split('initial'));
}
