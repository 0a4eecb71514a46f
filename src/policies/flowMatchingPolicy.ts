import * as tf from '@tensorflow/tfjs-core';
import { MlpField, NeuralOde } from '../bijectors/continuous.ts';
import { Flow } from '../flows/flow.ts';
import type { Rng } from '../random.ts';
import { type BoxSpace, plainBoxSpace } from '../spaces/plain.ts';
import { ActionSamples } from './actionDistributions.ts';
import { clippedActions } from './actor.ts';
import { type BoxScale, boxScale } from './boxScale.ts';
import { FlowPolicy } from './flowPolicy.ts';
import { type NetworkPolicyOptions, type Past, Policy } from './policy.ts';

/** The solvers of {@link FlowMatchingPolicy}: of order 2 with two evaluations of the field a step, and of order 1 with one. */
export const flowMatchingSolvers = ['midpoint', 'euler'] as const;

/** Options of {@link FlowMatchingPolicy}. */
export interface FlowMatchingPolicyOptions extends NetworkPolicyOptions {
  readonly actionSpace: BoxSpace;
  /** The units of actions; those of finite bounds by default. */
  readonly scale?: BoxScale;
  /** Gain of the field's last kernel before training; 1 by default. */
  readonly outputScale?: number;
  /** Steps from noise to action; 5 by default. */
  readonly steps?: number;
  /** 'midpoint' by default. */
  readonly solver?: (typeof flowMatchingSolvers)[number];
}

/** Noise ε and times t at which a field is compared with what it should be: `[rows, actionDim]` and `[rows, 1]`. */
export interface MatchingDraws {
  readonly noise: tf.Tensor;
  readonly times: tf.Tensor;
}

/**
 * A velocity field carries noise to an action: dx/dt = v(x, t | o) from x(0) = ε ~ N(0, I) to the latent value x(1), by a few steps of
 * equal length. It is learned without a path, by flow matching: with x_t = (1 − t) ε + t u of demonstrated latent values u,
 *
 *   L = E‖v(x_t, t | o) − (u − ε)‖²,  ε ~ N(0, I), t ~ U(0, 1),
 *
 * the squares a mean over the numbers of an action. Its minimum is the field E[u − ε | x_t, o], which carries N(0, I) to the law of u.
 *
 * The action is middle + half · u with the middle and half the width of finite bounds, clipped to the bounds; a number without two finite
 * bounds is learned as it is, or in units of data. There are samples, reparameterized, and no density; {@link exact} has one.
 *
 * Lipman, Chen, Ben-Hamu, Nickel & Le, "Flow Matching for Generative Modeling", arXiv:2210.02747, ICLR 2023.
 *
 * @example
 * const policy = makePolicy('flow-matching', { env, rng: new Rng(0), hidden: [64, 64] });
 * const clone = new BehaviorCloning({ policy, demonstrations });
 */
export class FlowMatchingPolicy extends Policy<Float32Array, ActionSamples> {
  readonly featureDim: number;
  readonly actionDim: number;
  /** v, a network of [x, t, o]. */
  readonly field: MlpField;
  /** Latent → action, before it is clipped. */
  readonly bijector: BoxScale;
  readonly #path: NeuralOde;
  readonly #box: { readonly low: readonly number[]; readonly high: readonly number[] };

  /** @throws if a size or `steps` is no positive integer, there is no hidden layer, or the solver is unknown */
  constructor(options: FlowMatchingPolicyOptions) {
    super();
    const { observationDim, hidden = [64, 64], activation = 'relu', outputScale = 1, rng } = options;
    const { steps = 5, solver = 'midpoint' } = options;
    const box = plainBoxSpace('FlowMatchingPolicy: actionSpace', options.actionSpace);
    // Rounded as environments have them, so that a clipped action is within.
    this.#box = { low: Array.from(box.low, Math.fround), high: Array.from(box.high, Math.fround) };
    this.featureDim = observationDim;
    this.actionDim = box.low.length;
    this.field = new MlpField({
      dim: this.actionDim,
      contextDim: observationDim,
      hidden,
      activation,
      outputScale,
      rng: rng.split('field'),
    });
    this.bijector = options.scale ?? boxScale({ ...this.#box, shape: box.shape });
    this.#path = new NeuralOde({ field: this.field, solver: { kind: 'fixed', steps, method: solver } });
  }

  protected distribution(features: tf.Tensor): ActionSamples {
    return new ActionSamples({
      owner: 'FlowMatchingPolicy',
      reparameterized: true,
      draw: (rng) => this.#path.given(features).forward(rng.normalTensor([features.shape[0]!, this.actionDim])),
      squash: (latent) => clippedActions(this.bijector.forward(latent), this.#box),
      unsquash: (action) => this.bijector.inverse(action),
    });
  }

  /**
   * The latent value to which noise is carried: what a sample is, with its noise given.
   * @param observations `[batch, observationDim]`
   * @param noise `[batch, actionDim]`
   * @returns `[batch, actionDim]`
   */
  carried(observations: tf.Tensor, noise: tf.Tensor): tf.Tensor {
    return this.#path.given(this.features(observations)).forward(noise);
  }

  /**
   * With weights w(o, a) its minimum is the field that carries N(0, I) to the law ∝ w(o, a) p(a | o). With weights of each number the squares of
   * the numbers are weighted before their mean.
   * @throws if the shapes are others than those named
   */
  override matchingLoss(
    observations: tf.Tensor,
    actions: tf.Tensor,
    rng: Rng,
    weights?: tf.Tensor,
    past?: Past,
  ): tf.Tensor {
    checkMatched(this, observations, actions, weights);
    const draws = this.matchingDraws(actions.shape[0]!, rng);
    return meanSquare(this.#matchingSquares(observations, this.bijector.inverse(actions), draws, past), weights);
  }

  /** ε ~ N(0, I) and t ~ U(0, 1), drawn in this order. */
  matchingDraws(rows: number, rng: Rng): MatchingDraws {
    return { noise: rng.normalTensor([rows, this.actionDim]), times: rng.uniformTensor([rows, 1]) };
  }

  /**
   * ‖v(x_t, t | o) − (u − ε)‖² of each row, the mean over the numbers of an action, for given noise and times.
   * @param observations `[rows, observationDim]`
   * @param latents u, `[rows, actionDim]`
   * @param past what a memory knows
   * @returns `[rows]`
   */
  matchingLosses(observations: tf.Tensor, latents: tf.Tensor, draws: MatchingDraws, past?: Past): tf.Tensor {
    return tf.mean(this.#matchingSquares(observations, latents, draws, past), 1);
  }

  /** (v(x_t, t | o) − (u − ε))² of each number, `[rows, actionDim]`. */
  #matchingSquares(
    observations: tf.Tensor,
    latents: tf.Tensor,
    { noise, times }: MatchingDraws,
    past?: Past,
  ): tf.Tensor {
    const at = tf.add(tf.mul(tf.sub(1, times), noise), tf.mul(times, latents));
    const velocity = this.field.at(at, times, this.features(observations, past));
    return tf.squaredDifference(velocity, tf.sub(latents, noise));
  }

  /**
   * The same field as a flow with its log-probabilities, by the divergence along the path; for evaluation. Eight steps of Dormand and
   * Prince, 48 evaluations of the field, have an error far below that of {@link given}'s steps where the field is smooth: with tanh a
   * log-probability of a trained field of two modes was right to 0.0015 nats. At the kinks of ReLU the solver loses its order: there it was
   * off by 0.03 to 0.05 nats in the median and 0.5 at most, by 32 steps 0.01 and 0.09, and the mean over 500 actions by 0.006. The density
   * is that of actions before they are clipped: what it has beyond the bounds lies on them.
   */
  override exact({
    steps = 8,
  }: {
    /** steps of Dormand and Prince, 8 by default */
    steps?: number;
  } = {}): FlowPolicy {
    const { field } = this;
    const flow = new Flow({
      dim: this.actionDim,
      contextDim: field.contextDim,
      bijector: new NeuralOde({ field, solver: { kind: 'fixed', steps } }),
    });
    const policy = new FlowPolicy({ flow, squash: this.bijector });
    if (this.encoder !== undefined) policy.encoder = this.encoder;
    if (this.memory !== undefined) policy.memory = this.memory;
    if (this.normalizer !== undefined) policy.normalizer = this.normalizer;
    if (this.chunk !== undefined) policy.chunk = this.chunk;
    return policy;
  }
}

/** @throws if an argument of a policy's `matchingLoss` has another shape than it should */
export function checkMatched(policy: Policy, observations: tf.Tensor, actions: tf.Tensor, weights?: tf.Tensor): void {
  const { observationDim, actionDim } = policy;
  const rows = actions.shape[0]!;
  const check = (name: string, { shape }: tf.Tensor, expected: readonly number[]) => {
    if (shape.length === expected.length && expected.every((size, i) => size === shape[i])) return;
    throw new Error(`${policy.constructor.name}.matchingLoss: ${name}: got shape [${shape}], expected [${expected}]`);
  };
  check('observations', observations, [rows, observationDim]);
  check('actions', actions, [rows, actionDim]);
  // Weights of shape [rows, 1] would spread each row's loss over all rows.
  if (weights !== undefined) check('weights', weights, weights.shape.length === 2 ? [rows, actionDim] : [rows]);
}

/**
 * The mean of squared errors.
 * @param squares `[rows, actionDim]`
 * @param weights what they are multiplied by, of each number `[rows, actionDim]`, or of each row `[rows]`
 */
export function meanSquare(squares: tf.Tensor, weights?: tf.Tensor): tf.Tensor {
  if (weights?.shape.length === 2) return tf.mean(tf.mul(weights, squares));
  const each = tf.mean(squares, 1);
  return tf.mean(weights === undefined ? each : tf.mul(weights, each));
}
