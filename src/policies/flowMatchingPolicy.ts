import * as tf from '@tensorflow/tfjs-core';
import { MlpField, NeuralOde, type Time, VectorField, type Velocity } from '../bijectors/continuous.ts';
import { Flow } from '../flows/flow.ts';
import { stopGradient } from '../nn/tensors.ts';
import type { Rng } from '../random.ts';
import { type BoxSpace, plainBoxSpace } from '../spaces/plain.ts';
import { ActionSamples } from './actionDistributions.ts';
import { clippedActions } from './actor.ts';
import { type BoxScale, boxScale } from './boxScale.ts';
import { FlowPolicy } from './flowPolicy.ts';
import { type NetworkPolicyOptions, type Past, Policy } from './policy.ts';

/**
 * How {@link FlowMatchingPolicy} makes a step: of order 2 with two evaluations of the field, of order 1 with one, or with one by the mean
 * velocity of the whole step, which it then learns.
 */
export const flowMatchingSolvers = ['midpoint', 'euler', 'mean'] as const;

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
  /** By the solver 'mean' lengths h of steps, `[rows, 1]`, 0 in the rows that learn v. */
  readonly lengths?: tf.Tensor;
}

/** The share of rows that learn steps by the solver 'mean', where the others learn v. */
const STEPS = 0.5;

/**
 * m(x, t, h | o) for steps of one length h, as a field of x, t and o. With h = 0 these are velocities of a moment, which a solver may follow.
 */
class MeanField extends VectorField {
  readonly field: MlpField;
  readonly #length: number;

  constructor(field: MlpField, length: number) {
    super();
    this.field = field;
    this.#length = length;
  }

  get dim(): number {
    return this.field.dim;
  }

  get contextDim(): number {
    return this.field.contextDim - 1;
  }

  along(context: tf.Tensor): (x: tf.Tensor, t: Time) => Velocity {
    return this.field.along(this.#withLength(context));
  }

  override velocityAlong(context: tf.Tensor): (x: tf.Tensor, t: Time) => tf.Tensor {
    return this.field.velocityAlong(this.#withLength(context));
  }

  #withLength(context: tf.Tensor): tf.Tensor {
    return tf.concat([context, tf.fill([context.shape[0]!, 1], this.#length)], 1);
  }
}

/**
 * A velocity field carries noise to an action: dx/dt = v(x, t | o) from x(0) = ε ~ N(0, I) to the latent value x(1), by a few steps of
 * equal length. It is learned without a path, by flow matching: with x_t = (1 − t) ε + t u of demonstrated latent values u,
 *
 *   L = E‖v(x_t, t | o) − (u − ε)‖²,  ε ~ N(0, I), t ~ U(0, 1),
 *
 * the squares a mean over the numbers of an action. Its minimum is the field E[u − ε | x_t, o], which carries N(0, I) to the law of u.
 *
 * By the solver 'mean' the field is of mean velocities m(x, t, h | o) = (1/h) ∫ v dτ from t to t + h along the path from x, so that a step
 * of any length is exact with one evaluation, X = x + h m(x, t, h | o), and one step carries noise to an action. v(x, t | o) is
 * m(x, t, 0 | o), learned by the loss above from half of the rows. Since dX/dh = v(X, t + h | o),
 *
 *   m(x, t, h | o) = v(X, t + h | o) − h ∂m/∂h,
 *
 * and the other rows have the loss ‖m(x_t, t, h | o) − y‖² with y the right side by the field as it is, a constant, its derivative exact. There t
 * and t + h are two uniform numbers, the smaller first. This is Lagrangian self-distillation with a constant target.
 *
 * The action is middle + half · u with the middle and half the width of finite bounds, clipped to the bounds; a number without two finite
 * bounds is learned as it is, or in units of data. There are samples, reparameterized, and no density; {@link exact} has one.
 *
 * Lipman, Chen, Ben-Hamu, Nickel & Le, "Flow Matching for Generative Modeling", arXiv:2210.02747, ICLR 2023; Boffi, Albergo &
 * Vanden-Eijnden, "How to Build a Consistency Model: Learning Flow Maps via Self-Distillation", arXiv:2505.18825; mean velocities as in
 * Geng, Deng, Bai, Kolter & He, "Mean Flows for One-step Generative Modeling", arXiv:2505.13447.
 *
 * @example
 * const policy = makePolicy('flow-matching', { env, rng: new Rng(0), hidden: [64, 64] });
 * const clone = new BehaviorCloning({ policy, demonstrations });
 */
export class FlowMatchingPolicy extends Policy<Float32Array, ActionSamples> {
  readonly featureDim: number;
  readonly actionDim: number;
  readonly solver: (typeof flowMatchingSolvers)[number];
  /** v, a network of [x, t, o], or m, one of [x, t, o, h]. */
  readonly field: MlpField;
  /** Latent → action, before it is clipped. */
  readonly bijector: BoxScale;
  /** Steps from noise to action. */
  readonly steps: number;
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
    this.solver = solver;
    this.field = new MlpField({
      dim: this.actionDim,
      contextDim: observationDim + (solver === 'mean' ? 1 : 0),
      hidden,
      activation,
      outputScale,
      rng: rng.split('field'),
    });
    this.bijector = options.scale ?? boxScale({ ...this.#box, shape: box.shape });
    this.steps = steps;
    const method = solver === 'mean' ? 'euler' : solver;
    this.#path = new NeuralOde({ field: this.#over(1 / steps), solver: { kind: 'fixed', steps, method } });
  }

  /** The field that steps of this length follow. */
  #over(length: number): VectorField {
    return this.solver === 'mean' ? new MeanField(this.field, length) : this.field;
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
   * The solver's step of length h = 1 / {@link steps}: x + h v(x, t | o) by Euler, x + h v(x + ½ h v(x, t | o), t + ½ h | o) by the midpoint,
   * x + h m(x, t, h | o) by mean velocities. So many steps, from noise at t = 0, are {@link carried}.
   * @param x `[rows, actionDim]`
   * @param times t, `[rows, 1]`
   * @param features of the observations, `[rows, featureDim]`
   * @returns `[rows, actionDim]`
   */
  stepped(x: tf.Tensor, times: tf.Tensor, features: tf.Tensor): tf.Tensor {
    const h = 1 / this.steps;
    const field = this.#over(h);
    const first = field.at(x, times, features);
    if (this.solver !== 'midpoint') return tf.add(x, tf.mul(h, first));
    const middle = field.at(tf.add(x, tf.mul(h / 2, first)), tf.add(times, h / 2), features);
    return tf.add(x, tf.mul(h, middle));
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

  /** ε ~ N(0, I) and t ~ U(0, 1), drawn in this order, and by the solver 'mean' lengths. */
  matchingDraws(rows: number, rng: Rng): MatchingDraws {
    const [noise, times] = [rng.normalTensor([rows, this.actionDim]), rng.uniformTensor([rows, 1])];
    if (this.solver !== 'mean') return { noise, times };
    const others = rng.uniformTensor([rows, 1]);
    const isStep = tf.less(rng.uniformTensor([rows, 1]), STEPS);
    return {
      noise,
      times: tf.where(isStep, tf.minimum(times, others), times),
      lengths: tf.where(isStep, tf.abs(tf.sub(times, others)), tf.zerosLike(times)),
    };
  }

  /**
   * The error of each row, the mean over the numbers of an action, for given noise, times and lengths.
   * @param observations `[rows, observationDim]`
   * @param latents u, `[rows, actionDim]`
   * @param past what a memory knows
   * @returns `[rows]`
   */
  matchingLosses(observations: tf.Tensor, latents: tf.Tensor, draws: MatchingDraws, past?: Past): tf.Tensor {
    return tf.mean(this.#matchingSquares(observations, latents, draws, past), 1);
  }

  /** Squared errors of each number, `[rows, actionDim]`. */
  #matchingSquares(observations: tf.Tensor, latents: tf.Tensor, draws: MatchingDraws, past?: Past): tf.Tensor {
    const { noise, times, lengths } = draws;
    const at = tf.add(tf.mul(tf.sub(1, times), noise), tf.mul(times, latents));
    const features = this.features(observations, past);
    const velocity = tf.sub(latents, noise);
    const field = this.#over(0);
    if (lengths === undefined) return tf.squaredDifference(field.at(at, times, features), velocity);
    const [mean, rate] = this.field.network.jvp(
      tf.concat([at, times, features, lengths], 1),
      tf.concat([tf.zerosLike(at), tf.zerosLike(times), tf.zerosLike(features), tf.onesLike(lengths)], 1),
    );
    const target = stopGradient(() => {
      const end = field.at(tf.add(at, tf.mul(lengths, mean)), tf.add(times, lengths), features);
      return tf.where(tf.greater(lengths, 0), tf.sub(end, tf.mul(lengths, rate)), velocity);
    });
    return tf.squaredDifference(mean, target);
  }

  /**
   * The same field as a flow with its log-probabilities, by the divergence along the path; for evaluation. Eight steps of Dormand and
   * Prince, 48 evaluations of the field, have an error far below that of {@link given}'s steps where the field is smooth: with tanh a
   * log-probability of a trained field of two modes was right to 0.0015 nats. At the kinks of ReLU the solver loses its order: there it was
   * off by 0.03 to 0.05 nats in the median and 0.5 at most, by 32 steps 0.01 and 0.09, and the mean over 500 actions by 0.006. The density
   * is that of actions before they are clipped: what it has beyond the bounds lies on them. Of mean velocities it is that of the field
   * with h = 0, from which steps of any length differ by what was not learned.
   */
  override exact({
    steps = 8,
  }: {
    /** steps of Dormand and Prince, 8 by default */
    steps?: number;
  } = {}): FlowPolicy {
    const field = this.#over(0);
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
