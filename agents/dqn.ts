import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import {
  Adam,
  CategoricalPolicy,
  checkPolicy,
  clipByGlobalNorm,
  compile,
  linearSchedule,
  type Rng,
  valueAndGradients,
} from '../src/index.ts';
import { parseOptions } from '../src/options/parseOptions.ts';
import type { Agent, AgentState, TrainOptions, TrainReport } from './agent.ts';
import { maxGradientNorm } from './common/agentOptions.ts';
import { copyOfPolicy } from './common/copyOfPolicy.ts';
import { huber } from './common/huber.ts';
import type { FigureOf } from './common/meanMetrics.ts';
import { offPolicyOptions } from './common/offPolicyOptions.ts';
import { copyFrom, polyak } from './common/polyak.ts';
import { replayFor } from './common/replayFor.ts';
import { ReplayTraining } from './common/replayTraining.ts';
import { tdTarget } from './common/tdTarget.ts';
import type { Transitions } from './common/transitions.ts';
import { vectorEnvFor } from './common/vectorEnvFor.ts';

export const dqnOptions = z.strictObject({
  ...offPolicyOptions,
  policy: z
    .custom<CategoricalPolicy>((value) => value instanceof CategoricalPolicy, 'a CategoricalPolicy')
    .meta({
      description: 'the policy that is trained; its logits are learned as the values Q(o, ·)',
      type: 'CategoricalPolicy',
    }),
  bufferSize: offPolicyOptions.bufferSize.default(100_000),
  batchSize: offPolicyOptions.batchSize.default(64),
  learningStarts: offPolicyOptions.learningStarts
    .default(1000)
    .meta({ description: 'environment steps before the first update', unit: 'steps' }),
  updatesPerStep: offPolicyOptions.updatesPerStep.default(0.25),
  learningRate: offPolicyOptions.learningRate.default(1e-3),
  tau: offPolicyOptions.tau
    .default(1)
    .describe('τ, how far each copy into the target network goes; 1 copies the whole network'),
  targetUpdateEvery: z
    .int()
    .positive()
    .default(250)
    .meta({ description: 'updates between two copies of the network into the target network', unit: 'updates' }),
  explorationFraction: z
    .number()
    .positive()
    .max(1)
    .default(0.1)
    .describe('share of the training in which ε, the share of uniform actions, goes from 1 to finalExploration'),
  finalExploration: z.number().min(0).max(1).default(0.05).describe('ε, the share of uniform actions, at last'),
  double: z
    .boolean()
    .default(true)
    .describe('whether the network chooses the action whose value the target network gives (double DQN)'),
  maxGradientNorm: maxGradientNorm('the gradient', 10),
});

/** Options of {@link Dqn}. */
export type DqnOptions = z.input<typeof dqnOptions>;

/** Means over the updates since the last report; absent where there were none, as before the first one. */
export interface DqnReport extends TrainReport {
  readonly loss?: number;
  /** E[Q] of the replay's actions. */
  readonly actionValue?: number;
  readonly gradientNorm?: number;
  /** ε. */
  readonly exploration: number;
}

/**
 * Deep Q-learning with a replay buffer, a target network Q′ and ε-greedy actions:
 *
 *   y = r + γ (1 − terminated) Q′(s′, argmax Q(s′, ·)),   E[huber(Q(s, a) − y)].
 *
 * Q is the policy: the logits of a categorical one are learned as the values of its actions, so that its greedy action is the best
 * one.
 *
 * Mnih et al., "Human-level control through deep reinforcement learning", 2015; van Hasselt, Guez and Silver, "Deep Reinforcement
 * Learning with Double Q-learning", arXiv:1509.06461.
 */
export class Dqn implements Agent<DqnReport> {
  readonly #options: z.output<typeof dqnOptions>;
  readonly #target: CategoricalPolicy;
  readonly #optimizer: Adam;
  readonly #training: ReplayTraining<'learningRate', DqnFigure>;
  /** ε of the last step. */
  #exploration = 1;

  /** @throws for an unknown option or one out of range, or if the environment does not fit the policy */
  constructor(options: DqnOptions) {
    const config = parseOptions('Dqn', dqnOptions, options);
    this.#options = config;
    const { policy, targetUpdateEvery, tau } = config;
    const { observationDim } = policy;
    const { env, actionSpace } = vectorEnvFor('Dqn', policy, config.env);
    checkPolicy(policy);
    const target = copyOfPolicy('Dqn', policy, config.rng.split('target'));
    this.#target = target;
    this.#optimizer = new Adam(policy.trainableVariables());
    const modules = { policy, target, optimizer: this.#optimizer };
    const replay = replayFor('Dqn', config, env);

    const act = compile(
      ({ observations }: { observations: tf.Tensor }) => {
        const distribution = policy.given(observations);
        return { action: distribution.squash(distribution.mode()) };
      },
      { name: 'dqn/act', state: [policy] },
    );
    const update = compile((batch: DqnBatch) => this.#improve(batch), {
      name: 'dqn/update',
      state: Object.values(modules),
    });
    const average = compile(
      (_: Record<string, never>) => {
        polyak(target, policy, tau);
        return {};
      },
      { name: 'dqn/average', state: [policy, target] },
    );
    const best = act.onArrays({ observations: { shape: [env.numEnvs, observationDim] } });
    const improve = update.onArrays({ ...replay.shapes, learningRate: { shape: [] } });
    const follow = average.onArrays({});
    this.#training = new ReplayTraining({
      owner: 'Dqn',
      config,
      env,
      actionSpace,
      targetPolicies: [target],
      parts: { ...modules, replay },
      compiled: [act, update, average],
      streams: ['actions', 'replay'],
      rates: { learningRate: config.learningRate },
      ratesAt: 'begin',
      begin: () => copyFrom(target, policy),
      act: (observations, rng, share) => this.#explored(best({ observations }).action, rng, share),
      update: (batch, _, count) => {
        const figures = improve(batch);
        if (count % targetUpdateEvery === 0) follow({});
        return figures;
      },
    });
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  async *train(options: TrainOptions): AsyncGenerator<DqnReport, void, undefined> {
    for await (const report of this.#training.train(options)) yield { ...report, exploration: this.#exploration };
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

  /** One action for each environment: uniform with probability ε, else the best. */
  #explored(best: ArrayLike<number>, rng: Rng, share: number): number[] {
    const { policy, explorationFraction, finalExploration } = this.#options;
    const { n, start } = policy.discreteActions;
    const exploration = linearSchedule(1, finalExploration)(share / explorationFraction);
    this.#exploration = exploration;
    return Array.from(best, (action) => (rng.uniform() < exploration ? rng.integer(start, start + n) : action));
  }

  #improve(batch: DqnBatch): Record<DqnFigure, tf.Tensor> {
    const { policy, double, maxGradientNorm } = this.#options;
    const { observations, actions, nextObservations, learningRate } = batch;
    const { n, start } = policy.discreteActions;
    const valuesOfTarget = this.#target.logits(nextObservations);
    const choosing = double ? policy.logits(nextObservations) : valuesOfTarget;
    const best = tf.oneHot(tf.argMax(choosing, 1), n, 1, 0, 'float32');
    const nextValues = tf.sum(tf.mul(best, valuesOfTarget), 1);
    const targets = tdTarget(batch, nextValues);
    const taken = tf.cast(tf.equal(tf.sub(actions, start), tf.range(0, n, 1, 'float32')), 'float32');
    const { gradients, loss, actionValue } = valueAndGradients(() => {
      const values = tf.sum(tf.mul(taken, policy.logits(observations)), 1);
      return { loss: tf.mean(huber(tf.sub(values, targets))), actionValue: tf.mean(values) };
    }, policy.trainableVariables());
    const clipped = clipByGlobalNorm(gradients, maxGradientNorm);
    this.#optimizer.update(clipped.gradients, learningRate);
    return { loss, actionValue, gradientNorm: clipped.norm };
  }
}

type DqnFigure = Exclude<FigureOf<DqnReport>, 'exploration'>;

type DqnBatch = Record<keyof Transitions | 'learningRate', tf.Tensor>;
