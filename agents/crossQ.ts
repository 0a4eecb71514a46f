import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { stopGradient, whileTraining } from '../src/index.ts';
import { parseOptions } from '../src/options/parse.ts';
import type { CriticNetworksOptions } from '../src/policies/criticNetworks.ts';
import { ActionValues, type CriticLoss, lossOf, tdTarget } from './core/critics.ts';
import { layerWidths, policyDelay } from './core/options.ts';
import { type Next, type SacBatch, type Seen, SoftActorCritic, softActorCriticOptions } from './sac.ts';

const { tau: _, criticLayerNorm: __, ...withoutTargets } = softActorCriticOptions;

export const crossQOptions = z.strictObject({
  ...withoutTargets,
  // Batch normalization has no moments of a single row.
  batchSize: z.int().min(2).default(256).meta({ description: 'size of a minibatch', unit: 'transitions' }),
  learningRate: withoutTargets.learningRate.default(1e-3),
  criticHidden: layerWidths('the critics', [1024, 1024]),
  policyDelay: policyDelay('the policy and the temperature', 3),
  momentum: z
    .number()
    .min(0)
    .lt(1)
    .default(0.99)
    .describe("what a minibatch leaves of the weights of the critics' running statistics"),
  warmUp: z.int().nonnegative().default(100_000).meta({
    description:
      'updates at first in which critics normalize by minibatches alone, without the corrections of batch renormalization',
    unit: 'updates',
  }),
  beta1: z.number().min(0).lt(1).default(0.5).describe('β₁ of Adam, for the policy and the critics'),
});

/** Options of {@link CrossQ}. */
export type CrossQOptions = z.input<typeof crossQOptions>;

/**
 * CrossQ: soft actor-critic without target networks. What keeps the critics in bounds is batch normalization, with statistics of both sides of
 * the equation: (s, a) and (s′, a′) go through each critic as one batch,
 *
 *   Qᵢ(s, a), Qᵢ(s′, a′) = critic i of both,  a′ ~ π(· | s′)
 *   y = r + γ (1 − terminated) (min Qᵢ(s′, a′) − α (log π(a′ | s′) + H₀)), without a gradient
 *   critics: ½ Σᵢ E[(Qᵢ(s, a) − y)²]
 *
 * Policy and temperature are those of {@link Sac}, learn in every `policyDelay`-th update, and see critics that go by their running statistics.
 * Critics have a `BatchRenorm` of their input and after each activation. A policy may have one, too: `batchRenorm` of a Gaussian.
 *
 * Bhatt, Palenicek, Belousov, Argus, Amiranashvili, Brox and Peters, "CrossQ: Batch Normalization in Deep Reinforcement Learning for Greater
 * Sample Efficiency and Simplicity", arXiv:1902.05605v4.
 */
export class CrossQ extends SoftActorCritic<ActionValues, z.output<typeof crossQOptions>> {
  /** @throws for an unknown option or one out of range, if the environment does not fit the policy, or the policy has no density or is not reparameterized */
  constructor(options: CrossQOptions) {
    const config = parseOptions('CrossQ', crossQOptions, options);
    super('CrossQ', 'crossq', config, { adam: { beta1: config.beta1 } });
  }

  protected makeCritics(options: CriticNetworksOptions): ActionValues {
    const { momentum, warmUp } = this.config;
    return new ActionValues({ ...options, batchRenorm: { momentum, warmUp } });
  }

  protected criticLoss(batch: SacBatch, seen: Seen, next: Next): () => CriticLoss {
    return () => {
      const observations = tf.concat([seen.observations, next.seen]);
      const actions = tf.concat([batch.actions, next.actions]);
      const both = whileTraining(() => this.critics.of(observations, actions)).map((values) => tf.split(values, 2));
      const targets = stopGradient(() => {
        const nextValues = both.map(([, after]) => after!).reduce((least, next) => tf.minimum(least, next));
        return tdTarget(batch, tf.sub(nextValues, next.entropyCosts));
      });
      const values = both.map(([now]) => now!);
      return lossOf(values, targets, { factor: 0.5, weights: batch.weights });
    };
  }

  protected policyValues({ observations }: Seen, actions: tf.Tensor): tf.Tensor {
    return this.critics.least(observations, actions);
  }
}
