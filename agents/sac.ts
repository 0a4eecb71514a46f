import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { parseOptions } from '../src/options/parseOptions.ts';
import type { Agent, AgentState, TrainOptions } from './agent.ts';
import { ActionValues } from './common/actionValues.ts';
import { checkCriticsPerTarget, criticsPerTarget } from './common/criticOptions.ts';
import {
  type CriticUpdate,
  SoftActorCritic,
  type SoftActorCriticReport,
  softActorCriticOptions,
} from './common/softActorCritic.ts';
import { tdTarget } from './common/tdTarget.ts';

export const sacOptions = z.strictObject({ ...softActorCriticOptions, criticsPerTarget });

/** Options of {@link Sac}. */
export type SacOptions = z.input<typeof sacOptions>;

/** Means over the updates since the last report that gave them. The critics' loss is ½ Σᵢ E[(Qᵢ − y)²]. */
export interface SacReport extends SoftActorCriticReport {}

/**
 * Soft actor-critic: the return and the entropy of the policy together, from a replay buffer.
 *
 *   y = r + γ (1 − terminated) (min Q′ᵢ(s′, a′) − α (log π(a′ | s′) + H₀)),  a′ ~ π(· | s′)
 *   critics:     ½ Σᵢ E[(Qᵢ(s, a) − y)²]
 *   policy:      E[α log π(a | s) − min Qᵢ(s, a)],  a ~ π(· | s), through the sample
 *   temperature: −log α · E[log π(a | s) + H̄]
 *   targets:     θ′ ← θ′ + τ (θ − θ′)
 *
 * H₀ is `baseEntropy`, H̄ `targetEntropy`. Policy and temperature learn in every `policyDelay`-th update. With `criticsPerTarget` the least is
 * of so many critics, drawn anew in each update, and the policy's loss has the mean of all in place of the least: REDQ.
 *
 * Works with any policy whose samples are reparameterized; a policy that keeps its actions within their bounds (`squash: 'tanh'`)
 * learns best. Where actions are angles, the critics see their cosine and sine. The first `learningStarts` actions are uniform in the action
 * space where it is bounded.
 *
 * Haarnoja et al., "Soft Actor-Critic Algorithms and Applications", arXiv:1812.05905; Chen et al., "Randomized Ensembled Double
 * Q-Learning", arXiv:2101.05982.
 */
export class Sac implements Agent<SacReport> {
  readonly #options: z.output<typeof sacOptions>;
  readonly #training: SoftActorCritic<ActionValues>;

  /** @throws for an unknown option or one out of range, if the environment does not fit the policy, or the policy has no density or is not reparameterized */
  constructor(options: SacOptions) {
    const config = parseOptions('Sac', sacOptions, options);
    this.#options = config;
    checkCriticsPerTarget('Sac', config);
    this.#training = new SoftActorCritic({
      owner: 'Sac',
      name: 'sac',
      config,
      makeCritics: (options) => new ActionValues(options),
      criticLoss: (update, critics, targets) => this.#criticLoss(update, critics, targets),
      policyValues: (critics, seen, actions) =>
        config.criticsPerTarget === undefined ? critics.least(seen, actions) : critics.mean(seen, actions),
    });
  }

  get critics(): ActionValues {
    return this.#training.critics;
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  train(options: TrainOptions): AsyncGenerator<SacReport, void, undefined> {
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

  #criticLoss(update: CriticUpdate, critics: ActionValues, targetCritics: ActionValues) {
    const { batch, seen, entropyCosts } = update;
    const nextValues = tf.sub(this.#leastValues(update, targetCritics), entropyCosts);
    const targets = tdTarget(batch, nextValues);
    return () => critics.loss(seen, batch.actions, targets, { factor: 0.5, weights: batch.weights });
  }

  /** min Q′ᵢ(s′, a′), of all critics or some. */
  #leastValues({ nextSeen, nextActions, rng }: CriticUpdate, targetCritics: ActionValues): tf.Tensor {
    const { criticsPerTarget } = this.#options;
    if (criticsPerTarget === undefined) return targetCritics.least(nextSeen, nextActions);
    return targetCritics.leastOfSome(nextSeen, nextActions, criticsPerTarget, rng);
  }
}
