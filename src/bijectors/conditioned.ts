import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { layerOptions, Mlp } from '../nn/mlp.ts';
import { checkNumbers } from '../nn/sizes.ts';
import { boundedLogScale } from '../nn/tensors.ts';
import { choice, positive } from '../options/fields.ts';
import { parseOptions } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import {
  applied,
  type Bijector,
  ConditionalBijector,
  type Direction,
  type Monotonicity,
  sumLogDet,
  type WithLogDet,
} from './bijector.ts';
import { type ElementwiseFamily, elementwiseFamilySchema, type VectorFamily, vectorFamilySchema } from './families.ts';
import { ShiftScale } from './shiftScale.ts';

const conditionedOptions = z.strictObject({
  ...layerOptions,
  family: z
    .union([elementwiseFamilySchema, vectorFamilySchema], 'an ElementwiseFamily or a VectorFamily')
    .describe('the bijector whose parameters depend on the context'),
});

/** Options of {@link Conditioned}; with a `contextDim` of 0 the parameters are free variables. */
export type ConditionedOptions = z.input<typeof conditionedOptions>;

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
    const { dim, family, contextDim, ...network } = parseOptions('Conditioned', conditionedOptions, options);
    super(dim, contextDim);
    this.#family = family;
    const { parameterCount } = family;
    checkNumbers(typeof parameterCount === 'number' ? parameterCount * dim : parameterCount(dim));
    const initial =
      typeof family.parameterCount === 'number'
        ? new Float32Array(family.parameterCount * dim)
        : (family as VectorFamily).initialParameters(dim, network.rng.split('initial'));
    const outputDim = initial.length;
    if (contextDim > 0) {
      this.network = new Mlp({ ...network, inputDim: contextDim, outputDim, outputScale: 0 });
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

  override get isConstantJacobian(): boolean {
    return this.#family.isVolumePreserving ?? false;
  }

  transform(input: tf.Tensor, direction: Direction, context?: tf.Tensor): WithLogDet {
    const bijector = this.at(context);
    const [value, logDet] = applied(bijector, input, direction);
    return [value, sumLogDet(logDet, bijector.eventNdims, 1)];
  }
}

/** What σ is: one variable for each component, another output of the network, or what it is at first. */
export type ScaleKind = 'free' | 'state' | 'fixed';

const locationScaleOptions = z.strictObject({
  ...layerOptions,
  scale: choice(['free', 'state', 'fixed'], 'free', 'what σ is; a free variable, an output of the network, or fixed'),
  initialScale: positive(1, 'σ before training, for good where it is fixed'),
});

/** Options of {@link LocationScale}; with a `contextDim` of 0 location and scale are free variables. */
export type LocationScaleOptions = z.input<typeof locationScaleOptions>;

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
    const parsed = parseOptions('LocationScale', locationScaleOptions, options);
    const { dim, contextDim, scale, initialScale, ...network } = parsed;
    super(dim, contextDim);
    if (scale === 'state' && contextDim === 0) {
      throw new Error(`LocationScale: got 0, expected a contextDim for the scale 'state'`);
    }
    this.#initialScale = initialScale;
    if (contextDim > 0) {
      const outputDim = scale === 'state' ? 2 * dim : dim;
      this.network = new Mlp({ ...network, inputDim: contextDim, outputDim, outputScale: 0.01 });
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

  override get isConstantJacobian(): boolean {
    return true;
  }

  transform(input: tf.Tensor, direction: Direction, context?: tf.Tensor): WithLogDet {
    const [value, logDet] = applied(new ShiftScale(this.parametersAt(context)), input, direction);
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
