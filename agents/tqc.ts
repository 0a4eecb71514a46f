import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { parseOptions } from '../src/options/parse.ts';
import type { Agent, AgentState, TrainOptions } from './agent.ts';
import { ReturnQuantiles, tdTarget } from './core/critics.ts';
import { leastMask } from './core/replay.ts';
import { type CriticUpdate, SoftActorCritic, type SoftActorCriticReport, softActorCriticOptions } from './sac.ts';

export const tqcOptions = z.strictObject({
  ...softActorCriticOptions,
  quantiles: z.int().positive().default(25).meta({ description: 'M, quantiles of each critic', unit: 'quantiles' }),
  droppedPerCritic: z.int().nonnegative().default(2).meta({
    description: "d, how many of each critic's quantiles a target leaves out: the d·N largest of all critics'",
    unit: 'quantiles',
  }),
  quantileFunction: z
    .enum(['free', 'spline'])
    .default('free')
    .describe(
      "what the quantiles are: numbers of the critic's, or values of a monotone spline whose parameters it gives, which never cross",
    ),
  bins: z.int().min(2).default(8).meta({ description: 'bins of that spline', unit: 'bins' }),
});

/** Options of {@link Tqc}. */
export type TqcOptions = z.input<typeof tqcOptions>;

/**
 * Means over the updates since the last report that gave them. The critics' loss is that of quantile regression, summed over the critics;
 * values of actions are means of quantiles.
 */
export interface TqcReport extends SoftActorCriticReport {}

/**
 * Truncated quantile critics: soft actor-critic whose critics give M quantiles θ of the return each, at τ̂ᵢ = (i − ½)/M. The quantiles that the N
 * target networks give for the next action are put together and sorted, z₍₁₎ ≤ … ≤ z₍NM₎, and the d·N largest are left out, of which the policy
 * would make too much:
 *
 *   yⱼ = r + γ (1 − terminated) (z₍ⱼ₎ − α (log π(a′ | s′) + H₀)),  a′ ~ π(· | s′),  j = 1, …, K = (M − d) N
 *   critics: Σₙ E[1/(KM) Σᵢ Σⱼ |τ̂ᵢ − 1{yⱼ < θᵢⁿ}| huber(yⱼ − θᵢⁿ)]
 *   policy:  E[α log π(a | s) − 1/(NM) Σₙ Σᵢ θᵢⁿ(s, a)],  a ~ π(· | s), through the sample
 *
 * Temperature and targets are those of {@link Sac}, and so are the policies that it takes. How much is left out can be chosen more finely than
 * by a least of critics. With `quantileFunction: 'spline'` the quantiles of a critic are values of one monotone spline.
 *
 * Kuznetsov, Shvechikov, Grishin and Vetrov, "Controlling Overestimation Bias with Truncated Mixture of Continuous Distributional Quantile
 * Critics", arXiv:2005.04269; Luo et al., "Distributional Reinforcement Learning with Monotonic Splines", 2022.
 */
export class Tqc implements Agent<TqcReport> {
  readonly #options: z.output<typeof tqcOptions>;
  readonly #training: SoftActorCritic<ReturnQuantiles>;

  /** @throws for an unknown option or one out of range, if the environment does not fit the policy, or the policy has no density or is not reparameterized */
  constructor(options: TqcOptions) {
    const config = parseOptions('Tqc', tqcOptions, options);
    this.#options = config;
    const { quantiles, droppedPerCritic } = config;
    if (droppedPerCritic >= quantiles) {
      throw new Error(
        `Tqc: droppedPerCritic: got ${droppedPerCritic}, expected less than the ${quantiles} quantiles of a critic`,
      );
    }
    this.#training = new SoftActorCritic({
      owner: 'Tqc',
      name: 'tqc',
      config,
      makeCritics: (options) => new ReturnQuantiles({ ...options, ...config, rng: options.rng }),
      criticLoss: (update, critics, targets) => this.#criticLoss(update, critics, targets),
      policyValues: (critics, seen, actions) => critics.mean(seen, actions),
    });
  }

  get critics(): ReturnQuantiles {
    return this.#training.critics;
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  train(options: TrainOptions): AsyncGenerator<TqcReport, void, undefined> {
    return this.#training.train(options);
  }

  state(): AgentState {
    return this.#training.state();
  }

  setState(state: AgentState): void {
    this.#training.setState(state);
  }

  dispose(): void {
    this.#training.dispose();
  }

  #criticLoss(update: CriticUpdate, critics: ReturnQuantiles, targetCritics: ReturnQuantiles) {
    const { batch, seen, nextSeen, nextActions, entropyCosts } = update;
    const { critics: count, quantiles, droppedPerCritic } = this.#options;
    const quantilesOfAll = targetCritics.all(nextSeen, nextActions);
    const atoms = tdTarget(batch, tf.sub(quantilesOfAll, tf.expandDims(entropyCosts, 1)));
    // Which ones are kept says more quickly than sorting how z is sorted: the loss is a sum over them.
    const kept = (quantiles - droppedPerCritic) * count;
    const masses = tf.div(leastMask(quantilesOfAll, kept), kept);
    return () => critics.loss(seen, batch.actions, { atoms, masses }, batch.weights);
  }
}
