import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Box } from '../envs/index.ts';
import { Adam, compile, type Policy, portableMath, type Rng, valueAndGradients } from '../src/index.ts';
import { parseOptions } from '../src/options/parseOptions.ts';
import { rateAt, rateSchema } from '../src/training/rate.ts';
import type { Agent, AgentState, TrainOptions, TrainReport } from './agent.ts';
import { ActionValues } from './common/actionValues.ts';
import { AgentParts, stateOfEnv } from './common/agentParts.ts';
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
import { ScalarParameter } from './common/scalarParameter.ts';
import { scalarsOf } from './common/scalarsOf.ts';
import { Training } from './common/training.ts';
import { vectorEnvFor } from './common/vectorEnvFor.ts';

export const sacOptions = z.strictObject({
  ...offPolicyOptions,
  ...noiseOptions,
  /** α, the weight of the entropy: learned, or a number, or a function of the share of the training that is done. */
  temperature: z.union([z.literal('auto'), rateSchema]).default('auto'),
  /**
   * H₀, nats: entropy is rewarded beyond it. The logarithm of the action space's measure leaves the uniform policy without any reward for
   * it, so that an episode is not worth going on for its entropy alone; 0 by default.
   */
  baseEntropy: z.number().default(0),
  /** α before training, where it is learned. */
  initialTemperature: z.number().positive().default(1),
  /**
   * The entropy that a learned α aims at, nats. By default −1 for each component of the action, in units of half the width of its
   * bounds.
   */
  targetEntropy: z.number().optional(),
  /** Widths of the hidden layers of the critics. */
  criticHidden: z.array(z.int().positive()).readonly().default([256, 256]),
});

/** Options of {@link Sac}. */
export type SacOptions = z.input<typeof sacOptions>;

/** Means over the updates since the last report; absent where there were none, as before the first one. */
export interface SacReport extends TrainReport {
  /** E[α log π − min Q]. */
  readonly policyLoss?: number;
  /** ½ Σᵢ E[(Qᵢ − y)²]. */
  readonly criticLoss?: number;
  /** −E[log π], nats. */
  readonly entropy?: number;
  /** α. */
  readonly temperature?: number;
  /** E[Q₁] of the replay's actions. */
  readonly actionValue?: number;
}

/**
 * Soft actor-critic: the return and the entropy of the policy together, from a replay buffer.
 *
 *   y = r + γ (1 − terminated) (min Q′ᵢ(s′, a′) − α (log π(a′ | s′) + H₀)),  a′ ~ π(· | s′)
 *   critics:     ½ Σᵢ E[(Qᵢ(s, a) − y)²]
 *   policy:      E[α log π(a | s) − min Qᵢ(s, a)],  a ~ π(· | s), through the sample
 *   temperature: −log α · E[log π(a | s) + H̄]
 *   targets:     θ′ ← θ′ + τ (θ − θ′)
 *
 * Works with any policy whose samples are reparameterized; a policy that keeps its actions within their bounds (`squash: 'tanh'`)
 * learns best. Of actions that are angles the critics see cosine and sine. The first `learningStarts` actions are uniform in the action
 * space where it is bounded.
 *
 * Haarnoja et al., "Soft Actor-Critic Algorithms and Applications", arXiv:1812.05905.
 */
export class Sac implements Agent<SacReport> {
  readonly critics: ActionValues;
  readonly #options: z.output<typeof sacOptions>;
  readonly #actionSpace: Box;
  readonly #numEnvs: number;
  readonly #targets: ActionValues;
  readonly #logTemperature: ScalarParameter;
  readonly #optimizers: { readonly critics: Adam; readonly policy: Adam; readonly temperature: Adam };
  readonly #replay: ReplayBuffer;
  readonly #collector: ReplayCollector;
  readonly #tried: Float32Array;
  readonly #noise: ExplorationNoise;
  readonly #training = new Training('Sac', ['actions', 'replay', 'updates']);
  readonly #parts: AgentParts;
  readonly #act;
  readonly #update;
  readonly #compiled: readonly { dispose(): void }[];

  /** @throws for an unknown option or one out of range, if the environment does not fit the policy, or the policy is not reparameterized */
  constructor(options: SacOptions) {
    const config = parseOptions('Sac', sacOptions, options);
    this.#options = config;
    const { policy, batchSize, rng } = config;
    const { env, actionSpace } = vectorEnvFor('Sac', policy, config.env);
    const { reparameterized, angles = false } = tf.tidy(() => {
      const distribution = policy.given(tf.zeros([1, policy.observationDim]));
      return { reparameterized: distribution.reparameterized, angles: distribution.angles };
    });
    checkReparameterized(policy, reparameterized);
    if (!(actionSpace instanceof Box)) throw new Error('Sac: policy: wanted continuous actions, got discrete ones');
    this.#actionSpace = actionSpace;
    this.#numEnvs = env.numEnvs;
    const sizes = { observationDim: policy.observationDim, actionDim: policy.actionDim };
    const ofCritics = { ...sizes, actionSpace, angles, hidden: config.criticHidden, rng: rng.split('critics') };
    this.critics = new ActionValues(ofCritics);
    this.#targets = new ActionValues(ofCritics);
    this.#logTemperature = new ScalarParameter(
      config.temperature === 'auto' ? portableMath.log(config.initialTemperature) : 0,
    );
    this.#optimizers = {
      critics: new Adam(this.critics.trainableVariables()),
      policy: new Adam(policy.trainableVariables()),
      temperature: new Adam(this.#logTemperature.trainableVariables()),
    };
    const statistics = ObservationStatistics.of([policy], config);
    const scaler = config.normalizeRewards ? new RewardScaler(env.numEnvs, config.gamma) : undefined;
    this.#replay = new ReplayBuffer({ capacity: config.bufferSize, batchSize, ...sizes });
    this.#collector = new ReplayCollector({ owner: 'Sac', env, actionSpace, replay: this.#replay, statistics, scaler });
    this.#tried = new Float32Array(env.numEnvs * policy.actionDim);
    this.#noise = new ExplorationNoise(env.numEnvs, actionSpace, {
      sigma: config.explorationNoise,
      correlation: config.noiseCorrelation,
    });

    const act = compile(
      ({ observations }: { observations: tf.Tensor }, noise) => ({
        action: policy.given(observations).sampleWithLogProb(noise).action,
      }),
      { name: 'sac/act', state: [policy] },
    );
    const { critics, policy: ofPolicy, temperature } = this.#optimizers;
    const update = compile((batch: SacBatch, noise) => this.#improve(batch, noise), {
      name: 'sac/update',
      state: [policy, this.critics, this.#targets, this.#logTemperature, critics, ofPolicy, temperature],
    });
    this.#compiled = [act, update];
    this.#act = act.onArrays({ observations: { shape: [env.numEnvs, policy.observationDim] } });
    this.#update = update.onArrays({
      ...this.#replay.shapes,
      learningRate: { shape: [] },
      temperature: { shape: [] },
    });
    this.#parts = new AgentParts('Sac', {
      policy,
      critics: this.critics,
      targets: this.#targets,
      temperature: this.#logTemperature,
      criticOptimizer: critics,
      policyOptimizer: ofPolicy,
      temperatureOptimizer: temperature,
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
  async *train({ steps, rng }: TrainOptions): AsyncGenerator<SacReport, void, undefined> {
    const training = this.#training;
    const { reportEvery } = this.#options;
    if (training.begin({ steps, rng })) {
      copyFrom(this.#targets, this.critics);
      this.#noise.reset();
      this.#collector.reset(rng.split('env').seed);
    }
    const { streams } = training;
    const metrics = new MeanMetrics<FigureOf<SacReport>>('Sac');
    let episodes: EpisodeReport[] = [];
    while (training.step < steps) {
      this.#collector.step(this.#actions(streams.actions), episodes);
      training.step += this.#numEnvs;
      const share = Math.min(1, training.step / steps);
      const learningRate = rateAt('Sac: learningRate', this.#options.learningRate, share);
      const temperature = this.#temperatureAt(share);
      for (let due = updatesDue(training.step, training.updates, this.#options); due > 0; due--) {
        const batch = this.#collector.sample(streams.replay);
        metrics.add(training.step, scalarsOf(this.#update({ ...batch, learningRate, temperature }, streams.updates)));
        training.updates += 1;
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
    const { critics, policy, temperature } = this.#optimizers;
    for (const module of [this.critics, this.#targets, this.#logTemperature, critics, policy, temperature]) {
      module.dispose();
    }
  }

  /** One action for each environment: uniform at first, then the policy's. */
  #actions(rng: Rng): ArrayLike<number> {
    const tried = this.#tried;
    if (this.#actionSpace.bounded && this.#training.step < this.#options.learningStarts) {
      return fillUniform(tried, this.#actionSpace, rng);
    }
    const { action } = this.#act({ observations: this.#collector.current }, rng);
    if (this.#options.explorationNoise === 0) return action;
    this.#noise.add(action, rng, tried);
    return tried;
  }

  /** The whole update of critics, policy, temperature and targets on one minibatch. */
  #improve(batch: SacBatch, rng: Rng): Record<FigureOf<SacReport>, tf.Tensor> {
    const { policy, gamma, tau, baseEntropy } = this.#options;
    const isLearned = this.#options.temperature === 'auto';
    const { observations, actions, rewards, nextObservations, terminations, learningRate } = batch;
    const seen = policy.normalized(observations);
    const temperature = isLearned ? tf.exp(this.#logTemperature.value) : batch.temperature;

    const next = policy.given(nextObservations).sampleWithLogProb(rng);
    const nextValues = tf.sub(
      this.#targets.least(policy.normalized(nextObservations), next.action),
      tf.mul(temperature, tf.add(next.logProb, baseEntropy)),
    );
    const targets = tf.add(rewards, tf.mul(tf.mul(tf.sub(1, terminations), gamma), nextValues));
    const ofCritics = valueAndGradients(() => {
      const [q1, q2] = this.critics.of(seen, actions);
      const errors = tf.add(tf.squaredDifference(q1, targets), tf.squaredDifference(q2, targets));
      return { loss: tf.mul(0.5, tf.mean(errors)), actionValue: tf.mean(q1) };
    }, this.critics.trainableVariables());
    this.#optimizers.critics.update(ofCritics.gradients, learningRate);

    const ofPolicy = valueAndGradients(() => {
      const { action, logProb } = policy.given(observations).sampleWithLogProb(rng);
      const loss = tf.mean(tf.sub(tf.mul(temperature, logProb), this.critics.least(seen, action)));
      return { loss, entropy: tf.neg(tf.mean(logProb)) };
    }, policy.trainableVariables());
    this.#optimizers.policy.update(ofPolicy.gradients, learningRate);

    if (isLearned) {
      // The derivative of −log α · E[log π + H̄] by log α.
      this.#optimizers.temperature.update([tf.sub(ofPolicy.entropy, this.#targetEntropy())], learningRate);
    }
    polyak(this.#targets, this.critics, tau);
    return {
      policyLoss: ofPolicy.loss,
      criticLoss: ofCritics.loss,
      entropy: ofPolicy.entropy,
      temperature,
      actionValue: ofCritics.actionValue,
    };
  }

  /** α where it is not learned. */
  #temperatureAt(share: number): number {
    const { temperature } = this.#options;
    return temperature === 'auto' ? 0 : rateAt('Sac: temperature', temperature, share);
  }

  #targetEntropy(): number {
    const { targetEntropy } = this.#options;
    if (targetEntropy !== undefined) return targetEntropy;
    return halfWidths(this.#actionSpace).reduce((sum, half) => sum - 1 + portableMath.log(half), 0);
  }
}

type SacBatch = Record<
  'observations' | 'actions' | 'rewards' | 'nextObservations' | 'terminations' | 'learningRate' | 'temperature',
  tf.Tensor
>;

function checkReparameterized(policy: Policy, reparameterized: boolean): void {
  if (reparameterized) return;
  throw new Error(
    `Sac: policy: got a ${policy.constructor.name}, whose samples are not reparameterized, expected one whose are: ` +
      'the gradient goes through the sample',
  );
}
