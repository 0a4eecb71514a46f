import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../../nn/activation.ts';
import { boundedLogScale } from '../../nn/boundedLogScale.ts';
import { Mlp } from '../../nn/mlp.ts';
import { checkOptions } from '../../options/checkArguments.ts';
import { portableMath } from '../../portableMath.ts';
import { Rng } from '../../random.ts';
import { type Direction, type Monotonicity, sumLogDet, type WithLogDet } from '../bijector.ts';
import { ConditionalBijector } from '../conditionalBijector.ts';
import { ShiftScale } from '../linear/shiftScale.ts';

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
      throw new Error(`LocationScale: wanted a positive initialScale, got ${initialScale}`);
    }
    if (scale === 'state' && contextDim === 0) {
      throw new Error("LocationScale: wanted a contextDim for the scale 'state', got 0");
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
