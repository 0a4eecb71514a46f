import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { activationNames } from '../nn/dense.ts';
import { positiveInteger } from '../nn/sizes.ts';
import type { Rng } from '../random.ts';
import type { BoxSpace } from '../spaces/plain.ts';
import { chunkBox } from './actionChunks.ts';
import { ActionSamples } from './actionDistributions.ts';
import { clippedActions, sampleAction } from './actor.ts';
import { ActionCritics } from './criticNetworks.ts';
import { GreedyNoise } from './greedy.ts';
import { type ActionSample, Policy } from './policy.ts';

/** What a {@link BestOfPolicy} is made of. */
export interface BestOfPolicyOptions {
  /** Whose samples are chosen from. */
  readonly policy: Policy;
  /** What chooses: the targets of `Iql`, say. */
  readonly critics: ActionCritics;
  /** The critics see actions as an environment gets them, clipped to its bounds. */
  readonly actionSpace: BoxSpace;
  /** N, how many samples there are to choose from; 32 by default. */
  readonly samples?: number | undefined;
}

/** The most samples that are chosen from: files of others do not say how much memory acting takes. */
export const MOST_SAMPLES = 10_000;

/** What a policy of the registry and its critics are made from, in JSON. */
export const bestOfOptions = z.strictObject({
  policy: z
    .strictObject({ name: z.string(), options: z.record(z.string(), z.unknown()).default({}) })
    .describe('whose samples are chosen from'),
  samples: z.int().positive().max(MOST_SAMPLES).default(32).describe('N, how many there are to choose from'),
  critics: z
    .strictObject({
      critics: z.int().positive().max(100).default(2),
      criticHidden: z.array(z.int().positive()).readonly(),
      criticActivation: z.enum(activationNames).default('relu'),
      criticLayerNorm: z.boolean().default(false),
      units: z.strictObject({ low: z.array(z.number()), high: z.array(z.number()) }).optional(),
    })
    .describe('what chooses'),
});

/**
 * The best of N samples of another policy, by critics: argmax over aᵢ ~ π(· | o) of min Qⱼ(o, aᵢ). The policy may be any, with a density or
 * without; what is chosen has none. It follows the variables of policy and critics, which are its own, too: disposing of it frees them, and
 * a file of it holds both.
 *
 * Hansen-Estruch et al., "IDQL: Implicit Q-Learning as an Actor-Critic Method with Diffusion Policies", arXiv:2304.10573.
 */
export class BestOfPolicy extends Policy<Float32Array, ActionSamples> {
  readonly featureDim: number;
  readonly actionDim: number;
  readonly policy: Policy;
  readonly critics: ActionCritics;
  readonly samples: number;
  readonly #actionSpace: BoxSpace;

  /** @throws if `samples` is no positive integer */
  constructor({ policy, critics, actionSpace, samples = 32 }: BestOfPolicyOptions) {
    super();
    if (policy.memory !== undefined)
      throw new Error('BestOfPolicy: policy: got one with a memory, expected one without');
    this.policy = policy;
    this.critics = critics;
    this.samples = positiveInteger('BestOfPolicy', 'samples', samples);
    this.featureDim = policy.observationDim;
    this.actionDim = policy.actionDim;
    this.#actionSpace = actionSpace;
    if (policy.chunk !== undefined) this.chunk = policy.chunk;
    if (policy.config === undefined) return;
    const { name: own, options: given, ...spaces } = policy.config;
    const options = { policy: { name: own, options: given }, samples: this.samples, critics: critics.about };
    this.config = { name: 'best-of', ...spaces, options };
  }

  protected distribution(observations: tf.Tensor): ActionSamples {
    const { policy, critics, samples, actionDim } = this;
    const distribution = policy.given(observations);
    return new ActionSamples({
      owner: 'BestOfPolicy',
      reparameterized: false,
      angles: distribution.angles ?? false,
      draw: (rng) => {
        if (samples === 1) return sampleAction(distribution, rng).latent;
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

  /** The best of N samples, as {@link given}'s, of fixed noise: it is chosen already, and more candidates would not be better by the critics. */
  override greedy(observations: tf.Tensor): ActionSample {
    return this.given(observations).sample(new GreedyNoise(this.samples, observations.shape[0]!));
  }
}

/** The best of the samples of a policy, with critics that know nothing yet: those of a file take their place. */
export function makeBestOf(
  policy: Policy,
  { samples, critics }: Pick<z.output<typeof bestOfOptions>, 'samples' | 'critics'>,
  rng: Rng,
): BestOfPolicy {
  const { observationDim, encoder, config, chunk } = policy;
  const actionSpace = chunkBox(config!.actionSpace as BoxSpace, chunk?.length ?? 1);
  const angles = tf.tidy(() => policy.given(tf.zeros([1, observationDim])).angles ?? false);
  const made = new ActionCritics({ observationDim, encoder, actionSpace, angles, ...critics, rng });
  return new BestOfPolicy({ policy, critics: made, actionSpace, samples });
}
