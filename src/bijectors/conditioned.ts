import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../nn/dense.ts';
import { Mlp } from '../nn/mlp.ts';
import { checkNumbers } from '../nn/sizes.ts';
import { boundedLogScale } from '../nn/tensors.ts';
import { checkArgument, checkOptions } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import { Rng } from '../random.ts';
import {
  type Bijector,
  ConditionalBijector,
  type Direction,
  type Monotonicity,
  sumLogDet,
  type WithLogDet,
} from './bijector.ts';
import type { ElementwiseFamily, VectorFamily } from './families.ts';
import { ShiftScale } from './shiftScale.ts';

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

/** What σ is: one variable for each component, another output of the network, or what it is at first. */
export type ScaleKind = 'free' | 'state' | 'fixed';

/** Options of {@link LocationScale}. */
export interface LocationScaleOptions {
  readonly dim: number;
  /** 0: location and scale are free variables. */
  readonly contextDim?: number;
  /** Widths of the network's hidden layers. */
  readonly hidden?: readonly number[];
  readonly activation?: Activation | undefined;
  /** `'free'` by default. */
  readonly scale?: ScaleKind;
  /** σ before training, for good where it is fixed; 1. */
  readonly initialScale?: number;
  readonly rng: Rng;
}

/**
 * y = μ(context) + σ ⊙ x: over standard normal noise the usual Gaussian policy, over other noise that noise moved and
 * stretched. As the outermost map of a flow it is the flow's head: it says where and how wide, the layers below say of what shape.
 *
 * μ is a network's, near 0 at first. A σ that depends on the context lies within e^±10 times its initial value, smoothly.
 */
export class LocationScale extends ConditionalBijector {
  /** From the context to μ, and to σ where that depends on it; absent without a context. */
  readonly network: Mlp | undefined;
  /** `[dim]`; absent with a context. */
  readonly location: tf.Variable | undefined;
  /** log σ, `[dim]`, trainable where it is free; absent where it depends on the context. */
  readonly logScale: tf.Variable | undefined;
  readonly #initialScale: number;

  /** @throws if a size is not positive, `initialScale` no positive number, or a σ of the context is asked for without one */
  constructor(options: LocationScaleOptions) {
    const {
      dim,
      contextDim = 0,
      hidden = [64, 64],
      activation,
      scale = 'free',
      initialScale = 1,
      rng,
    } = checkOptions('LocationScale', options, {
      dim: Number,
      contextDim: [Number, undefined],
      hidden: [Array, undefined],
      activation: [String, undefined],
      scale: ['free', 'state', 'fixed', undefined],
      initialScale: [Number, undefined],
      rng: Rng,
    });
    super(dim, contextDim);
    if (!(initialScale > 0 && initialScale < Number.POSITIVE_INFINITY)) {
      throw new Error(`LocationScale: got ${initialScale}, expected a positive initialScale`);
    }
    if (scale === 'state' && contextDim === 0) {
      throw new Error(`LocationScale: got 0, expected a contextDim for the scale 'state'`);
    }
    this.#initialScale = initialScale;
    if (contextDim > 0) {
      const outputDim = scale === 'state' ? 2 * dim : dim;
      this.network = new Mlp({ inputDim: contextDim, hidden, outputDim, activation, outputScale: 0.01, rng });
    } else {
      this.location = tf.tidy(() => tf.variable(tf.zeros([dim])));
    }
    if (scale === 'state') return;
    const isTrainable = scale === 'free';
    this.logScale = tf.tidy(() => tf.variable(tf.fill([dim], portableMath.log(initialScale)), isTrainable));
  }

  /** Rising for one number, undefined for several. */
  override monotonicity(): Monotonicity | undefined {
    return this.dim === 1 ? 1 : undefined;
  }

  transform(input: tf.Tensor, direction: Direction, context?: tf.Tensor): WithLogDet {
    const bijector = new ShiftScale(this.parametersAt(context));
    const [value, logDet] =
      direction === 'forward' ? bijector.forwardAndLogDet(input) : bijector.inverseAndLogDet(input);
    return [value, sumLogDet(logDet, 0, 1)];
  }

  /** μ and log σ at a context, `[batch, dim]`; where they do not depend on it, `[dim]`. */
  parametersAt(context?: tf.Tensor): { shift: tf.Tensor; logScale: tf.Tensor } {
    const output = context === undefined ? this.location! : this.network!.apply(context);
    if (this.logScale !== undefined) return { shift: output, logScale: this.logScale };
    const [shift, raw] = tf.split(output, 2, 1) as [tf.Tensor, tf.Tensor];
    return { shift, logScale: boundedLogScale(raw, this.#initialScale) };
  }
}
