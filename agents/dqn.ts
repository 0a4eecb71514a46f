import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { QNetworkPolicy } from '../src/index.ts';
import { parseOptions } from '../src/options/parseOptions.ts';
import { bestActions } from '../src/policies/bestActions.ts';
import type { Agent, AgentState, TrainOptions } from './agent.ts';
import { maxGradientNorm } from './common/agentOptions.ts';
import { huber } from './common/huber.ts';
import {
  double,
  policyOf,
  QLearning,
  type QLearningBatch,
  type QLearningLoss,
  type QLearningReport,
  qLearningOptions,
} from './common/qLearning.ts';
import { takenActions } from './common/takenActions.ts';
import { tdTarget } from './common/tdTarget.ts';

export const dqnOptions = z.strictObject({
  ...qLearningOptions,
  policy: policyOf(QNetworkPolicy, 'q-network'),
  double: double(true),
  maxGradientNorm: maxGradientNorm('the gradient', 10),
});

/** Options of {@link Dqn}. */
export type DqnOptions = z.input<typeof dqnOptions>;

/** Means over the updates since the last report; absent where there were none, as before the first one. */
export interface DqnReport extends QLearningReport {}

/**
 * Deep Q-learning with a replay buffer, a target network Q′ and ε-greedy actions:
 *
 *   y = r + γ (1 − terminated) Q′(s′, argmax Q(s′, ·)),   E[huber(Q(s, a) − y)],
 *
 * or argmax Q′(s′, ·) if it is not double. The policy is the network: it acts ε-greedily by its values. A dueling network is an option
 * of the policy.
 *
 * Mnih et al., "Human-level control through deep reinforcement learning", 2015; van Hasselt, Guez and Silver, "Deep Reinforcement
 * Learning with Double Q-learning", arXiv:1509.06461; Wang et al., "Dueling Network Architectures for Deep Reinforcement Learning",
 * arXiv:1511.06581.
 */
export class Dqn implements Agent<DqnReport> {
  readonly #options: z.output<typeof dqnOptions>;
  readonly #training: QLearning<QNetworkPolicy>;

  /** @throws for an unknown option or one out of range, or if the environment does not fit the policy */
  constructor(options: DqnOptions) {
    const config = parseOptions('Dqn', dqnOptions, options);
    this.#options = config;
    this.#training = new QLearning({ owner: 'Dqn', config, loss: (batch, target) => this.#loss(batch, target) });
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  train(options: TrainOptions): AsyncGenerator<DqnReport, void, undefined> {
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

  #loss(batch: QLearningBatch, target: QNetworkPolicy): () => QLearningLoss {
    const { policy, double } = this.#options;
    const { observations, actions, nextObservations } = batch;
    const ofTarget = target.values(nextObservations);
    const choosing = double ? policy.values(nextObservations) : ofTarget;
    const best = bestActions(policy.masked(choosing, nextObservations));
    const targets = tdTarget(batch, tf.sum(tf.mul(best, ofTarget), 1));
    const taken = takenActions(policy, actions);
    return () => {
      const values = tf.sum(tf.mul(taken, policy.values(observations)), 1);
      return { losses: huber(tf.sub(values, targets)), values, targets };
    };
  }
}
