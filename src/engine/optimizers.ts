import * as tf from '@tensorflow/tfjs-core';
import { Module } from '../module.ts';
import { checkArgument, checkOptions, type Kind } from '../options/parse.ts';
import { groupVariables } from './pack.ts';

/**
 * A first-order optimizer. Its own state (moments, decay sums) is packed: one flat vector for each kind, over all the
 * parameters, so that a compiled step moves a few large buffers and not hundreds of small ones.
 */
export abstract class Optimizer extends Module {
  /** The variables that {@link update} changes. Listed in a function's `state` through the optimizer. */
  readonly #parameters: readonly tf.Variable[];
  /** The number of all parameters together. */
  protected readonly size: number;

  /**
   * @param kinds of the options that there are
   * @throws for an unknown option, or if there are no parameters, or one is not float32 or is given twice
   */
  constructor(parameters: readonly tf.Variable[], options: object, kinds: Readonly<Record<string, Kind>>) {
    super();
    const name = this.constructor.name;
    checkOptions<object>(name, options, kinds);
    checkArgument(name, 'parameters', parameters, Array);
    for (const [i, parameter] of parameters.entries()) {
      checkArgument(name, `parameters.${i}`, parameter, tf.Variable);
    }
    if (parameters.length === 0) throw new Error(`${name}: got none, expected at least one parameter`);
    if (new Set(parameters).size !== parameters.length) throw new Error(`${name}: a parameter is given twice`);
    for (const { dtype, name: variable } of parameters) {
      if (dtype !== 'float32') throw new Error(`${name}: the parameter '${variable}' is ${dtype}, expected float32`);
    }
    this.#parameters = [...parameters];
    this.size = parameters.reduce((size, parameter) => size + parameter.size, 0);
    groupVariables(this.#parameters);
  }

  /** The variables that {@link update} changes; they are not among {@link variables}, so {@link dispose} leaves them. */
  get parameters(): readonly tf.Variable[] {
    return this.#parameters;
  }

  /**
   * One step down the gradients.
   * @param gradients one for each of `parameters`, in their order
   * @param learningRate a number, or a scalar tensor where it changes under compile
   * @throws if the gradients do not match the parameters, or the learning rate is no number ≥ 0
   */
  update(gradients: readonly tf.Tensor[], learningRate: tf.Tensor | number): void {
    const name = this.constructor.name;
    checkArgument(`${name}.update`, 'gradients', gradients, Array);
    checkArgument(`${name}.update`, 'learningRate', learningRate, [Number, tf.Tensor]);
    if (gradients.length !== this.#parameters.length) {
      throw new Error(`${name}.update: got ${gradients.length}, expected ${this.#parameters.length} gradients`);
    }
    if (typeof learningRate === 'number' && !(Number.isFinite(learningRate) && learningRate >= 0)) {
      throw new Error(`${name}.update: got ${learningRate}, expected a learning rate ≥ 0`);
    }
    gradients.forEach((gradient, i) => {
      checkArgument(`${name}.update`, `gradients.${i}`, gradient, tf.Tensor);
      const { shape } = gradient;
      const parameter = this.#parameters[i]!;
      if (!tf.util.arraysEqual(shape, parameter.shape)) {
        throw new Error(
          `${name}.update: the gradient of '${parameter.name}' has shape [${shape}], expected [${parameter.shape}]`,
        );
      }
    });
    tf.tidy(() => {
      const updated = this.step(flatten(this.#parameters), flatten(gradients), learningRate);
      unflatten(updated, this.#parameters).forEach((value, i) => {
        this.#parameters[i]!.assign(value);
      });
    });
  }

  /** The new parameters from the old ones and the gradient, each a vector `[size]`; assigns the optimizer's own state. */
  protected abstract step(parameters: tf.Tensor, gradient: tf.Tensor, learningRate: tf.Tensor | number): tf.Tensor;

  /** A vector of zeros that belongs to the state, packed on its own. */
  protected zeros(size: number): tf.Variable {
    const variable = tf.tidy(() => tf.variable(tf.zeros([size]), false));
    groupVariables([variable]);
    return variable;
  }
}

const optional = [Number, undefined];

function checkDecay(where: string, decay: number): void {
  if (!(decay >= 0 && decay < 1)) throw new Error(`${where}: got ${decay}, expected a number in [0, 1)`);
}

/** Options of {@link Adam}. */
export interface AdamOptions {
  /** Decay of the mean of the gradient; 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of the squared gradient; 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment, after its bias is corrected; 1e-8. PPO is used with 1e-5. */
  readonly epsilon?: number;
  /** λ of AdamW: each step first multiplies the parameters by 1 − learningRate·λ; 0. */
  readonly weightDecay?: number;
}

/**
 * Adam with decoupled weight decay:
 *
 *     m ← β₁ m + (1 − β₁) g      m̂ = m / (1 − β₁ᵗ)
 *     v ← β₂ v + (1 − β₂) g²     v̂ = v / (1 − β₂ᵗ)
 *     θ ← θ − lr·λ·θ − lr·m̂ / (√v̂ + ε)
 *
 * Kingma and Ba, "Adam: A Method for Stochastic Optimization", arXiv:1412.6980; Loshchilov and Hutter, "Decoupled Weight Decay
 * Regularization", arXiv:1711.05101. ε is where PyTorch and `tf.train.adam` have it.
 */
export class Adam extends Optimizer {
  // The moments are kept as the sums Σ βᵏ g, without the factor 1 − β, and so is what corrects their bias, Σ βᵏ: the factors
  // cancel in m̂ and v̂, and the vectors are walked less often.
  readonly moment1: tf.Variable;
  readonly moment2: tf.Variable;
  readonly decaySums: tf.Variable;
  readonly #options: Required<AdamOptions>;

  /** @throws for an unknown option, or if a decay is not in [0, 1), or ε or λ is negative */
  constructor(parameters: readonly tf.Variable[], options: AdamOptions = {}) {
    super(parameters, options, { beta1: optional, beta2: optional, epsilon: optional, weightDecay: optional });
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
    checkDecay('Adam: beta1', beta1);
    checkDecay('Adam: beta2', beta2);
    if (!(epsilon >= 0)) throw new Error(`Adam: epsilon must not be negative, got ${epsilon}`);
    if (!(weightDecay >= 0)) throw new Error(`Adam: weightDecay must not be negative, got ${weightDecay}`);
    this.#options = { beta1, beta2, epsilon, weightDecay };
    this.moment1 = this.zeros(this.size);
    this.moment2 = this.zeros(this.size);
    this.decaySums = this.zeros(2);
  }

  protected override step(parameters: tf.Tensor, gradient: tf.Tensor, learningRate: tf.Tensor | number): tf.Tensor {
    const { beta1, beta2, epsilon, weightDecay } = this.#options;
    // Scalars first, so that all that is done with the vectors is one loop.
    const decaySums = tf.add(tf.mul(this.decaySums, tf.tensor1d([beta1, beta2])), 1);
    this.decaySums.assign(decaySums);
    const [sum1, sum2] = tf.split(decaySums, 2) as [tf.Tensor, tf.Tensor];
    // m̂ / (√v̂ + ε) with √(sum of decays) moved from the vector to the scalars.
    const root = tf.sqrt(sum2);
    const floor = tf.mul(epsilon, root);
    const rate = tf.mul(learningRate, tf.div(root, sum1));
    const moment1 = flushed(tf.add(tf.mul(this.moment1, beta1), gradient));
    const moment2 = flushedSquares(tf.add(tf.mul(this.moment2, beta2), tf.square(gradient)));
    this.moment1.assign(moment1);
    this.moment2.assign(moment2);
    const direction = tf.div(moment1, tf.add(tf.sqrt(moment2), floor));
    const kept = weightDecay === 0 ? parameters : tf.mul(parameters, tf.sub(1, tf.mul(learningRate, weightDecay)));
    return tf.sub(kept, tf.mul(direction, rate));
  }
}

/** Options of {@link RmsProp}. */
export interface RmsPropOptions {
  /** ρ, the decay of the mean of the squared gradient; 0.99. */
  readonly decay?: number;
  /** Added to the mean of the squared gradient, under the root; 1e-5. */
  readonly epsilon?: number;
}

/**
 * RMSprop as A2C was published with, TensorFlow's: the mean square begins at 1, so that the first steps are small, and ε is under the
 * root.
 *
 *     v ← ρ v + (1 − ρ) g²,  v₀ = 1
 *     θ ← θ − lr·g / √(v + ε)
 *
 * Tieleman and Hinton, "Lecture 6.5: RMSprop", 2012; Mnih et al., "Asynchronous Methods for Deep Reinforcement Learning",
 * arXiv:1602.01783.
 */
export class RmsProp extends Optimizer {
  /** v */
  readonly meanSquare: tf.Variable;
  readonly #decay: number;
  readonly #epsilon: number;

  /** @throws for an unknown option, or if the decay is not in [0, 1), or ε is negative */
  constructor(parameters: readonly tf.Variable[], options: RmsPropOptions = {}) {
    super(parameters, options, { decay: optional, epsilon: optional });
    const { decay = 0.99, epsilon = 1e-5 } = options;
    checkDecay('RmsProp: decay', decay);
    if (!(epsilon >= 0)) throw new Error(`RmsProp: epsilon must not be negative, got ${epsilon}`);
    this.#decay = decay;
    this.#epsilon = epsilon;
    this.meanSquare = this.zeros(this.size);
    tf.tidy(() => this.meanSquare.assign(tf.ones([this.size])));
  }

  protected override step(parameters: tf.Tensor, gradient: tf.Tensor, learningRate: tf.Tensor | number): tf.Tensor {
    const decayed = tf.add(tf.mul(this.meanSquare, this.#decay), tf.mul(tf.square(gradient), 1 - this.#decay));
    const meanSquare = flushedSquares(decayed);
    this.meanSquare.assign(meanSquare);
    const direction = tf.div(gradient, tf.sqrt(tf.add(meanSquare, this.#epsilon)));
    return tf.sub(parameters, tf.mul(direction, learningRate));
  }
}

/** Options of {@link Sgd}. */
export interface SgdOptions {
  /** μ, the decay of the velocity; 0, plain gradient descent. */
  readonly momentum?: number;
  /** Nesterov's momentum: the step looks ahead along the velocity; false. */
  readonly nesterov?: boolean;
}

/**
 * Gradient descent with momentum, as PyTorch and `tf.train.momentum` define it:
 *
 *     u ← μ u + g
 *     θ ← θ − lr·u,   or   θ − lr·(g + μ u) with Nesterov's momentum
 *
 * Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013.
 */
export class Sgd extends Optimizer {
  /** u; absent without momentum. */
  readonly velocity: tf.Variable | undefined;
  readonly #momentum: number;
  readonly #nesterov: boolean;

  /** @throws for an unknown option, or if the momentum is not in [0, 1), or is 0 with Nesterov's */
  constructor(parameters: readonly tf.Variable[], options: SgdOptions = {}) {
    super(parameters, options, { momentum: optional, nesterov: [Boolean, undefined] });
    const { momentum = 0, nesterov = false } = options;
    checkDecay('Sgd: momentum', momentum);
    if (nesterov && momentum === 0) throw new Error('Sgd: nesterov needs a momentum above 0');
    this.#momentum = momentum;
    this.#nesterov = nesterov;
    if (momentum > 0) this.velocity = this.zeros(this.size);
  }

  protected override step(parameters: tf.Tensor, gradient: tf.Tensor, learningRate: tf.Tensor | number): tf.Tensor {
    if (this.velocity === undefined) return tf.sub(parameters, tf.mul(gradient, learningRate));
    const velocity = flushed(tf.add(tf.mul(this.velocity, this.#momentum), gradient));
    this.velocity.assign(velocity);
    const direction = this.#nesterov ? tf.add(gradient, tf.mul(velocity, this.#momentum)) : velocity;
    return tf.sub(parameters, tf.mul(direction, learningRate));
  }
}

/** Keeps the quotient finite where all gradients are zero, as PyTorch does. */
const TINY = 1e-6;

/**
 * Scales all gradients by one factor so that their joint norm is at most `maxNorm`:
 * g·min(1, maxNorm / (‖g‖ + 1e-6)), ‖g‖² = Σ of the squares of all elements of all gradients.
 *
 * Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", arXiv:1211.5063.
 *
 * @param maxNorm a positive number, or a scalar tensor; `Infinity` bounds nothing
 * @returns the scaled gradients, in their order, and the norm `[]` before
 * @throws if there are no gradients, or `maxNorm` is a number and not positive
 */
export function clipByGlobalNorm(
  gradients: readonly tf.Tensor[],
  maxNorm: number | tf.Tensor,
): { gradients: tf.Tensor[]; norm: tf.Tensor } {
  checkArgument('clipByGlobalNorm', 'gradients', gradients, Array);
  for (const [i, gradient] of gradients.entries())
    checkArgument('clipByGlobalNorm', `gradients.${i}`, gradient, tf.Tensor);
  checkArgument('clipByGlobalNorm', 'maxNorm', maxNorm, [Number, tf.Tensor]);
  if (gradients.length === 0) throw new Error('clipByGlobalNorm: got none, expected at least one gradient');
  if (typeof maxNorm === 'number' && !(maxNorm > 0)) {
    throw new Error(`clipByGlobalNorm: maxNorm: got ${maxNorm}, expected a number > 0`);
  }
  return tf.tidy(() => {
    const flat = flatten(gradients);
    const norm = tf.sqrt(tf.sum(tf.square(flat)));
    const factor = tf.minimum(1, tf.div(maxNorm, tf.add(norm, TINY)));
    return { gradients: unflatten(tf.mul(flat, factor), gradients), norm };
  });
}

// Once its gradient is 0, a parameter's moments decay to subnormal numbers, and rounding holds them there for ever. Processors calculate
// many times slower wherever an operand or a result is subnormal. It is not enough that a moment is normal: so must be what is made of
// it, times its decay, and times a learning rate over a root of the second moment that may still be large.

/** Numbers far above it keep every bit when it is added and taken off again; what is left of others is a multiple of 2⁻¹⁰⁴. */
const FLUSHING = 2 ** -80;
/** The same, a multiple of 2⁻¹²⁴: for squares, which are not multiplied by small numbers, and of which no more than a root is used. */
const FLUSHING_SQUARES = 2 ** -101;

/** A mean of gradients, without what is too small to move a parameter. */
function flushed(mean: tf.Tensor): tf.Tensor {
  return tf.sub(tf.add(mean, FLUSHING), FLUSHING);
}

/** A mean of squared gradients, without what is nothing beside any ε that is used. */
function flushedSquares(mean: tf.Tensor): tf.Tensor {
  return tf.sub(tf.add(mean, FLUSHING_SQUARES), FLUSHING_SQUARES);
}

/** All elements of the tensors side by side: `[Σ sizes]`. */
export function flatten(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.concat(tensors.map((tensor) => tf.reshape(tensor, [tensor.size])) as tf.Tensor1D[]);
}

/** The inverse of {@link flatten}: tensors of the shapes of `like`. */
export function unflatten(flat: tf.Tensor, like: readonly tf.Tensor[]): tf.Tensor[] {
  const parts = tf.split(
    flat,
    like.map((tensor) => tensor.size),
  );
  return like.map((tensor, i) => tf.reshape(parts[i]!, tensor.shape));
}
