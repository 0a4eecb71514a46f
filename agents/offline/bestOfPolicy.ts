import * as tf from '@tensorflow/tfjs-core';
import type { Box } from '../../envs/index.ts';
import { ActionSamples, Policy, sampleAction } from '../../src/index.ts';
import { positiveInteger } from '../../src/nn/positiveInteger.ts';
import type { ActionValues } from '../common/actionValues.ts';
import { clippedActions } from '../common/clippedActions.ts';

/** What a {@link BestOfPolicy} is made of. */
export interface BestOfPolicyOptions {
  /** Whose samples are chosen from. */
  readonly policy: Policy;
  /** What chooses: the targets of {@link Iql}, say. */
  readonly critics: ActionValues;
  /** The critics see actions as an environment gets them, clipped to its bounds. */
  readonly actionSpace: Box;
  /** N, how many samples there are to choose from; 32 by default. */
  readonly samples?: number | undefined;
}

/**
 * The best of N samples of another policy, by critics: argmax over aᵢ ~ π(· | o) of min Qⱼ(o, aᵢ). The policy may be any, with a density or
 * without; what is chosen has none. It follows the variables of policy and critics, which are its own, too: disposing of it frees them.
 *
 * Hansen-Estruch et al., "IDQL: Implicit Q-Learning as an Actor-Critic Method with Diffusion Policies", arXiv:2304.10573.
 */
export class BestOfPolicy extends Policy {
  override readonly hasDensity = false;
  readonly observationDim: number;
  readonly actionDim: number;
  readonly policy: Policy;
  readonly critics: ActionValues;
  readonly samples: number;
  readonly #actionSpace: Box;

  /** @throws if `samples` is no positive integer */
  constructor({ policy, critics, actionSpace, samples = 32 }: BestOfPolicyOptions) {
    super();
    this.policy = policy;
    this.critics = critics;
    this.samples = positiveInteger('BestOfPolicy', 'samples', samples);
    this.observationDim = policy.observationDim;
    this.actionDim = policy.actionDim;
    this.#actionSpace = actionSpace;
  }

  given(observations: tf.Tensor): ActionSamples {
    const { policy, critics, samples, actionDim } = this;
    const distribution = policy.given(observations);
    return new ActionSamples({
      owner: 'BestOfPolicy',
      reparameterized: false,
      angles: distribution.angles ?? false,
      draw: (rng) => {
        const count = observations.shape[0]!;
        const many = tf.tile(observations, [samples, 1]);
        const { action, latent } = sampleAction(policy.given(many), rng);
        const values = critics.least(policy.normalized(many), clippedActions(action, this.#actionSpace));
        const best = tf.oneHot(tf.argMax(tf.reshape(values, [samples, count]), 0), samples);
        const isBest = tf.expandDims(tf.transpose(tf.cast(best, 'float32')), 2);
        return tf.sum(tf.mul(isBest, tf.reshape(latent, [samples, count, actionDim])), 0);
      },
      squash: (value) => distribution.squash(value),
      unsquash: (action) => distribution.unsquash(action),
    });
  }
}
