import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Box } from '../envs/index.ts';
import { Adam, compile, type Policy, portableMath, type Rng, stopGradient, valueAndGradients } from '../src/index.ts';
import { parseOptions } from '../src/options/parseOptions.ts';
import { rateAt, rateSchema } from '../src/training/rate.ts';
import type { Agent, AgentState, TrainOptions, TrainReport } from './agent.ts';
import { ActionValues } from './common/actionValues.ts';
import { AgentParts, stateOfEnv } from './common/agentParts.ts';
import type { EpisodeReport } from './common/episodeTracker.ts';
import { fillUniform } from './common/fillUniform.ts';
import { type FigureOf, MeanMetrics } from './common/meanMetrics.ts';
import { ObservationStatistics } from './common/observationStatistics.ts';
import { offPolicyOptions, updatesDue } from './common/offPolicyOptions.ts';
import { copyFrom, polyak } from './common/polyak.ts';
import { ReplayBuffer } from './common/replayBuffer.ts';
import { ReplayCollector } from './common/replayCollector.ts';
import { RewardScaler } from './common/rewardScaler.ts';
import { scalarsOf } from './common/scalarsOf.ts';
import { steinDirection } from './common/steinDirection.ts';
import { Training } from './common/training.ts';
import { vectorEnvFor } from './common/vectorEnvFor.ts';

export const softQLearningOptions = z.strictObject({
  ...offPolicyOptions,
  /** α > 0, the weight of the entropy: a number, or a function of the share of the training that is done. */
  temperature: rateSchema.default(1),
  /** Uniform actions for each state by which its value is estimated. */
  valueSamples: z.int().positive().default(32),
  /** Particles of the sampler for each state. */
  particles: z.int().min(2).default(16),
  /** States of a minibatch for which the sampler learns, the first ones; all by default. */
  samplerStates: z.int().positive().optional(),
  /** Widths of the hidden layers of the critics. */
  criticHidden: z.array(z.int().positive()).readonly().default([256, 256]),
});

/** Options of {@link SoftQLearning}. */
export type SoftQLearningOptions = z.input<typeof softQLearningOptions>;

/** Means over the updates since the last report; absent where there were none, as before the first one. */
export interface SoftQLearningReport extends TrainReport {
  /** ½ Σᵢ E[(Qᵢ − y)²]. */
  readonly criticLoss?: number;
  /** E[Q₁] of the replay's actions. */
  readonly actionValue?: number;
  /** E[V] of the states that they led to. */
  readonly stateValue?: number;
  /** √E‖φ‖², how far the sampler's particles are to move: 0 where they are samples of the energy's density. */
  readonly stein?: number;
}

/**
 * Soft Q-learning: the policy is the density of an energy, π(a | s) = exp((Q(s, a) − V(s)) / α), and a network learns to draw samples
 * of it.
 *
 *   value:   V(s) = α log ∫ exp(Q(s, a) / α) da, by importance sampling with uniform actions a
 *   target:  y = r + γ (1 − terminated) V′(s′)
 *   critics: ½ Σᵢ E[(Qᵢ(s, a) − y)²]
 *   sampler: u = f(s, ξ), by amortized SVGD: Δf ∝ E[φ(u) ∂f/∂·], φ by `steinDirection` for the latent density
 *            p(u | s) ∝ exp(Q(s, squash(u)) / α) |det ∂squash/∂u|
 *   targets: θ′ ← θ′ + τ (θ − θ′)
 *
 * The sampler is any policy with reparameterized samples; its own density, if it has one, is not used: an `ImplicitPolicy` is the paper's.
 * The environment's actions must be bounded, and the policy keep them within their bounds (`squash: 'tanh'`). In difference to the paper
 * there are two critics of which the less is taken, as in SAC, and the targets' networks follow by averaging.
 *
 * Haarnoja, Tang, Abbeel & Levine, "Reinforcement Learning with Deep Energy-Based Policies", arXiv:1702.08165; Feng, Wang & Liu,
 * "Learning to Draw Samples with Amortized Stein Variational Gradient Descent", arXiv:1707.06626.
 */
export class SoftQLearning implements Agent<SoftQLearningReport> {
  readonly critics: ActionValues;
  readonly #options: z.output<typeof softQLearningOptions>;
  readonly #actionSpace: Box;
  readonly #numEnvs: number;
  readonly #targets: ActionValues;
  readonly #optimizers: { readonly critics: Adam; readonly policy: Adam };
  readonly #replay: ReplayBuffer;
  readonly #collector: ReplayCollector;
  readonly #tried: Float32Array;
  readonly #training = new Training('SoftQLearning', ['actions', 'replay', 'updates']);
  readonly #parts: AgentParts;
  readonly #act;
  readonly #update;
  readonly #compiled: readonly { dispose(): void }[];

  /** @throws for an unknown option or one out of range, if the environment does not fit the policy, or the policy is not reparameterized */
  constructor(options: SoftQLearningOptions) {
    const config = parseOptions('SoftQLearning', softQLearningOptions, options);
    this.#options = config;
    const { policy, batchSize, rng, samplerStates = batchSize } = config;
    const { env, actionSpace } = vectorEnvFor('SoftQLearning', policy, config.env);
    checkReparameterized(policy);
    if (!(actionSpace instanceof Box && actionSpace.bounded)) {
      throw new Error(`SoftQLearning: env: wanted a Box of actions with finite bounds, got ${actionSpace}`);
    }
    if (samplerStates > batchSize) {
      throw new Error(
        `SoftQLearning: samplerStates: got ${samplerStates}, expected at most the ${batchSize} of a minibatch`,
      );
    }
    this.#actionSpace = actionSpace;
    this.#numEnvs = env.numEnvs;
    const sizes = { observationDim: policy.observationDim, actionDim: policy.actionDim };
    const ofCritics = { ...sizes, actionSpace, hidden: config.criticHidden, rng: rng.split('critics') };
    this.critics = new ActionValues(ofCritics);
    this.#targets = new ActionValues(ofCritics);
    this.#optimizers = {
      critics: new Adam(this.critics.trainableVariables()),
      policy: new Adam(policy.trainableVariables()),
    };
    const statistics = ObservationStatistics.of([policy], config);
    const scaler = config.normalizeRewards ? new RewardScaler(env.numEnvs, config.gamma) : undefined;
    this.#replay = new ReplayBuffer({ capacity: config.bufferSize, batchSize, ...sizes });
    const collecting = { owner: 'SoftQLearning', env, actionSpace, replay: this.#replay, statistics, scaler };
    this.#collector = new ReplayCollector(collecting);
    this.#tried = new Float32Array(env.numEnvs * policy.actionDim);

    const act = compile(
      ({ observations }: { observations: tf.Tensor }, noise) => ({
        action: policy.given(observations).sampleWithLogProb(noise).action,
      }),
      { name: 'soft-q-learning/act', state: [policy] },
    );
    const { critics, policy: ofPolicy } = this.#optimizers;
    const update = compile((batch: SoftQBatch, noise) => this.#improve(batch, noise), {
      name: 'soft-q-learning/update',
      state: [policy, this.critics, this.#targets, critics, ofPolicy],
    });
    this.#compiled = [act, update];
    this.#act = act.onArrays({ observations: { shape: [env.numEnvs, policy.observationDim] } });
    this.#update = update.onArrays({
      ...this.#replay.shapes,
      learningRate: { shape: [] },
      temperature: { shape: [] },
    });
    this.#parts = new AgentParts('SoftQLearning', {
      policy,
      critics: this.critics,
      targets: this.#targets,
      criticOptimizer: critics,
      policyOptimizer: ofPolicy,
      replay: this.#replay,
      statistics,
      scaler,
      env: stateOfEnv(env),
      collector: this.#collector,
      training: this.#training,
    });
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  async *train({ steps, rng }: TrainOptions): AsyncGenerator<SoftQLearningReport, void, undefined> {
    const training = this.#training;
    const { reportEvery } = this.#options;
    if (training.begin({ steps, rng })) {
      copyFrom(this.#targets, this.critics);
      this.#collector.reset(rng.split('env').seed);
    }
    const { streams } = training;
    const metrics = new MeanMetrics<FigureOf<SoftQLearningReport>>('SoftQLearning');
    let episodes: EpisodeReport[] = [];
    while (training.step < steps) {
      this.#collector.step(this.#actions(streams.actions), episodes);
      training.step += this.#numEnvs;
      const share = Math.min(1, training.step / steps);
      const rate = (name: 'learningRate' | 'temperature') =>
        rateAt(`SoftQLearning: ${name}`, this.#options[name], share);
      const rates = { learningRate: rate('learningRate'), temperature: rate('temperature') };
      for (let due = updatesDue(training.step, training.updates, this.#options); due > 0; due--) {
        const batch = this.#collector.sample(streams.replay);
        metrics.add(training.step, scalarsOf(this.#update({ ...batch, ...rates }, streams.updates)));
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
    const { critics, policy } = this.#optimizers;
    for (const module of [this.critics, this.#targets, critics, policy]) module.dispose();
  }

  /** One action for each environment: uniform at first, then the sampler's. */
  #actions(rng: Rng): ArrayLike<number> {
    if (this.#training.step < this.#options.learningStarts) return fillUniform(this.#tried, this.#actionSpace, rng);
    return this.#act({ observations: this.#collector.current }, rng).action;
  }

  /** The whole update of critics, sampler and targets on one minibatch. */
  #improve(batch: SoftQBatch, rng: Rng): Record<FigureOf<SoftQLearningReport>, tf.Tensor> {
    const { policy, gamma, tau } = this.#options;
    const { observations, actions, rewards, nextObservations, terminations, learningRate, temperature } = batch;
    const seen = policy.normalized(observations);

    const nextValues = this.#softValue(policy.normalized(nextObservations), temperature, rng);
    const targets = tf.add(rewards, tf.mul(tf.mul(tf.sub(1, terminations), gamma), nextValues));
    const ofCritics = valueAndGradients(() => {
      const [q1, q2] = this.critics.of(seen, actions);
      const errors = tf.add(tf.squaredDifference(q1, targets), tf.squaredDifference(q2, targets));
      return { loss: tf.mul(0.5, tf.mean(errors)), actionValue: tf.mean(q1) };
    }, this.critics.trainableVariables());
    this.#optimizers.critics.update(ofCritics.gradients, learningRate);

    const ofSampler = this.#improveSampler(observations, temperature, rng);
    this.#optimizers.policy.update(ofSampler.gradients, learningRate);
    polyak(this.#targets, this.critics, tau);
    return {
      criticLoss: ofCritics.loss,
      actionValue: ofCritics.actionValue,
      stateValue: tf.mean(nextValues),
      stein: ofSampler.stein,
    };
  }

  /** V = α log ∫ exp(Q / α) da ≈ α (log (1/M Σₘ exp(Q(s, aₘ) / α)) + log volume), aₘ uniform: `[batch, …]` → `[batch]`. */
  #softValue(seen: tf.Tensor, temperature: tf.Tensor, rng: Rng): tf.Tensor {
    const { low, high, size } = this.#actionSpace;
    const { valueSamples: count } = this.#options;
    const batch = seen.shape[0]!;
    const widths = Array.from(low, (bound, i) => high[i]! - bound);
    const actions = tf.add(tf.mul(rng.uniformTensor([batch * count, size]), tf.tensor1d(widths)), tf.tensor1d(low));
    const values = this.#targets.least(repeated(seen, count), actions);
    const logIntegral = tf.logSumExp(tf.reshape(tf.div(values, temperature), [batch, count]), 1);
    const logVolume = widths.reduce((sum, width) => sum + portableMath.log(width), 0);
    return tf.mul(temperature, tf.add(logIntegral, logVolume - portableMath.log(count)));
  }

  /** Amortized SVGD: the gradient of −E[φ(u) · u] by the sampler's variables, with φ held fixed. */
  #improveSampler(observations: tf.Tensor, temperature: tf.Tensor, rng: Rng) {
    const { policy, particles: count, samplerStates = observations.shape[0]! } = this.#options;
    const states = repeated(tf.slice(observations, [0, 0], [samplerStates, -1]), count);
    const seen = policy.normalized(states);
    return valueAndGradients(() => {
      const distribution = policy.given(states);
      const { latent } = distribution.sampleWithLogProb(rng);
      const scores = tf.grad((u) => {
        const energies = tf.div(this.critics.least(seen, distribution.squash(u)), temperature);
        return tf.sum(tf.add(energies, distribution.squashLogDet?.(u) ?? 0));
      })(latent);
      const ofStates = (rows: tf.Tensor) => tf.reshape(rows, [samplerStates, count, policy.actionDim]);
      const moves = tf.reshape(steinDirection(ofStates(latent), ofStates(scores)), latent.shape);
      const direction = stopGradient(() => tf.clone(moves));
      const loss = tf.neg(tf.mean(tf.sum(tf.mul(direction, latent), 1)));
      return { loss, stein: tf.sqrt(tf.mean(tf.sum(tf.square(direction), 1))) };
    }, policy.trainableVariables());
  }
}

type SoftQBatch = Record<
  'observations' | 'actions' | 'rewards' | 'nextObservations' | 'terminations' | 'learningRate' | 'temperature',
  tf.Tensor
>;

/** Each row `count` times in a row: `[batch, n]` → `[batch · count, n]`. */
function repeated(rows: tf.Tensor, count: number): tf.Tensor {
  const [batch, size] = rows.shape as [number, number];
  return tf.reshape(tf.tile(tf.expandDims(rows, 1), [1, count, 1]), [batch * count, size]);
}

function checkReparameterized(policy: Policy): void {
  const isReparameterized = tf.tidy(() => policy.given(tf.zeros([1, policy.observationDim])).reparameterized);
  if (isReparameterized) return;
  throw new Error(
    `SoftQLearning: policy: got a ${policy.constructor.name}, whose samples are not reparameterized, expected one whose are: ` +
      'the gradient goes through the sample',
  );
}
