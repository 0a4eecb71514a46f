import * as tf from '@tensorflow/tfjs-core';
import { traceToOnnx } from '../engine/traceToOnnx.ts';
import { writeWholeFile } from '../files.ts';
import { Module } from '../module.ts';
import type { Rng } from '../random.ts';
import type { BoxSpace } from './boxSpace.ts';

/** What a policy's sample is: the action, the latent value that it is the squash of, and the log-density of the action. */
export interface SampledAction {
  /** `[batch, actionDim]`, what the environment gets. */
  readonly action: tf.Tensor;
  /** `[batch, actionDim]`, the value before the squash: store this, and evaluate `logProb` on it. */
  readonly latent: tf.Tensor;
  /** `[batch]`, log π(action | observation), nats. */
  readonly logProb: tf.Tensor;
}

/**
 * π(· | observations): what every agent needs of a policy, and all that it may use.
 *
 * A bounded action is the squash of a `latent` value; agents keep the latent one, so that the squash is never inverted.
 */
export interface ActionDistribution {
  /** One action for each observation, reparameterized unless the policy says otherwise. */
  sampleWithLogProb(rng: Rng): SampledAction;
  /** log π of the actions whose latents these are: `[batch, actionDim]` → `[batch]`. */
  logProb(latent: tf.Tensor): tf.Tensor;
  /** The action of a latent value. */
  squash(latent: tf.Tensor): tf.Tensor;
  /** The latent value of an action, for data that holds actions only. */
  unsquash(action: tf.Tensor): tf.Tensor;
  /** The entropy of the action where it is exact, `[batch]`, else undefined: agents then estimate it by −log π. */
  entropy?(): tf.Tensor;
}

/** What a policy of the registry was made from, in plain JSON but for infinite bounds. */
export interface PolicyConfig {
  readonly name: string;
  readonly observationSpace: BoxSpace;
  readonly actionSpace: BoxSpace;
  /** All options, with the defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A stochastic policy over continuous actions. Anyone's subclass plugs into any agent. */
export abstract class Policy extends Module {
  abstract readonly observationDim: number;
  abstract readonly actionDim: number;
  /** Set where `makePolicy` made the policy. */
  readonly config?: PolicyConfig;

  /** @param observations `[batch, observationDim]` */
  abstract given(observations: tf.Tensor): ActionDistribution;

  /**
   * The greedy action: the best of `candidates` samples by log-probability, for each observation. Not the image of the
   * base's mode, which for a flow with two modes lies on the bridge between them.
   * @param observations `[batch, observationDim]`
   * @returns as {@link ActionDistribution.sampleWithLogProb}
   */
  greedy(observations: tf.Tensor, rng: Rng, candidates = 16): SampledAction {
    const batch = observations.shape[0]!;
    const tiled = tf.tile(observations, [candidates, 1]);
    const { action, latent, logProb } = this.given(tiled).sampleWithLogProb(rng);
    const scores = tf.reshape(logProb, [candidates, batch]);
    const best = tf.max(scores, 0);
    const chosen = tf.oneHot(tf.argMax(scores, 0), candidates, 1, 0, 'float32');
    const weights = tf.expandDims(tf.transpose(chosen), 2);
    const pick = (values: tf.Tensor): tf.Tensor =>
      tf.sum(tf.mul(weights, tf.reshape(values, [candidates, batch, this.actionDim])), 0);
    return { action: pick(action), latent: pick(latent), logProb: best };
  }

  /**
   * The policy as a standard ONNX model, with its present variables inside, which any ONNX runtime runs.
   *
   * Inputs: `observations` `[batch, observationDim]` and the noise of a sample, `noise0`, `noise1`, …: N(0, 1) numbers (a
   * mixture's last is U(0, 1)). Outputs: `action` `[batch, actionDim]` and `logProb` `[batch]`.
   *
   * @param file where to write the model, in Node; it appears whole or not at all
   * @param options.batch the fixed batch size, 1 by default
   * @returns the model's bytes
   */
  toOnnx(file?: string, { batch = 1 }: { batch?: number } = {}): Uint8Array {
    const { model } = traceToOnnx(
      ({ observations }: { observations: tf.Tensor }, rng) => {
        const { action, logProb } = this.given(observations).sampleWithLogProb(rng);
        return { action, logProb };
      },
      { observations: { shape: [batch, this.observationDim] } },
      { name: `${this.constructor.name}.toOnnx`, state: [this] },
    );
    if (file !== undefined) writeWholeFile(file, model, 'take the returned bytes');
    return model;
  }
}
