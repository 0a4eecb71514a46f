import * as tf from '@tensorflow/tfjs-core';
import { MlpField } from '../bijectors/continuous.ts';
import type { Rng } from '../random.ts';
import { type BoxSpace, plainBoxSpace } from '../spaces/plain.ts';
import { ActionSamples } from './actionDistributions.ts';
import { clippedActions } from './actor.ts';
import { type BoxScale, boxScale } from './boxScale.ts';
import { checkMatched, meanSquare } from './flowMatchingPolicy.ts';
import { type NetworkPolicyOptions, type Past, Policy } from './policy.ts';

/** Options of {@link MinimalIterativePolicy}. */
export interface MinimalIterativePolicyOptions extends NetworkPolicyOptions {
  readonly actionSpace: BoxSpace;
  /** The units of actions; those of finite bounds by default. */
  readonly scale?: BoxScale;
  /** t*, in (0, 1); 0.9 by default. The noise in training is 1 − t*. */
  readonly time?: number;
}

/**
 * Regression in two steps, of which the second corrects the first: u = f(f(0, 0 | o), t* | o) with a network f of [x, t, o]. One action for each
 * observation, no noise and no density. It is learned from demonstrated latent values u by
 *
 *   L = E[‖f(0, 0 | o) − u‖² / t*² + ‖f(u + (1 − t*) ε, t* | o) − u‖² / (1 − t*)²],   ε ~ N(0, I),
 *
 * the squares a mean over the numbers of an action. So the first step is the mean of the data, as plain regression has it.
 *
 * The action is middle + half · u with the middle and half the width of finite bounds, clipped to the bounds.
 *
 * Pan, Anantharaman, Huang, Jin, Pfrommer, Yuan, Permenter, Qu, Boffi, Shi & Simchowitz, "Much Ado About Noising: Dispelling the Myths of
 * Generative Robotic Control", arXiv:2512.01809, ICLR 2026, in the form of its authors' program.
 */
export class MinimalIterativePolicy extends Policy<Float32Array, ActionSamples> {
  readonly featureDim: number;
  readonly actionDim: number;
  /** f, a network of [x, t, o]. */
  readonly field: MlpField;
  /** Latent → action, before it is clipped. */
  readonly bijector: BoxScale;
  readonly time: number;
  readonly #box: { readonly low: readonly number[]; readonly high: readonly number[] };

  /** @throws if a size is no positive integer, there is no hidden layer, or `time` is not in (0, 1) */
  constructor(options: MinimalIterativePolicyOptions) {
    super();
    const { observationDim, hidden = [64, 64], activation = 'relu', time = 0.9, rng } = options;
    const box = plainBoxSpace('MinimalIterativePolicy: actionSpace', options.actionSpace);
    if (!(time > 0 && time < 1)) throw new Error(`MinimalIterativePolicy: time: got ${time}, expected it in (0, 1)`);
    // Rounded as environments have them, so that a clipped action is within.
    this.#box = { low: Array.from(box.low, Math.fround), high: Array.from(box.high, Math.fround) };
    this.featureDim = observationDim;
    this.actionDim = box.low.length;
    this.time = time;
    this.field = new MlpField({
      dim: this.actionDim,
      contextDim: observationDim,
      hidden,
      activation,
      outputScale: 0.01,
      rng: rng.split('field'),
    });
    this.bijector = options.scale ?? boxScale({ ...this.#box, shape: box.shape });
  }

  protected distribution(features: tf.Tensor): ActionSamples {
    return new ActionSamples({
      owner: 'MinimalIterativePolicy',
      reparameterized: true,
      draw: () => this.field.at(this.#first(features), this.time, features),
      squash: (latent) => clippedActions(this.bijector.forward(latent), this.#box),
      unsquash: (action) => this.bijector.inverse(action),
    });
  }

  #first(features: tf.Tensor): tf.Tensor {
    return this.field.at(tf.zeros([features.shape[0]!, this.actionDim]), 0, features);
  }

  /** @throws if the shapes are others than those named */
  override matchingLoss(
    observations: tf.Tensor,
    actions: tf.Tensor,
    rng: Rng,
    weights?: tf.Tensor,
    past?: Past,
  ): tf.Tensor {
    checkMatched(this, observations, actions, weights);
    const [features, latents] = [this.features(observations, past), this.bijector.inverse(actions)];
    const rest = 1 - this.time;
    const near = tf.add(latents, tf.mul(rng.normalTensor(latents.shape), rest));
    const squares = (predicted: tf.Tensor, scale: number) =>
      tf.mul(tf.squaredDifference(predicted, latents), 1 / (scale * scale));
    const second = squares(this.field.at(near, this.time, features), rest);
    return meanSquare(tf.add(squares(this.#first(features), this.time), second), weights);
  }
}
