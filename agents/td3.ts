import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Box } from '../envs/index.ts';
import { Adam, compile, type Policy, type Rng, valueAndGradients } from '../src/index.ts';
import { parseOptions } from '../src/options/parseOptions.ts';
import { rateAt } from '../src/training/rate.ts';
import type { Agent, AgentState, TrainOptions, TrainReport } from './agent.ts';
import { ActionValues } from './common/actionValues.ts';
import { AgentParts, stateOfEnv } from './common/agentParts.ts';
import { copyOfPolicy } from './common/copyOfPolicy.ts';
import type { EpisodeReport } from './common/episodeTracker.ts';
import { ExplorationNoise, halfWidths } from './common/explorationNoise.ts';
import { fillUniform } from './common/fillUniform.ts';
import { type FigureOf, MeanMetrics } from './common/meanMetrics.ts';
import { ObservationStatistics } from './common/observationStatistics.ts';
import { noiseOptions, offPolicyOptions, updatesDue } from './common/offPolicyOptions.ts';
import { copyFrom, polyak } from './common/polyak.ts';
import { ReplayBuffer } from './common/replayBuffer.ts';
import { ReplayCollector } from './common/replayCollector.ts';
import { RewardScaler } from './common/rewardScaler.ts';
import { scalarsOf } from './common/scalarsOf.ts';
import { Training } from './common/training.ts';
import { vectorEnvFor } from './common/vectorEnvFor.ts';

export const td3Options = z.strictObject({
  ...offPolicyOptions,
  learningRate: offPolicyOptions.learningRate.default(1e-3),
  explorationNoise: noiseOptions.explorationNoise.default(0.1),
  noiseCorrelation: noiseOptions.noiseCorrelation,
  /** σ of the noise on the target policy's actions, likewise. */
  targetNoise: z.number().nonnegative().default(0.2),
  /** The largest noise on the target policy's actions, likewise. */
  targetNoiseClip: z.number().nonnegative().default(0.5),
  /** Updates of the critics for each one of the policy and the targets. */
  policyDelay: z.int().positive().default(2),
  /** Widths of the hidden layers of the critics. */
  criticHidden: z.array(z.int().positive()).readonly().default([256, 256]),
});

/** Options of {@link Td3}. */
export type Td3Options = z.input<typeof td3Options>;

/** Means over the updates since the last report; absent where there were none, as before the first one. */
export interface Td3Report extends TrainReport {
  /** Σᵢ E[(Qᵢ − y)²]. */
  readonly criticLoss?: number;
  /** E[Q₁] of the replay's actions. */
  readonly actionValue?: number;
}

/**
 * Twin delayed deep deterministic policy gradient:
 *
 *   y = r + γ (1 − terminated) min Q′ᵢ(s′, μ′(s′) + ε),  ε ~ clip(N(0, σ²), ±c), the action clipped to its bounds
 *   critics: Σᵢ E[(Qᵢ(s, a) − y)²]
 *   policy:  −E[Q₁(s, μ(s))], in every second update, with θ′ ← θ′ + τ (θ − θ′) of the targets
 *
 * μ is the exact mode of the policy, its greedy action: any policy that has one will do, such as a Gaussian, squashed or not.
 *
 * Fujimoto, van Hoof and Meger, "Addressing Function Approximation Error in Actor-Critic Methods", arXiv:1802.09477.
 */
export class Td3 implements Agent<Td3Report> {
  readonly critics: ActionValues;
  readonly #options: z.output<typeof td3Options>;
  readonly #actionSpace: Box;
  readonly #numEnvs: number;
  readonly #targets: { readonly policy: Policy; readonly critics: ActionValues };
  readonly #optimizers: { readonly critics: Adam; readonly policy: Adam };
  readonly #replay: ReplayBuffer;
  readonly #collector: ReplayCollector;
  readonly #tried: Float32Array;
  readonly #noise: ExplorationNoise;
  readonly #training = new Training('Td3', ['actions', 'replay', 'updates']);
  readonly #parts: AgentParts;
  readonly #act;
  readonly #updates;
  readonly #compiled: readonly { dispose(): void }[];

  /** @throws for an unknown option or one out of range, if the environment does not fit the policy, or the policy has no exact mode */
  constructor(options: Td3Options) {
    const config = parseOptions('Td3', td3Options, options);
    this.#options = config;
    const { policy, batchSize, rng } = config;
    const { env, actionSpace } = vectorEnvFor('Td3', policy, config.env);
    if (!(actionSpace instanceof Box)) throw new Error('Td3: policy: wanted continuous actions, got discrete ones');
    checkHasMode(policy);
    this.#actionSpace = actionSpace;
    this.#numEnvs = env.numEnvs;
    const sizes = { observationDim: policy.observationDim, actionDim: policy.actionDim };
    const ofCritics = { ...sizes, actionSpace, hidden: config.criticHidden, rng: rng.split('critics') };
    this.critics = new ActionValues(ofCritics);
    this.#targets = {
      policy: copyOfPolicy('Td3', policy, rng.split('target')),
      critics: new ActionValues(ofCritics),
    };
    this.#optimizers = {
      critics: new Adam(this.critics.trainableVariables()),
      policy: new Adam(policy.trainableVariables()),
    };
    const statistics = ObservationStatistics.of([policy, this.#targets.policy], config);
    const scaler = config.normalizeRewards ? new RewardScaler(env.numEnvs, config.gamma) : undefined;
    this.#replay = new ReplayBuffer({ capacity: config.bufferSize, batchSize, ...sizes });
    this.#collector = new ReplayCollector({ owner: 'Td3', env, actionSpace, replay: this.#replay, statistics, scaler });
    this.#tried = new Float32Array(env.numEnvs * policy.actionDim);
    this.#noise = new ExplorationNoise(env.numEnvs, actionSpace, {
      sigma: config.explorationNoise,
      correlation: config.noiseCorrelation,
    });

    const act = compile(
      ({ observations }: { observations: tf.Tensor }) => ({ action: meanAction(policy, observations) }),
      { name: 'td3/act', state: [policy] },
    );
    const state = [policy, this.critics, this.#targets.policy, this.#targets.critics, this.#optimizers.critics];
    const updateOf = (isPolicyDue: boolean) =>
      compile((batch: Td3Batch, noise) => this.#improve(batch, noise, isPolicyDue), {
        name: isPolicyDue ? 'td3/update-both' : 'td3/update-critics',
        state: isPolicyDue ? [...state, this.#optimizers.policy] : state,
      });
    const [critics, both] = [updateOf(false), updateOf(true)];
    this.#compiled = [act, critics, both];
    this.#act = act.onArrays({ observations: { shape: [env.numEnvs, policy.observationDim] } });
    const ofBatch = {
      ...this.#replay.shapes,
      learningRate: { shape: [] },
    };
    this.#updates = { critics: critics.onArrays(ofBatch), both: both.onArrays(ofBatch) };
    this.#parts = new AgentParts('Td3', {
      policy,
      critics: this.critics,
      targetPolicy: this.#targets.policy,
      targetCritics: this.#targets.critics,
      criticOptimizer: this.#optimizers.critics,
      policyOptimizer: this.#optimizers.policy,
      replay: this.#replay,
      noise: this.#noise,
      statistics,
      scaler,
      env: stateOfEnv(env),
      collector: this.#collector,
      training: this.#training,
    });
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  async *train({ steps, rng }: TrainOptions): AsyncGenerator<Td3Report, void, undefined> {
    const training = this.#training;
    const { policy, policyDelay, reportEvery } = this.#options;
    if (training.begin({ steps, rng })) {
      copyFrom(this.#targets.policy, policy);
      copyFrom(this.#targets.critics, this.critics);
      this.#noise.reset();
      this.#collector.reset(rng.split('env').seed);
    }
    const { streams } = training;
    const metrics = new MeanMetrics<FigureOf<Td3Report>>('Td3');
    let episodes: EpisodeReport[] = [];
    while (training.step < steps) {
      this.#collector.step(this.#actions(streams.actions), episodes);
      training.step += this.#numEnvs;
      const learningRate = rateAt('Td3: learningRate', this.#options.learningRate, Math.min(1, training.step / steps));
      for (let due = updatesDue(training.step, training.updates, this.#options); due > 0; due--) {
        training.updates += 1;
        const update = training.updates % policyDelay === 0 ? this.#updates.both : this.#updates.critics;
        const batch = this.#collector.sample(streams.replay);
        metrics.add(training.step, scalarsOf(update({ ...batch, learningRate }, streams.updates)));
      }
      const { step, updates } = training;
      if (step % reportEvery >= this.#numEnvs && step < steps) continue;
      yield { step, updates, episodes, ...(metrics.hasSome && metrics.take()) };
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
    const { critics, policy } = this.#optimizers;
    for (const module of [this.critics, this.#targets.policy, this.#targets.critics, critics, policy]) module.dispose();
  }

  /** One action for each environment: uniform at first, then the policy's with noise. */
  #actions(rng: Rng): ArrayLike<number> {
    const tried = this.#tried;
    if (this.#actionSpace.bounded && this.#training.step < this.#options.learningStarts) {
      return fillUniform(tried, this.#actionSpace, rng);
    }
    this.#noise.add(this.#act({ observations: this.#collector.current }).action, rng, tried);
    return tried;
  }

  /** The update of the critics on one minibatch, and of policy and targets where it is due. */
  #improve(batch: Td3Batch, rng: Rng, isPolicyDue: boolean): Record<FigureOf<Td3Report>, tf.Tensor> {
    const { policy, gamma, tau } = this.#options;
    const { observations, actions, rewards, nextObservations, terminations, learningRate } = batch;
    const seen = policy.normalized(observations);
    const nextValues = this.#targets.critics.least(
      policy.normalized(nextObservations),
      this.#targetActions(nextObservations, rng),
    );
    const targets = tf.add(rewards, tf.mul(tf.mul(tf.sub(1, terminations), gamma), nextValues));
    const { gradients, loss, actionValue } = valueAndGradients(() => {
      const [q1, q2] = this.critics.of(seen, actions);
      const errors = tf.add(tf.squaredDifference(q1, targets), tf.squaredDifference(q2, targets));
      return { loss: tf.mean(errors), actionValue: tf.mean(q1) };
    }, this.critics.trainableVariables());
    this.#optimizers.critics.update(gradients, learningRate);
    if (isPolicyDue) {
      const ofPolicy = valueAndGradients(
        () => ({ loss: tf.neg(tf.mean(this.critics.of(seen, meanAction(policy, observations))[0])) }),
        policy.trainableVariables(),
        // The scale of a Gaussian has no part in its mode.
        { allowUnused: true },
      );
      this.#optimizers.policy.update(ofPolicy.gradients, learningRate);
      polyak(this.#targets.critics, this.critics, tau);
      polyak(this.#targets.policy, policy, tau);
    }
    return { criticLoss: loss, actionValue };
  }

  /** μ′(o) + ε within the bounds. */
  #targetActions(observations: tf.Tensor, rng: Rng): tf.Tensor {
    const { targetNoise, targetNoiseClip } = this.#options;
    const action = meanAction(this.#targets.policy, observations);
    const noise = tf.clipByValue(
      tf.mul(rng.normalTensor(action.shape), targetNoise),
      -targetNoiseClip,
      targetNoiseClip,
    );
    const noisy = tf.add(action, tf.mul(noise, tf.tensor1d(halfWidths(this.#actionSpace))));
    const bound = (bounds: ArrayLike<number>) => tf.tensor1d(Array.from(bounds));
    return tf.minimum(tf.maximum(noisy, bound(this.#actionSpace.low)), bound(this.#actionSpace.high));
  }
}

type Td3Batch = Record<
  'observations' | 'actions' | 'rewards' | 'nextObservations' | 'terminations' | 'learningRate',
  tf.Tensor
>;

/** μ(o), the squash of the exact mode. */
function meanAction(policy: Policy, observations: tf.Tensor): tf.Tensor {
  const distribution = policy.given(observations);
  return distribution.squash(distribution.mode!());
}

function checkHasMode(policy: Policy): void {
  const hasMode = tf.tidy(() => Number(policy.given(tf.zeros([1, policy.observationDim])).mode !== undefined));
  if (hasMode) return;
  throw new Error(
    `Td3: policy: got a ${policy.constructor.name}, whose mode is not known, expected one with an exact mode, as a Gaussian has`,
  );
}
