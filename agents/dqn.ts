import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import {
  Adam,
  CategoricalPolicy,
  clipByGlobalNorm,
  compile,
  linearSchedule,
  type Rng,
  valueAndGradients,
} from '../src/index.ts';
import { parseOptions } from '../src/options/parseOptions.ts';
import { rateAt } from '../src/training/rate.ts';
import type { Agent, AgentState, TrainOptions, TrainReport } from './agent.ts';
import { AgentParts, stateOfEnv } from './common/agentParts.ts';
import { copyOfPolicy } from './common/copyOfPolicy.ts';
import type { EpisodeReport } from './common/episodeTracker.ts';
import { huber } from './common/huber.ts';
import { type FigureOf, MeanMetrics } from './common/meanMetrics.ts';
import { ObservationStatistics } from './common/observationStatistics.ts';
import { offPolicyOptions, updatesDue } from './common/offPolicyOptions.ts';
import { copyFrom, polyak } from './common/polyak.ts';
import { ReplayBuffer } from './common/replayBuffer.ts';
import { ReplayCollector } from './common/replayCollector.ts';
import { RewardScaler } from './common/rewardScaler.ts';
import { scalarsOf } from './common/scalarsOf.ts';
import { Training } from './common/training.ts';
import { vectorEnvFor } from './common/vectorEnvFor.ts';

export const dqnOptions = z.strictObject({
  ...offPolicyOptions,
  /** A categorical policy, whose logits are learned as the values Q(o, ·). */
  policy: z.custom<CategoricalPolicy>((value) => value instanceof CategoricalPolicy, 'a CategoricalPolicy'),
  bufferSize: offPolicyOptions.bufferSize.default(100_000),
  batchSize: offPolicyOptions.batchSize.default(64),
  learningStarts: offPolicyOptions.learningStarts.default(1000),
  updatesPerStep: offPolicyOptions.updatesPerStep.default(0.25),
  learningRate: offPolicyOptions.learningRate.default(1e-3),
  /** τ: the share of the network that the target network takes over at a time. */
  tau: offPolicyOptions.tau.default(1),
  /** Updates from one time that the target network takes over the network to the next. */
  targetUpdateEvery: z.int().positive().default(250),
  /** The share of the training in which ε, the share of uniform actions, goes from 1 to `finalExploration`. */
  explorationFraction: z.number().positive().max(1).default(0.1),
  finalExploration: z.number().min(0).max(1).default(0.05),
  /** Whether the network chooses the action of which the target network says the value (double DQN). */
  double: z.boolean().default(true),
  /** The largest global norm of the gradient. */
  maxGradientNorm: z.number().positive().default(10),
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
  readonly #numEnvs: number;
  readonly #target: CategoricalPolicy;
  readonly #optimizer: Adam;
  readonly #replay: ReplayBuffer;
  readonly #collector: ReplayCollector;
  readonly #tried: Float32Array;
  readonly #training = new Training('Dqn', ['actions', 'replay']);
  readonly #parts: AgentParts;
  readonly #act;
  readonly #update;
  readonly #average;
  readonly #compiled: readonly { dispose(): void }[];

  /** @throws for an unknown option or one out of range, or if the environment does not fit the policy */
  constructor(options: DqnOptions) {
    const config = parseOptions('Dqn', dqnOptions, options);
    this.#options = config;
    const { policy, batchSize } = config;
    const { env, actionSpace } = vectorEnvFor('Dqn', policy, config.env);
    this.#numEnvs = env.numEnvs;
    const target = copyOfPolicy('Dqn', policy, config.rng.split('target'));
    this.#target = target;
    this.#optimizer = new Adam(policy.trainableVariables());
    const sizes = { observationDim: policy.observationDim, actionDim: policy.actionDim };
    const statistics = ObservationStatistics.of([policy, target], config);
    const scaler = config.normalizeRewards ? new RewardScaler(env.numEnvs, config.gamma) : undefined;
    this.#replay = new ReplayBuffer({ capacity: config.bufferSize, batchSize, ...sizes });
    this.#collector = new ReplayCollector({ owner: 'Dqn', env, actionSpace, replay: this.#replay, statistics, scaler });
    this.#tried = new Float32Array(env.numEnvs);

    const act = compile(
      ({ observations }: { observations: tf.Tensor }) => {
        const distribution = policy.given(observations);
        return { action: distribution.squash(distribution.mode()) };
      },
      { name: 'dqn/act', state: [policy] },
    );
    const update = compile((batch: DqnBatch) => this.#improve(batch), {
      name: 'dqn/update',
      state: [policy, target, this.#optimizer],
    });
    const average = compile(
      (_: Record<string, never>) => {
        polyak(target, policy, config.tau);
        return {};
      },
      { name: 'dqn/average', state: [policy, target] },
    );
    this.#compiled = [act, update, average];
    this.#act = act.onArrays({ observations: { shape: [env.numEnvs, policy.observationDim] } });
    this.#update = update.onArrays({
      ...this.#replay.shapes,
      learningRate: { shape: [] },
    });
    this.#average = average.onArrays({});
    this.#parts = new AgentParts('Dqn', {
      policy,
      target,
      optimizer: this.#optimizer,
      replay: this.#replay,
      statistics,
      scaler,
      env: stateOfEnv(env),
      collector: this.#collector,
      training: this.#training,
    });
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  async *train({ steps, rng }: TrainOptions): AsyncGenerator<DqnReport, void, undefined> {
    const training = this.#training;
    const { policy, reportEvery, targetUpdateEvery, explorationFraction, finalExploration } = this.#options;
    if (training.begin({ steps, rng })) {
      copyFrom(this.#target, policy);
      this.#collector.reset(rng.split('env').seed);
    }
    const { streams } = training;
    const metrics = new MeanMetrics<DqnFigure>('Dqn');
    let episodes: EpisodeReport[] = [];
    while (training.step < steps) {
      const progress = training.step / steps;
      const exploration = linearSchedule(1, finalExploration)(progress / explorationFraction);
      this.#collector.step(this.#actions(streams.actions, exploration), episodes);
      training.step += this.#numEnvs;
      const learningRate = rateAt('Dqn: learningRate', this.#options.learningRate, progress);
      for (let due = updatesDue(training.step, training.updates, this.#options); due > 0; due--) {
        const batch = this.#collector.sample(streams.replay);
        metrics.add(training.step, scalarsOf(this.#update({ ...batch, learningRate })));
        training.updates += 1;
        if (training.updates % targetUpdateEvery === 0) this.#average({});
      }
      const { step, updates } = training;
      if (step % reportEvery >= this.#numEnvs && step < steps) continue;
      yield { step, updates, episodes, ...(metrics.hasSome && metrics.take()), exploration };
      episodes = [];
    }
  }

  state(): AgentState {
    return this.#parts.state();
  }

  setState(state: AgentState): void {
    this.#parts.setState(state);
  }

  dispose(): void {
    for (const compiled of this.#compiled) compiled.dispose();
    this.#optimizer.dispose();
    this.#target.dispose();
  }

  /** One action for each environment: uniform with probability ε, else the best. */
  #actions(rng: Rng, exploration: number): Float32Array {
    const { n, start } = this.#options.policy.discreteActions;
    const { action } = this.#act({ observations: this.#collector.current });
    for (let i = 0; i < this.#tried.length; i++) {
      this.#tried[i] = rng.uniform() < exploration ? rng.integer(start, start + n) : action[i]!;
    }
    return this.#tried;
  }

  #improve(batch: DqnBatch): Record<DqnFigure, tf.Tensor> {
    const { policy, gamma, double, maxGradientNorm } = this.#options;
    const { observations, actions, rewards, nextObservations, terminations, learningRate } = batch;
    const { n, start } = policy.discreteActions;
    const valuesOfTarget = this.#target.logits(nextObservations);
    const choosing = double ? policy.logits(nextObservations) : valuesOfTarget;
    const best = tf.oneHot(tf.argMax(choosing, 1), n, 1, 0, 'float32');
    const nextValues = tf.sum(tf.mul(best, valuesOfTarget), 1);
    const targets = tf.add(rewards, tf.mul(tf.mul(tf.sub(1, terminations), gamma), nextValues));
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

type DqnBatch = Record<
  'observations' | 'actions' | 'rewards' | 'nextObservations' | 'terminations' | 'learningRate',
  tf.Tensor
>;
