import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { midpointFractions, QuantileNetworkPolicy } from '../src/index.ts';
import { parseOptions } from '../src/options/parseOptions.ts';
import { bestActions } from '../src/policies/bestActions.ts';
import type { Agent, AgentState, TrainOptions } from './agent.ts';
import { optionalMaxGradientNorm } from './common/agentOptions.ts';
import {
  double,
  policyOf,
  QLearning,
  type QLearningBatch,
  type QLearningLoss,
  type QLearningReport,
  qLearningOptions,
} from './common/qLearning.ts';
import { quantileHuber } from './common/quantileHuber.ts';
import { takenActions } from './common/takenActions.ts';
import { tdTarget } from './common/tdTarget.ts';

export const qrDqnOptions = z.strictObject({
  ...qLearningOptions,
  policy: policyOf(QuantileNetworkPolicy, 'quantile-network'),
  double: double(false),
  maxGradientNorm: optionalMaxGradientNorm('the gradient'),
});

/** Options of {@link QrDqn}. */
export type QrDqnOptions = z.input<typeof qrDqnOptions>;

/** Means over the updates since the last report; absent where there were none, as before the first one. */
export interface QrDqnReport extends QLearningReport {}

/**
 * Distributional Q-learning by quantile regression. The network gives K quantiles θᵢ(s, a) of the return Z(s, a) at the midpoints
 * τ̂ᵢ = (i + ½)/K; their mean is Q. With a target network θ′:
 *
 *   a* = argmax Q′(s′, ·),   yⱼ = r + γ (1 − terminated) θ′ⱼ(s′, a*),
 *   E[Σᵢ (1/K) Σⱼ |τ̂ᵢ − 1{yⱼ < θᵢ(s, a)}| huber(yⱼ − θᵢ(s, a))],
 *
 * or a* = argmax Q(s′, ·) if it is double. The gradient has no bound by default, and Adam's ε is 0.01 / batchSize: at 1e-8 a step is about as
 * long as the rate, however small the gradient is. All else is as in {@link Dqn}. The quantiles of a policy with
 * `quantileFunction: 'spline'` lie on a monotone spline, so that they do not cross. They are learned by the same loss with the same optimizer.
 *
 * Dabney et al., "Distributional Reinforcement Learning with Quantile Regression", arXiv:1710.10044; Luo et al., "Distributional
 * Reinforcement Learning with Monotonic Splines", 2022.
 */
export class QrDqn implements Agent<QrDqnReport> {
  readonly #options: z.output<typeof qrDqnOptions>;
  readonly #training: QLearning<QuantileNetworkPolicy>;

  /** @throws for an unknown option or one out of range, or if the environment does not fit the policy */
  constructor(options: QrDqnOptions) {
    const config = parseOptions('QrDqn', qrDqnOptions, options);
    this.#options = config;
    this.#training = new QLearning({
      owner: 'QrDqn',
      config,
      loss: (batch, target) => this.#loss(batch, target),
      adam: { epsilon: 0.01 / config.batchSize },
    });
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  train(options: TrainOptions): AsyncGenerator<QrDqnReport, void, undefined> {
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

  #loss(batch: QLearningBatch, target: QuantileNetworkPolicy): () => QLearningLoss {
    const { policy, double } = this.#options;
    const { observations, actions, nextObservations } = batch;
    const choosing = (double ? policy : target).values(nextObservations);
    const best = bestActions(policy.masked(choosing, nextObservations));
    const targets = tdTarget(batch, target.quantilesOf(nextObservations, best));
    const taken = takenActions(policy, actions);
    const fractions = tf.tensor1d(midpointFractions(policy.quantileCount));
    return () => {
      const quantiles = policy.quantilesOf(observations, taken);
      const losses = tf.sum(quantileHuber({ quantiles, fractions, targets }), 1);
      return { losses, values: tf.mean(quantiles, 1), targets: tf.mean(targets, 1) };
    };
  }
}
